"""`/export`: sessions as files, for programs and for browsers."""
