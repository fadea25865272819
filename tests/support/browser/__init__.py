"""Operators in real browsers before a real server: what the browser tests act through."""
