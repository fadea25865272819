"""Pictures on their way to the server: kept before they travel, and gone on with. [UP]"""

import asyncio
import hashlib
import random
import sqlite3
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import msgspec

from kanvoy_client._wire.uploads import Announce, UploadState
from kanvoy_client._wire.vocabulary import DeliveryId, OrderId, UploadId, UploadKind
from kanvoy_client.asking import Answer
from kanvoy_client.errors import NoAnswer

PART = 256 * 1024
"""As much as the server takes at once."""

_LONGEST_WAIT = 60.0
_UNAUTHENTICATED = 401

Send: TypeAlias = Callable[[str, str, bytes, str], Awaitable[Answer]]
"""Method, path, body and media type of a signed request; raises `NoAnswer` when there is none."""

_TABLE = """
CREATE TABLE IF NOT EXISTS uploads (
    id TEXT PRIMARY KEY, about BLOB NOT NULL, content BLOB NOT NULL, refused TEXT NOT NULL
);
"""


@dataclass(frozen=True)
class Picture:
    """One picture that the server does not have yet."""

    about: Announce
    content: bytes = field(repr=False)


class Pictures:
    """Pictures in a file until the server has them. Each call is durable when it returns."""

    def __init__(self, path: Path | str) -> None:
        """Open or create the file; it may be the outbox's neighbour, not the outbox itself."""
        self._file = sqlite3.connect(path, isolation_level=None)
        self._file.executescript(f"PRAGMA synchronous = FULL; {_TABLE}")

    def close(self) -> None:
        """Let another process have the file."""
        self._file.close()

    def add(
        self, kind: UploadKind, order_id: OrderId, delivery_id: DeliveryId, content: bytes
    ) -> UploadId:
        """Keep a picture. Its id may stand in a proof at once, long before the picture is there."""
        upload_id = UploadId(str(uuid.uuid4()))  # noqa: TID251  the ban is the server's
        about = Announce(
            id=upload_id,
            kind=kind,
            bytes=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            order_id=order_id,
            delivery_id=delivery_id,
        )
        row = (upload_id, msgspec.msgpack.encode(about), content)
        self._file.execute("INSERT INTO uploads VALUES (?, ?, ?, '')", row)
        return upload_id

    def waiting(self) -> tuple[UploadId, ...]:
        """What is still to be sent, oldest first."""
        rows = self._file.execute("SELECT id FROM uploads WHERE refused = '' ORDER BY rowid")
        return tuple(UploadId(one) for (one,) in rows)

    def refused(self) -> dict[UploadId, str]:
        """What the server does not take, and why in a word. `forget` it, or take another one."""
        rows = self._file.execute("SELECT id, refused FROM uploads WHERE refused <> ''")
        return {UploadId(one): why for one, why in rows}

    def get(self, upload_id: UploadId) -> Picture:
        """One that is kept."""
        query = "SELECT about, content FROM uploads WHERE id = ?"
        about, content = self._file.execute(query, (upload_id,)).fetchone()
        return Picture(msgspec.msgpack.decode(about, type=Announce), content)

    def refuse(self, upload_id: UploadId, why: str) -> None:
        """The server will never take it."""
        self._file.execute("UPDATE uploads SET refused = ? WHERE id = ?", (why, upload_id))

    def forget(self, upload_id: UploadId) -> None:
        """The server has it, or nobody wants it."""
        self._file.execute("DELETE FROM uploads WHERE id = ?", (upload_id,))


async def carry(pictures: Pictures, send: Send) -> bool:
    """Send everything that waits, oldest first; false when the way is closed for now."""
    for upload_id in pictures.waiting():
        try:
            if not await _one(pictures, pictures.get(upload_id), send):
                return False
        except NoAnswer:
            return False
    return True


async def keep_carrying(pictures: Pictures, send: Send, added: asyncio.Event) -> None:
    """Carry whenever `added` is set, and again after a while when the way was closed.

    Never returns. Cancellation: a part that is on its way may arrive; it is asked for anew.
    """
    failed = 0
    while True:
        added.clear()
        failed = 0 if await carry(pictures, send) else failed + 1
        wait = min(_LONGEST_WAIT, 2.0**failed) * (0.5 + random.random() / 2)  # noqa: S311
        try:
            async with asyncio.timeout(wait if failed else None):
                await added.wait()
        except TimeoutError:
            continue


async def _one(pictures: Pictures, picture: Picture, send: Send) -> bool:
    """One picture as far as it goes; false when it does not move now."""
    about = picture.about
    announced = msgspec.json.encode(about)
    answer = await send("POST", "/v1/uploads", announced, "application/json")
    last = -1
    while True:
        state = _state(answer)
        if state is None:
            # Time heals a missing sign-in, and nothing else here.
            if answer.status == _UNAUTHENTICATED:
                return False
            pictures.refuse(about.id, answer.problem.code or f"http_{answer.status}")
            return True
        if state.state == "refused":
            pictures.refuse(about.id, state.reason)
            return True
        if state.state == "stored":
            pictures.forget(about.id)
            return True
        # It does not move: the server has reasons of its own, and another time.
        if state.offset == last:
            return False
        last = state.offset
        # All of it may be there and not be looked at yet: an empty part asks for that.
        part = picture.content[last : last + PART]
        path = f"/v1/uploads/{about.id}?offset={last}"
        answer = await send("PUT", path, part, "application/octet-stream")


def _state(answer: Answer) -> UploadState | None:
    """How far it came; `wrong_offset` tells it too: nothing went wrong but our count."""
    if answer.ok:
        return msgspec.json.decode(answer.body, type=UploadState)
    problem = answer.problem
    if problem.code != "wrong_offset" or not problem.detail.isdecimal():
        return None
    return UploadState(id=UploadId(""), offset=int(problem.detail), bytes=0, state="open")
