"""A door before several nodes: bytes in, bytes out, to whichever node takes the connection.

For looking around on one machine. It reads nothing, so `Origin`, upgrades and sockets pass as they
came; a node that died or drains refuses connections, and the next one gets them.
"""

import asyncio
import socket
from collections.abc import Sequence as Series
from contextlib import suppress

_CHUNK = 64 * 1024


class Door:
    """Passes connections on, to one node after the other."""

    def __init__(self, ports: Series[int], host: str = "127.0.0.1") -> None:
        """Before the nodes that listen on these ports."""
        self._ports = list(ports)
        self._host = host
        self._passing: set[asyncio.Task[None]] = set()
        self._servers: list[asyncio.Server] = []

    async def open(self, sockets: Series[socket.socket]) -> None:
        """Take connections from these sockets, which listen already."""
        for each in sockets:
            self._servers.append(await asyncio.start_server(self._accept, sock=each))

    async def close(self) -> None:
        """Cut all connections."""
        for server in self._servers:
            server.close()
        for task in tuple(self._passing):
            task.cancel()
        await asyncio.gather(*self._passing, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None, "asyncio calls this in a task"
        self._passing.add(task)
        try:
            node = await self._connect()
            if node is not None:
                await self._pass(reader, writer, *node)
        except asyncio.CancelledError:
            # Ours, from `close`; asyncio would complain of a task that is cancelled.
            return
        finally:
            self._passing.discard(task)
            writer.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """A node that takes the connection; None when none does."""
        for _ in self._ports:
            # Each its turn, so that two browsers are on two nodes.
            self._ports.append(port := self._ports.pop(0))
            with suppress(OSError):
                return await asyncio.open_connection(self._host, port)
        return None

    async def _pass(
        self,
        from_client: asyncio.StreamReader,
        to_client: asyncio.StreamWriter,
        from_node: asyncio.StreamReader,
        to_node: asyncio.StreamWriter,
    ) -> None:
        """Carry both ways until both have ended, or one breaks."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_carry(from_client, to_node))
                group.create_task(_carry(from_node, to_client))
        except* OSError:
            # The other side sees the connection end, which is all there is to tell.
            pass
        finally:
            to_node.close()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(_CHUNK):
        writer.write(chunk)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
