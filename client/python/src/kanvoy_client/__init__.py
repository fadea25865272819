"""Live Kanvoy boards in Python.

`kanvoy_client.client.connect` opens a client on asyncio. `kanvoy_client.session.Session` is the
same protocol without a socket, for other event loops and for simulations.
"""
