"""The bad road to the nodes: it keeps verdicts back, and breaks connections."""

import asyncio
import random
from collections.abc import Callable
from collections.abc import Sequence as Series
from typing import Literal, cast

from server.demo.proxy import Door

_UPGRADED = b"HTTP/1.1 101 "
_HEAD_ENDS = b"\r\n\r\n"
_VERDICTS = (b'{"type":"receipt"', b'{"type":"rejected"')
_TEXT = 0x81
"""First byte of a whole text frame."""


class Verdicts:
    """What a node sends on one connection, without the verdicts that get lost.

    Reads WebSocket frames as servers send them: whole, unmasked, JSON. What is no WebSocket
    passes as it is.
    """

    def __init__(self, is_lost: Callable[[], bool]) -> None:
        """Ask this for each verdict."""
        self._is_lost = is_lost
        self._waiting = bytearray()
        self._reading: Literal["head", "frames", "anything"] = "head"

    def passed(self, chunk: bytes) -> bytes:
        """The part of everything so far that may go on now."""
        if self._reading == "anything":
            return chunk
        self._waiting += chunk
        out = bytearray()
        if self._reading == "head":
            out += self._head()
        while self._reading == "frames" and (end := _end_of_frame(self._waiting)) is not None:
            frame = bytes(self._waiting[:end])
            del self._waiting[:end]
            if not (_is_verdict(frame) and self._is_lost()):
                out += frame
        return bytes(out)

    def _head(self) -> bytes:
        end = self._waiting.find(_HEAD_ENDS)
        if end < 0:
            return b""
        upgraded = self._waiting.startswith(_UPGRADED)
        self._reading = "frames" if upgraded else "anything"
        end = end + len(_HEAD_ENDS) if upgraded else len(self._waiting)
        head = bytes(self._waiting[:end])
        del self._waiting[:end]
        return head


def _end_of_frame(waiting: bytearray) -> int | None:
    start, size = _payload(waiting)
    return start + size if len(waiting) >= max(2, start + size) else None


def _payload(frame: bytes | bytearray) -> tuple[int, int]:
    """Where the payload begins, and its size; too much when the header is not there yet."""
    if len(frame) < 2:
        return 2, 0
    size = frame[1] & 0x7F
    if size < 126:
        return 2, size
    start = 4 if size == 126 else 10
    return start, int.from_bytes(frame[2:start]) if len(frame) >= start else 0


def _is_verdict(frame: bytes) -> bool:
    start, _ = _payload(frame)
    return frame[0] == _TEXT and frame[start:].startswith(_VERDICTS)


class _Losing:
    """A writer that passes on what `Verdicts` lets through."""

    def __init__(self, writer: asyncio.StreamWriter, verdicts: Verdicts) -> None:
        self._writer, self._verdicts = writer, verdicts

    def write(self, chunk: bytes) -> None:
        self._writer.write(self._verdicts.passed(chunk))

    async def drain(self) -> None:
        await self._writer.drain()

    def can_write_eof(self) -> bool:
        return self._writer.can_write_eof()

    def write_eof(self) -> None:
        self._writer.write_eof()


class Road(Door):
    """A door that loses a share of the verdicts, and whose connections break when it is told.

    A client learns that a verdict is lost only when its connection breaks, so both are needed.
    """

    def __init__(self, ports: Series[int], dice: random.Random, lost: float) -> None:
        """Lose this share of the verdicts."""
        super().__init__(ports)
        self._dice, self._lost = dice, lost
        self.dropped = 0
        """Verdicts that were kept back."""

    def tear(self, dice: random.Random, share: float) -> None:
        """Cut this share of what is open, whatever is on its way."""
        for task in tuple(self._passing):
            if dice.random() < share:
                task.cancel()

    def mend(self) -> None:
        """Lose nothing from here on, and have everybody ask again for what was lost before."""
        self._lost = 0.0
        self.tear(self._dice, 1.0)

    def _loses(self) -> bool:
        lost = self._dice.random() < self._lost
        self.dropped += lost
        return lost

    async def _pass(
        self,
        from_client: asyncio.StreamReader,
        to_client: asyncio.StreamWriter,
        from_node: asyncio.StreamReader,
        to_node: asyncio.StreamWriter,
    ) -> None:
        losing = cast("asyncio.StreamWriter", _Losing(to_client, Verdicts(self._loses)))
        await super()._pass(from_client, losing, from_node, to_node)
