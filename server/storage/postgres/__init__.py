"""The database of several nodes."""
