"""The client on asyncio: watch channels, submit commands, outlive the sockets."""

import asyncio
import contextlib
import random
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from typing import TypeAlias

from kanvoy_client._wire.commands import Command
from kanvoy_client._wire.from_client import ShowPresence
from kanvoy_client._wire.from_server import Receipt, Rejected
from kanvoy_client._wire.handshake import App
from kanvoy_client._wire.views import View
from kanvoy_client._wire.vocabulary import ClientId, FieldGroup, Number, Sequence, Version
from kanvoy_client.channel import Channel, Key
from kanvoy_client.codec import Codec
from kanvoy_client.errors import KanvoyError, NotWatched, Refused, Stopped
from kanvoy_client.happenings import Answered, Changed, Happening, Purged, Renumbered
from kanvoy_client.login import Bearer, Cookie, Credentials, Renew
from kanvoy_client.outbox import MemoryOutbox, Outbox, Refusal
from kanvoy_client.replica import Overlay, Replica
from kanvoy_client.session import Session
from kanvoy_client.sockets import Sockets

Verdict: TypeAlias = Receipt | Rejected

_NEW = Version(0)

_LEFT = 1000
"""The close code of who left on purpose."""


def fresh_id() -> ClientId:
    """An identity that nobody had before."""
    return ClientId(str(uuid.uuid4()))  # noqa: TID251  the ban is the server's


def accepted(verdict: Verdict) -> Receipt:
    """The receipt, for those who prefer an exception: raises `Refused`."""
    if isinstance(verdict, Rejected):
        raise Refused(verdict)
    return verdict


@contextlib.asynccontextmanager
async def connect(
    address: str,
    credentials: Credentials,
    *,
    outbox: Outbox | None = None,
    codec: Codec = "json",
    app: App | None = None,
    renew: Renew | None = None,
) -> AsyncIterator["Client"]:
    """A client that stays connected while the block runs, and says goodbye at its end.

    `address` is the socket's: `wss://…/v1/realtime`. Without an outbox, unanswered commands are
    forgotten when the program ends. `renew` is asked for the next token when the server wants one
    or knows the old one no more; without it, a program answers the happening `TokenWanted`.
    """
    client = Client(
        address,
        credentials,
        outbox=outbox or MemoryOutbox(fresh_id()),
        codec=codec,
        app=app or App(kind="sdk"),
        renew=renew,
    )
    running = asyncio.create_task(client.run())
    try:
        yield client
    finally:
        running.cancel()
        # Awaiting it would need its CancelledError suppressed, and with it one that is ours.
        await asyncio.wait([running])
        with contextlib.suppress(asyncio.CancelledError, KanvoyError):
            running.result()


class Client:
    """One identity over as many sockets as it takes. Belongs to one event loop."""

    def __init__(
        self,
        address: str,
        credentials: Credentials,
        *,
        outbox: Outbox,
        codec: Codec,
        app: App,
        renew: Renew | None = None,
    ) -> None:
        """Stay offline until `run`; most programs call `connect` instead."""
        self.replica = Replica()
        self._outbox = outbox
        self._session = Session(
            app=app,
            outbox=outbox,
            replica=self.replica,
            random=random.SystemRandom().random,
            fresh_id=fresh_id,
            csrf=credentials.csrf if isinstance(credentials, Cookie) else "",
        )
        self._sockets = Sockets(
            address, credentials, self._session, codec=codec, tell=self._take_notice, renew=renew
        )
        self._answers: dict[Number, asyncio.Future[Verdict]] = {}
        self._refusals: dict[str, str] = {}
        self._listeners: dict[asyncio.Queue[Happening | None], None] = {}
        self._promised = Sequence(0)
        self._moved = asyncio.Event()
        self._ended: KanvoyError | None = None

    async def run(self) -> None:
        """Stay connected. Raises `Stopped` or `Violation` when that is over for good."""
        try:
            await self._sockets.run()
        except KanvoyError as error:
            self._end(error)
            raise
        finally:
            self._end(Stopped(_LEFT))

    async def watch(self, channel: str) -> Channel:
        """Watch a channel and wait until it is whole.

        Raises `NotWatched` when the server does not let us, and `Stopped`. Cancellation stops
        the waiting, not the watching.
        """
        self._refusals.pop(channel, None)
        self._session.watch(channel)
        self._sockets.flush()
        await self._until(lambda: channel in self._refusals or self._is_whole(channel))
        if channel in self._refusals:
            raise NotWatched(channel, self._refusals[channel])
        return self.replica.channels[channel]

    def watch_presence(self, channel: str) -> None:
        """Follow who is there in `replica.people`. There is nothing to wait for."""
        self._session.watch(channel)
        self._sockets.flush()

    def unwatch(self, channel: str) -> None:
        """Let a channel go and forget what it gave."""
        self._session.unwatch(channel)
        self._sockets.flush()

    def views(self, channel: str) -> dict[Key, View]:
        """What the channel shows right now, pending commands included."""
        return dict(self.replica.views(channel))

    def issue(
        self,
        command: Command,
        *,
        base_version: Version = _NEW,
        base_groups: dict[FieldGroup, Version] | None = None,
        over: Version = _NEW,
        depends_on: Iterable[Number] = (),
        fact: bool = False,
    ) -> Number:
        """Ask for a change and answer its number; `verdict` waits for the rest."""
        if self._ended is not None:
            raise self._ended
        number = self._session.submit(
            command,
            base_version=base_version,
            base_groups=base_groups,
            over=over,
            depends_on=depends_on,
            fact=fact,
        )
        self._answers[number] = asyncio.get_running_loop().create_future()
        self._sockets.flush()
        return number

    async def verdict(self, number: Number) -> Verdict:
        """Wait for the answer, however many sockets that takes.

        Cancellation stops the waiting, not the command: it is in the outbox already. A refusal
        that was told here is no longer among `refused`.
        """
        verdict = await asyncio.shield(self._answers[number])
        if isinstance(verdict, Rejected):
            for each in self._outbox.refused():
                if each.submit.number == verdict.number:
                    self._outbox.dismiss(each.submit)
        return verdict

    def refused(self) -> tuple[Refusal, ...]:
        """What was refused and nobody waited for, in earlier lives too: never silently lost."""
        return self._outbox.refused()

    def dismiss(self, refusal: Refusal) -> None:
        """Somebody knows of this refusal now."""
        self._outbox.dismiss(refusal.submit)

    @property
    def is_live(self) -> bool:
        """Whether the server hears us now. What happens otherwise is said with `fact`."""
        return self._session.welcome is not None

    async def submit(
        self,
        command: Command,
        *,
        base_version: Version = _NEW,
        over: Version = _NEW,
    ) -> Verdict:
        """Ask for a change and wait for the verdict."""
        return await self.verdict(self.issue(command, base_version=base_version, over=over))

    def expect(self, overlay: Overlay) -> None:
        """Show the expected effect of an issued command until it is answered."""
        self.replica.expect(overlay)

    async def seen(self, channel: str, sequence: Sequence) -> None:
        """Wait until the channel contains what a receipt of this sequence promised.

        A channel that shows nothing of it moves on within half a minute.
        """
        await self._until(lambda: self._reached(channel, sequence))

    async def settled(self, channel: str) -> None:
        """Wait until every command has its verdict, and the channel contains what they did.

        Those of an earlier life too: a program that looks before would say things twice.
        """
        await self._until(lambda: self._session.is_settled)
        await self.seen(channel, self._promised)

    def show(self, presence: ShowPresence) -> None:
        """Tell the others what the person is doing; dropped while offline."""
        self._session.show(presence)
        self._sockets.flush()

    def authenticate(self, token: str) -> None:
        """Go on with a fresh token; the answer to the happening `TokenWanted`."""
        self._sockets.credentials = Bearer(token=token)
        self._session.authenticate(token)
        self._sockets.flush()

    async def happenings(self) -> AsyncIterator[Happening]:
        """Everything that happens from now on; ends with the client."""
        queue: asyncio.Queue[Happening | None] = asyncio.Queue()
        self._listeners[queue] = None
        try:
            while self._ended is None:
                happening = await queue.get()
                if happening is None:
                    return
                yield happening
        finally:
            del self._listeners[queue]

    async def changes(self, channel: str) -> AsyncGenerator[tuple[Key, View | None], None]:
        """Each thing that may look different now, as it is shown; `None` when it left."""
        async for happening in self.happenings():
            if isinstance(happening, Changed) and happening.channel == channel:
                for key in happening.touched:
                    yield key, self.replica.view(channel, key)

    def _take_notice(self, happening: Happening) -> None:
        match happening:
            case Answered(verdict=verdict):
                if isinstance(verdict, Receipt):
                    self._promised = max(self._promised, verdict.sequence)
                answer = self._answers.get(verdict.number)
                if answer is not None and not answer.done():
                    answer.set_result(verdict)
            case Renumbered(numbers=numbers):
                self._answers = {numbers.get(old, old): each for old, each in self._answers.items()}
            case Purged(channel=channel, cause=cause):
                self._refusals[channel] = cause
            case _:
                pass
        for queue in self._listeners:
            queue.put_nowait(happening)
        self._wake()

    def _end(self, error: KanvoyError) -> None:
        if self._ended is not None:
            return
        self._ended = error
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(error)
                # Nobody may be waiting; an unread exception is no complaint of asyncio's.
                answer.exception()
        for queue in self._listeners:
            queue.put_nowait(None)
        self._wake()

    async def _until(self, reached: Callable[[], bool]) -> None:
        while not reached():
            if self._ended is not None:
                raise self._ended
            await self._moved.wait()

    def _wake(self) -> None:
        """Let everybody who waits look again."""
        self._moved.set()
        self._moved = asyncio.Event()

    def _is_whole(self, channel: str) -> bool:
        known = self.replica.channels.get(channel)
        return known is not None and known.whole

    def _reached(self, channel: str, sequence: Sequence) -> bool:
        known = self.replica.channels.get(channel)
        return known is not None and known.cursor is not None and known.cursor.sequence >= sequence
