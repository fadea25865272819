"""Use cases. Knows ports, not technology."""
