"""The Kanvoy server: rules, use cases, storage, sockets and HTTP."""
