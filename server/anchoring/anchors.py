"""Writing anchors: every hour, of every journal that moved, into a file and into the log."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from structlog import get_logger

from protocols.vocabulary import Instant, TenantId
from server.anchoring.anchor import Anchor, anchor_of, sign
from server.anchoring.key import own_key
from server.application.accounts import Accounts
from server.application.ports import Clock, Head, Store

_log = get_logger()

_HOUR_MS = 60 * 60 * 1_000

ROUND_SECONDS = 60.0
"""How often we look whether an hour has passed: a node that is started daily anchors too."""


def _log_line(line: str) -> None:
    _log.info("anchor", line=line)


def untold(line: str) -> None:
    """For a command at a terminal: the file is enough."""
    del line


class Anchors:
    """Anchors of one installation.

    Without one, who may write to the database could cut off a journal's end or rewrite all of it,
    and the chain would hold. The log carries each anchor to where such a person has no hand.
    """

    def __init__(
        self,
        folder: Path,
        store: Store,
        accounts: Accounts,
        clock: Clock,
        tell: Callable[[str], None] = _log_line,
    ) -> None:
        """Keep key and file in this folder; both are made when they are first needed."""
        self._tell = tell
        self._folder = folder
        self._store = store
        self._accounts = accounts
        self._clock = clock
        self._written: dict[TenantId, Head] = {}
        self._due = Instant(0)

    async def round(self) -> None:
        """Write anchors when it is time. [JN]"""
        # JN23
        now = self._clock.now()
        if now >= self._due:
            await self.write()
            self._due = Instant(now + _HOUR_MS)

    async def write(self, *, settles: bool = False) -> int:
        """Anchor every journal that moved since; answers how many.

        With `settles`, all of them, and what was anchored beyond is given up.
        """
        now, tenants = self._clock.now(), await self._accounts.tenants()
        heads = await self._store.heads([tenant.id for tenant in tenants])
        moved = {
            tenant_id: head
            for tenant_id, head in heads.items()
            if settles or self._written.get(tenant_id) != head
        }
        made = [anchor_of(each, head, now, settles=settles) for each, head in moved.items()]
        if made:
            await asyncio.to_thread(self._append, made)
        self._written.update(moved)
        return len(made)

    def _append(self, made: list[Anchor]) -> None:
        key = own_key(key_file(self._folder))
        signed = [sign(each, key) for each in made]
        for each in signed:
            self._tell(each.line().decode().strip())
        # Appending is atomic, so that nodes with one folder do not write into each other's lines.
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        descriptor = os.open(anchor_file(self._folder), flags, 0o600)
        try:
            os.write(descriptor, b"".join(each.line() for each in signed))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def key_file(folder: Path) -> Path:
    """Where an installation keeps its key."""
    return folder / "anchor.key"


def anchor_file(folder: Path) -> Path:
    """Where an installation keeps its anchors."""
    return folder / "anchors.jsonl"
