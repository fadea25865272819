"""Our own server, composed for a bench: real sockets, real feeds, no sign-in."""
