"""The one thread that writes to an SQLite file: everything queued is one transaction.

Nothing waits when the thread is idle; while one commit is on its way to the disk, the next
transaction gathers. So the price of `synchronous=FULL` is shared by all tenants. When more waits
than one transaction takes, tenants have their turns. [FQ]
"""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Generic, TypeVar

from server.application.fair import FairQueue
from server.application.ports import StorageBusy
from server.storage.database import Orphaned, Taken

T = TypeVar("T")

#: Jobs of one transaction. A job is at most one batch of 64 commands, about 5 ms of writing.
_MOST_JOBS = 64

#: Rows that a tenant may write before the next one has its turn: so few that a transaction has
#: room for several tenants, however many jobs of one wait.
_TURN = 16

#: Primary result codes that say "not now": busy, locked, no memory, I/O error, disk full, and
#: cannot open (no file handles left).
_NOT_NOW = frozenset({5, 6, 7, 10, 13, 14})

#: Extended result codes of a broken primary key or unique constraint.
_TAKEN = frozenset({1555, 2067})

#: Extended result code of a broken foreign key.
_ORPHANED = 787


@dataclass(slots=True)
class _Job(Generic[T]):
    work: Callable[[sqlite3.Connection], T]
    answer: asyncio.Future[T]
    whose: str
    cost: int
    result: T | None = None
    fault: BaseException | None = None


class SqliteWriter:
    """Queues jobs from any number of tasks, and answers each after its commit is durable."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        """Start the thread; it opens a connection of its own, and a new one after any fault."""
        self._connect = connect
        self._jobs: SimpleQueue[_Job[Any] | None] = SimpleQueue()
        # The thread's own: what it has fetched from `_jobs` and not yet begun.
        self._waiting: FairQueue[_Job[Any]] = FairQueue(_TURN)
        self._ending = False
        self._closed = False
        self._thread = Thread(target=self._run, name="sqlite-writer", daemon=True)
        self._thread.start()

    async def submit(
        self, work: Callable[[sqlite3.Connection], T], whose: str = "", cost: int = 1
    ) -> T:
        """Run a job inside a transaction; answers when that is durable.

        The job is done even if the caller is cancelled. A job that raises leaves no trace.
        Ordering: jobs of one tenant are done in the order of the calls; of several, in turns.
        """
        if self._closed:
            raise StorageBusy
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._jobs.put(_Job(work, answer, whose, cost))
        return await answer

    async def close(self) -> None:
        """Finish what is queued and end the thread."""
        if not self._closed:
            self._closed = True
            self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        connection: sqlite3.Connection | None = None
        while jobs := self._gather():
            try:
                connection = connection or self._connect()
                self._transact(connection, jobs)
            except Exception as error:  # noqa: BLE001 - without this thread all writers would wait
                # Whether it was stored is unknown; the next jobs get a connection of their own.
                _fail(jobs, error)
                _let_go(connection)
                connection = None
            _answer(jobs)
        _let_go(connection)

    def _gather(self) -> list[_Job[Any]]:
        """Wait for one job, then take what else is there, in turns; nothing means the end."""
        if not self._waiting and not self._ending:
            self._fetched(self._jobs.get())
        with suppress(Empty):
            while not self._ending:
                self._fetched(self._jobs.get_nowait())
        jobs: list[_Job[Any]] = []
        while len(jobs) < _MOST_JOBS and (found := self._waiting.take()) is not None:
            jobs.append(found[1])
        return jobs

    def _fetched(self, job: _Job[Any] | None) -> None:
        if job is None:
            # Nothing comes behind the end; what came before it is still done.
            self._ending = True
        else:
            self._waiting.put(job.whose, job, job.cost)

    def _transact(self, connection: sqlite3.Connection, jobs: list[_Job[Any]]) -> None:
        try:
            connection.execute("BEGIN IMMEDIATE")
            for job in jobs:
                _attempt(connection, job)
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            # Nobody may believe in a transaction that did not commit.
            _fail(jobs, error)
            if connection.in_transaction:
                connection.execute("ROLLBACK")


def _fail(jobs: list[_Job[Any]], error: Exception) -> None:
    for job in jobs:
        job.fault = as_fault(error)


def _let_go(connection: sqlite3.Connection | None) -> None:
    """Close a connection, whatever state it is in; what it had not committed is undone."""
    if connection is not None:
        with suppress(sqlite3.Error):
            connection.close()


def _attempt(connection: sqlite3.Connection, job: _Job[Any]) -> None:
    """Run one job so that its failure leaves the other jobs' work alone."""
    connection.execute("SAVEPOINT job")
    try:
        job.result = job.work(connection)
    except Exception as error:
        if not connection.in_transaction:
            # Some errors (disk full) end the whole transaction at once.
            raise
        connection.execute("ROLLBACK TO job")
        job.fault = as_fault(error)
    connection.execute("RELEASE job")


def _answer(jobs: list[_Job[Any]]) -> None:
    """Wake the waiting tasks, with one call per event loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Job[Any]]] = {}
    for job in jobs:
        by_loop.setdefault(job.answer.get_loop(), []).append(job)
    for loop, done in by_loop.items():
        # A loop that is closed has nobody who waits.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_resolve, done)


def _resolve(jobs: list[_Job[Any]]) -> None:
    for job in jobs:
        if job.answer.done():
            continue
        if job.fault is not None:
            job.answer.set_exception(job.fault)
        else:
            job.answer.set_result(job.result)


def as_fault(error: Exception) -> Exception:
    """`StorageBusy` for what may work later, `Taken` or `Orphaned` for a constraint, else a bug."""
    code: int = getattr(error, "sqlite_errorcode", 0)
    # The primary code is in the low byte of the extended one.
    if code & 0xFF in _NOT_NOW:
        return StorageBusy()
    if code == _ORPHANED:
        return Orphaned(str(error))
    return Taken(str(error)) if code in _TAKEN else error
