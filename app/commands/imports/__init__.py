"""`import`: sessions from our own files, from vendors' exports, or from their services."""
