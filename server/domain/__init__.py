"""The rules. No input or output, no clock, no randomness, no logging."""
