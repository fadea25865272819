"""Commands that have no verdict yet, kept until they have one. [RC]"""

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from kanvoy_client._wire.from_client import Submit
from kanvoy_client._wire.rejections import Rejection
from kanvoy_client._wire.vocabulary import ClientId, Number


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A command that was refused, kept until somebody has decided what becomes of it."""

    submit: Submit
    rejection: Rejection


class Outbox(Protocol):
    """The client's memory across crashes: who it is, how far it counted, what is unanswered.

    Each call is durable when it returns. Identity and numbers belong together: a copy of the
    file on a second machine would answer for the first.
    """

    @property
    def client_id(self) -> ClientId:
        """Who numbers these commands."""

    @property
    def last_number(self) -> Number:
        """The highest number ever given out."""

    def pending(self) -> tuple[Submit, ...]:
        """The unanswered commands, oldest first."""

    def add(self, submit: Submit) -> None:
        """Keep a command, before it is sent."""

    def settle(self, number: Number, rejection: Rejection | None = None) -> None:
        """The command has its verdict; forget it, but for a refusal, which is kept."""

    def refused(self) -> tuple[Refusal, ...]:
        """The refused commands that nobody has dismissed, of earlier lives too, oldest first."""

    def dismiss(self, submit: Submit) -> None:
        """Whoever said this knows that it was refused."""

    def skip_to(self, number: Number) -> None:
        """Never give out a number up to this one."""

    def start_over(self, client_id: ClientId, pending: Sequence[Submit]) -> None:
        """Go on as somebody else, with these commands renumbered from 1, all or nothing."""


class MemoryOutbox:
    """For programs that may forget their unanswered commands when they end."""

    def __init__(self, client_id: ClientId) -> None:
        """Begin empty. Use a client id only once: its numbers are not remembered."""
        self._client_id = client_id
        self._last = Number(0)
        self._pending: dict[Number, Submit] = {}
        self._refused: list[Refusal] = []

    @property
    def client_id(self) -> ClientId:
        return self._client_id

    @property
    def last_number(self) -> Number:
        return self._last

    def pending(self) -> tuple[Submit, ...]:
        return tuple(self._pending.values())

    def add(self, submit: Submit) -> None:
        self._pending[submit.number] = submit
        self._last = submit.number

    def settle(self, number: Number, rejection: Rejection | None = None) -> None:
        submit = self._pending.pop(number, None)
        if submit is not None and rejection is not None:
            self._refused.append(Refusal(submit=submit, rejection=rejection))

    def refused(self) -> tuple[Refusal, ...]:
        return tuple(self._refused)

    def dismiss(self, submit: Submit) -> None:
        self._refused = [each for each in self._refused if each.submit != submit]

    def skip_to(self, number: Number) -> None:
        self._last = max(self._last, number)

    def start_over(self, client_id: ClientId, pending: Sequence[Submit]) -> None:
        self._client_id = client_id
        self._pending = {submit.number: submit for submit in pending}
        self._last = max(self._pending, default=Number(0))


_TABLES = """
CREATE TABLE IF NOT EXISTS identity (
    one INTEGER PRIMARY KEY CHECK (one = 1), client_id TEXT NOT NULL, last_number INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS pending (number INTEGER PRIMARY KEY, submit BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS refused (
    place INTEGER PRIMARY KEY, submit BLOB NOT NULL, rejection BLOB NOT NULL
);
"""


class SqliteOutbox:
    """For programs whose commands survive a crash: one file per client, one process at a time."""

    def __init__(
        self, path: Path | str, fresh_id: Callable[[], ClientId], *, patience: float = 5.0
    ) -> None:
        """Open or create the file. `fresh_id` names the client on the first run only.

        Raises `sqlite3.OperationalError` when another process still has it after `patience`
        seconds.
        """
        self._file = sqlite3.connect(path, isolation_level=None, timeout=patience)
        # FULL: a command we called kept must survive a power cut.
        self._file.executescript(f"PRAGMA synchronous = FULL; {_TABLES}")
        # A second process with the same numbers would get the verdicts of the first.
        self._file.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._file.execute(
            "INSERT OR IGNORE INTO identity (one, client_id, last_number) VALUES (1, ?, 0)",
            (fresh_id(),),
        )

    def close(self) -> None:
        """Let another process have the file."""
        self._file.close()

    @property
    def client_id(self) -> ClientId:
        return ClientId(self._identity()[0])

    @property
    def last_number(self) -> Number:
        return Number(self._identity()[1])

    def pending(self) -> tuple[Submit, ...]:
        rows = self._file.execute("SELECT submit FROM pending ORDER BY number")
        return tuple(msgspec.msgpack.decode(blob, type=Submit) for (blob,) in rows)

    def add(self, submit: Submit) -> None:
        with self._file:
            self._file.execute("BEGIN IMMEDIATE")
            self._insert(submit)
            self._file.execute("UPDATE identity SET last_number = ?", (submit.number,))

    def settle(self, number: Number, rejection: Rejection | None = None) -> None:
        with self._file:
            self._file.execute("BEGIN IMMEDIATE")
            if rejection is not None:
                self._file.execute(
                    "INSERT INTO refused (submit, rejection)"
                    " SELECT submit, ? FROM pending WHERE number = ?",
                    (msgspec.msgpack.encode(rejection), number),
                )
            self._file.execute("DELETE FROM pending WHERE number = ?", (number,))

    def refused(self) -> tuple[Refusal, ...]:
        rows = self._file.execute("SELECT submit, rejection FROM refused ORDER BY place")
        return tuple(
            Refusal(
                submit=msgspec.msgpack.decode(submit, type=Submit),
                rejection=msgspec.msgpack.decode(rejection, type=Rejection),
            )
            for submit, rejection in rows
        )

    def dismiss(self, submit: Submit) -> None:
        blob = msgspec.msgpack.encode(submit)
        self._file.execute("DELETE FROM refused WHERE submit = ?", (blob,))

    def skip_to(self, number: Number) -> None:
        self._file.execute("UPDATE identity SET last_number = max(last_number, ?)", (number,))

    def start_over(self, client_id: ClientId, pending: Sequence[Submit]) -> None:
        last = max((submit.number for submit in pending), default=Number(0))
        with self._file:
            self._file.execute("BEGIN IMMEDIATE")
            self._file.execute("DELETE FROM pending")
            for submit in pending:
                self._insert(submit)
            self._file.execute(
                "UPDATE identity SET client_id = ?, last_number = ?", (client_id, last)
            )

    def _insert(self, submit: Submit) -> None:
        blob = msgspec.msgpack.encode(submit)
        self._file.execute("INSERT INTO pending VALUES (?, ?)", (submit.number, blob))

    def _identity(self) -> tuple[str, int]:
        row: tuple[str, int] = self._file.execute(
            "SELECT client_id, last_number FROM identity"
        ).fetchone()
        return row
