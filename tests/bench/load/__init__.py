"""The other end of the sockets: programs of their own, on a core of their own."""
