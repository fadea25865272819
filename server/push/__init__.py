"""Web Push (RFC 8030, 8291, 8292): sending to the browsers' push services."""
