"""A client of the simulation: the SDK's session and replica, driven by chance."""

import asyncio
import random
from typing import TYPE_CHECKING, Any

from kanvoy_client._wire.commands import Command
from kanvoy_client._wire.from_client import Submit
from kanvoy_client._wire.from_server import Receipt, Rejected, Resync
from kanvoy_client._wire.handshake import App
from kanvoy_client._wire.vocabulary import ClientId, Number
from kanvoy_client.channel import Channel
from kanvoy_client.codec import Codec, decode, encode
from kanvoy_client.happenings import Answered, HangUp, Happening, Renumbered, Repaired
from kanvoy_client.outbox import MemoryOutbox
from kanvoy_client.reconnect import Never
from kanvoy_client.replica import Replica
from kanvoy_client.session import Session

from protocols.closing import Close
from protocols.vocabulary import AggregateId, Epoch, Nonce, Sequence
from protocols.vocabulary import ClientId as AuthorId
from server.application.submission import belonging_to
from server.domain.actor import Actor
from tests.simulation.cable import LOST, Cable
from tests.simulation.choices import a_command
from tests.simulation.divergence import Divergence
from tests.simulation.trips import a_fact
from tests.simulation.truth import as_bytes, explain

if TYPE_CHECKING:
    from tests.simulation.process import Process
    from tests.simulation.scene import Scene

Answer = Receipt | Rejected

_EXPECTED_ENDS = (Close.REVOKED, Close.REPLACED)
"""Final closes that schedules provoke; the person signs in again."""


_IDLE = 0.5
"""Seconds from one look to the next while nothing comes: the session has things to do by then."""


class Player:
    """One client with its own pace, network and mistakes."""

    def __init__(
        self,
        scene: "Scene",
        name: str,
        actor: Actor,
        channels: tuple[str, ...],
        codec: Codec = "json",
    ) -> None:
        """A client that watches these channels."""
        self._scene = scene
        self.name = name
        self.actor = actor
        self.codec: Codec = codec
        self.chance = random.Random(f"{scene.seed}/{name}")
        self.outbox = MemoryOutbox(ClientId(f"client-{name}"))
        self.answers: dict[Number, Answer] = {}
        self.submits: dict[Number, Submit] = {}
        self.stops: dict[str, tuple[Any, int]] = {}
        """A driver's stops as they were last shown, the ones that are gone too."""
        self.issued = 0
        self.heard: list[str] = []
        """The kinds of all messages that came."""
        self.resynced: list[str] = []
        """Why channels had to start over."""
        self.cable: Cable | None = None
        self._cables = 0
        self._slow = 0.0
        self._seen: dict[str, tuple[Epoch, Sequence]] = {}
        self._drawn: dict[int, tuple[Any, bytes]] = {}
        self.session = Session(
            app=App(kind="sdk"),
            outbox=self.outbox,
            replica=Replica(),
            random=self.chance.random,
            fresh_id=self._fresh_id,
        )
        for channel in channels:
            self.session.watch(channel)

    async def live(self, commands: int) -> None:
        """Issue so many commands, lose the connection now and then, read slowly at times."""
        while commands > 0:
            await asyncio.sleep(self.chance.random() * 0.4)
            x = self.chance.random()
            if self.cable is None:
                self.connect()
            elif x < 0.05:
                self.drop()
            elif x < 0.10:
                self._slow = self.chance.choice((0.0, 0.0, 1.0, 5.0))
            elif x < 0.13:
                self._look_at_an_order()
            else:
                commands -= 1
                self.issue() if self.actor.driver_id is None else self.report()

    async def look_on(self) -> None:
        """Only look, and lose the connection now and then."""
        while True:
            await asyncio.sleep(self.chance.random() * 2.0)
            if self.cable is None:
                self.connect()
            elif self.chance.random() < 0.2:
                self.drop()

    async def settle(self) -> None:
        """Stay connected until everything is answered and up to date."""
        self._slow = 0.0
        while True:
            if self.cable is None:
                self.connect()
            await asyncio.sleep(0.5)
            self.session.tick(self.now())
            self._flush()

    def issue(self) -> None:
        """Ask for something that looks sensible from what is shown, and sometimes for nonsense."""
        command, seen = a_command(self.chance, self)
        pending = [submit.number for submit in self.outbox.pending()[-2:]]
        self.submit(
            command,
            base_version=seen if self.chance.random() > 0.1 else self.chance.randrange(4),
            over=seen if self.chance.random() < 0.1 else 0,
            depends_on=pending if self.chance.random() < 0.2 else (),
        )

    def report(self) -> None:
        """Say something of the road, mostly as what has happened already."""
        said, seen = a_fact(self.chance, self)
        self.submit(said, base_version=seen, fact=self.chance.random() < 0.7)

    def submit(self, command: Command, **seen: Any) -> Number:
        """Ask for this."""
        number = self.session.submit(command, **seen)
        self.issued += 1
        self.submits[number] = self.outbox.pending()[-1]
        self._flush()
        return number

    def connect(self, process: "Process | None" = None) -> None:
        """Open a connection to this process, or to any living one."""
        process = process or self._scene.a_process()
        if process is None:
            return
        self._cables += 1
        self.cable = process.accept(self.actor, f"{self.name}-{self._cables}", self.codec)
        self.session.opened(self.now())
        self._flush()
        self._scene.watch(self._read(self.cable))

    def drop(self, code: int = LOST) -> None:
        """The connection breaks; the server may be the last to notice."""
        cable, self.cable = self.cable, None
        if cable is None:
            return
        if self.chance.random() < 0.5:
            cable.cut()
        else:
            self._scene.loop.call_later(self.chance.random() * 5.0, cable.cut)
        plan = self.session.lost(code, self.now())
        if isinstance(plan, Never) and code not in _EXPECTED_ENDS:
            raise Divergence(f"{self.name} was told to stay away: {code}")
        if self.chance.random() < 0.1:
            self.reload()

    def reload(self) -> None:
        """The page is loaded again: what was on the screen is gone, but not from memory."""
        for name in tuple(self.session.replica.channels):
            self.session.unwatch(name)
            self.session.watch(name)

    @property
    def author(self) -> AuthorId:
        """How the journal names this client."""
        return belonging_to(self.actor, AuthorId(self.outbox.client_id))

    def now(self) -> float:
        """The player's clock."""
        return self._scene.loop.time()

    def channel(self, name: str) -> Channel | None:
        """A confirmed channel."""
        return self.session.replica.channels.get(name)

    async def _read(self, cable: Cable) -> None:
        """Take what the server sent, at the player's pace."""
        while self.cable is cable:
            await asyncio.sleep(0.01 + self.chance.random() * (0.08 + self._slow))
            if self.cable is not cable:
                return
            for payload in cable.take(4):
                self.receive(payload)
                if self.cable is not cable:
                    return
            cable.drain()
            if cable.ended:
                self.drop(cable.code)
            self.session.tick(self.now())
            self._flush()
            # Six of seven looks found nothing when every one came after some milliseconds.
            await cable.something(_IDLE)

    def receive(self, payload: bytes | str) -> None:
        """A frame arrived: take it, look at what happened, and at the whole screen."""
        message = decode(self.codec, payload)
        assert message is not None, "the server speaks words the SDK knows"
        self.heard.append(str(message.__struct_config__.tag))
        if isinstance(message, Resync):
            self.resynced.append(message.cause)
        self.session.receive(message, self.now())
        for happening in self.session.happened():
            self._note(happening)
        channel = getattr(message, "channel", None)
        if channel is not None:
            self._check(channel)

    def _note(self, happening: Happening) -> None:
        match happening:
            case Answered(verdict):
                self._answered(verdict)
            case Repaired(channel, why):
                raise Divergence(f"{self.name} {channel} needed repair: {why}")
            case Renumbered(numbers):
                self._renumbered(numbers)
            case HangUp():
                self.drop()
            case _:
                pass

    def _check(self, name: str) -> None:
        """P1 and P5: the confirmed state is exactly the journal's at the cursor, never an older."""
        channel = self.channel(name)
        if channel is None or not channel.whole or channel.cursor is None:
            return
        cursor = channel.cursor
        epoch, sequence = self._seen.get(name, (Epoch(0), Sequence(0)))
        if cursor.epoch == epoch and cursor.sequence < sequence and not self._scene.store.lost:
            raise Divergence(f"{self.name} {name} went back from {sequence} to {cursor.sequence}")
        self._seen[name] = (Epoch(cursor.epoch), Sequence(cursor.sequence))
        wanted = self._scene.expected(Nonce(cursor.nonce), name)
        shown = {AggregateId(k.id): self._draw(held.view) for k, held in channel.items.items()}
        if shown != wanted:
            raise Divergence(f"{self.name} {name} at {cursor}: {explain(wanted, shown)}")

    def _answered(self, verdict: Answer) -> None:
        before = self.answers.setdefault(verdict.number, verdict)
        if before != verdict:
            raise Divergence(f"{self.name} got two answers to {verdict.number}")

    def _renumbered(self, numbers: dict[Number, Number]) -> None:
        """The server lost our numbers with a lost branch; only then may that happen."""
        if not self._scene.store.lost:
            raise Divergence(f"{self.name} was forgotten by the server")
        self.answers.clear()
        self.submits = {n: s for n, s in zip(numbers.values(), self.outbox.pending(), strict=True)}

    def _look_at_an_order(self) -> None:
        board = self.channel("board")
        keys = [key.id for key in board.items if key.kind == "order"] if board else []
        for name in [n for n in self.session.replica.channels if n.startswith("order:")]:
            self.session.unwatch(name)
            self._seen.pop(name, None)
        if keys and self.chance.random() < 0.8:
            self.session.watch(f"order:{self.chance.choice(sorted(keys))}")
        self._flush()

    def _flush(self) -> None:
        cable = self.cable
        if cable is None:
            return
        for message in self.session.take(self.now()):
            payload = encode(self.codec, message)
            # A connection keeps its order; chance decides only when the frame arrives.
            cable.hear(payload.encode() if isinstance(payload, str) else payload)

    def _draw(self, view: Any) -> bytes:
        known = self._drawn.get(id(view))
        if known is None or known[0] is not view:
            known = self._drawn[id(view)] = (view, as_bytes(view))
        return known[1]

    def _fresh_id(self) -> ClientId:
        return ClientId(f"client-{self.name}-{self.chance.getrandbits(32):08x}")
