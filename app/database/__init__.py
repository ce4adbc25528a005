"""The database: connecting to one, or starting an embedded one."""
