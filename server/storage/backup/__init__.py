"""Backups: one archive for both databases, so that either may be restored into the other."""
