"""X6: one tenant's frames, alone and beside a busy neighbour; not a byte may differ.

Identifiers and nonces are drawn from a stream per tenant, so that what is the same is the same in
bytes. Time stands still while the neighbour is busy: what it costs in time is measured elsewhere.
"""

import asyncio
import random
from contextvars import ContextVar

import msgspec

from protocols.from_client import ShowPresence, Submit
from protocols.handshake import App, Hello, Wanted
from protocols.vocabulary import ClientId, Nonce, TenantId
from server.application.node import Node
from server.realtime.fanout_memory import MemoryBus
from server.realtime.feeds import Feeds
from server.realtime.perform import Performer
from server.realtime.presence import Presences
from server.realtime.roster import Roster
from server.realtime.session import Opening, Session
from server.realtime.surroundings import Surroundings
from server.realtime.timers import Wheel
from tests.experiments import mutations
from tests.experiments.houses import Ear
from tests.experiments.probes import COMMANDS
from tests.experiments.registry import Experiment, Finding, Request, Result
from tests.experiments.slots import called, renamed, slots_of
from tests.parity.cases import START
from tests.support.fakes import FakeClock, FakeIds
from tests.support.memory_store import MemoryStore
from tests.support.nodes import Speaker, an_actor, furnish, raising
from tests.support.site import NORTH, SOUTH
from tests.support.sockets import HandKeys, a_principal

STEPS = 40
"""Commands of the watched tenant per run."""

BUSY = 4
"""Things the neighbour does between two of them, on average."""

_WHOSE: ContextVar[TenantId] = ContextVar("whose", default=NORTH)

_CHANNELS = ("board", "board~masked", "dispatch", "house", "presence:board", "driver:driver-1")


class IdsPerTenant:
    """Draws from the stream of whoever is at work: what one draws does not move the other's."""

    def __init__(self) -> None:
        """Begin both streams."""
        self._streams = {NORTH: FakeIds(1), SOUTH: FakeIds(2)}

    def uuid(self) -> str:
        """See `Ids`."""
        return self._streams[_WHOSE.get()].uuid()

    def nonce(self) -> Nonce:
        """See `Ids`."""
        return self._streams[_WHOSE.get()].nonce()

    def token(self) -> str:
        """See `Ids`."""
        return self._streams[_WHOSE.get()].token()

    def uniform(self, low: float, high: float) -> float:
        """See `Ids`."""
        return self._streams[_WHOSE.get()].uniform(low, high)


class Parts(msgspec.Struct, frozen=True):
    """What a street is made of; the experiment's own tests put a bug into one of them."""

    presences: type[Presences] = Presences
    feeds: type[Feeds] = Feeds
    ids: type[IdsPerTenant] = IdsPerTenant
    store: type[MemoryStore] = MemoryStore


class Street:
    """One node with two tenants."""

    def __init__(self, made_of: Parts) -> None:
        """Nobody is at home."""
        self.clock = FakeClock()
        ids = made_of.ids()
        self.node = Node(
            made_of.store([NORTH, SOUTH]), self.clock, ids, MemoryBus().fanout(), raising
        )
        wheel = Wheel(self.clock)
        self._later: list[object] = []
        self.bugs: list[BaseException] = []
        self.around = Surroundings(
            feeds=made_of.feeds(self.node, lambda _, work: self._later.append(work)),
            commands=self.node,
            authenticator=HandKeys(),
            presences=made_of.presences(wheel, self.clock),
            roster=Roster(ids),
            wheel=wheel,
            clock=self.clock,
            report=self._report,
        )
        self.wheel = wheel
        self._sessions = 0

    def _report(self, bug: BaseException) -> str:
        self.bugs.append(bug)
        return "incident-1"

    async def settle(self) -> None:
        """Until nothing moves."""
        here = asyncio.current_task()
        while True:
            while self._later:
                self._later.pop(0)()  # type: ignore[operator]
            moving = {t for t in asyncio.all_tasks() if t is not here and not t.done()}
            if not moving:
                return
            await asyncio.wait(moving)

    async def open(self, tenant_id: TenantId, name: str) -> tuple[Performer, Ear]:
        """A socket of somebody of this tenant, welcomed and watching."""
        self._sessions += 1
        # Sessions are numbered per tenant, as everything that is compared.
        ear = Ear(f"{tenant_id}-{name}", "json")
        principal = a_principal(an_actor(name, tenant_id=tenant_id))
        opening = Opening(
            session_id=ear.session_id, principal=principal, codec="json", first_ping=20.0
        )
        performer = Performer(Session(opening, self.around.now()), ear, self.around)
        hello = Hello(
            protocol=(1, 1),
            client_id=ClientId(f"client-{name}"),
            app=App(kind="board"),
            csrf=principal.nonce,
            subscriptions=[Wanted(channel=each) for each in _CHANNELS],
        )
        performer.received(msgspec.json.encode(hello), binary=False)
        await self.settle()
        return performer, ear


async def heard(seed: int, made_of: Parts, *, beside: bool) -> list[bytes]:
    """Every frame of the watched tenant's two sockets, in order."""
    street = Street(made_of)
    for tenant_id in (NORTH, SOUTH):
        _WHOSE.set(tenant_id)
        await furnish(street.node, tenant_id)
        speaker = Speaker(street.node, an_actor("System", tenant_id=tenant_id), "start")
        for number in range(3):
            for command in START:
                await speaker.do(renamed(command, f"o{number}-", orders_only=True))
    _WHOSE.set(NORTH)
    mine, ear = await street.open(NORTH, "anna")
    _, other_ear = await street.open(NORTH, "ben")
    neighbour = Neighbour(street, random.Random(~seed)) if beside else None
    dice = random.Random(seed)
    for step in range(1, STEPS + 1):
        street.clock.advance(0.3)
        if neighbour is not None:
            _WHOSE.set(SOUTH)
            await neighbour.bustle()
            _WHOSE.set(NORTH)
        mine.received(msgspec.json.encode(_something(dice, step)), binary=False)
        # The hints and frames of both tenants are made in the same moment.
        await street.settle()
        street.wheel.advance()
    await street.settle()
    assert not street.bugs, street.bugs
    return [*ear.heard, b"--", *other_ear.heard]


def _something(dice: random.Random, number: int) -> Submit | ShowPresence:
    command = _command(dice)
    said = {"type": "command", "number": number, "command": command, "over": 10_000}
    return msgspec.convert(said, Submit)


def _command(dice: random.Random) -> object:
    kind = dice.choice([each for each in COMMANDS if COMMANDS[each]])
    plain = dice.choice(COMMANDS[kind])
    prefix = f"o{dice.randrange(3)}-"
    names = {s: prefix + s for s in slots_of(plain) if s.startswith(("order", "line", "note"))}
    return called(plain, names)


class Neighbour:
    """Somebody who does everything at once, right things and wrong ones."""

    def __init__(self, street: Street, dice: random.Random) -> None:
        """Nothing was done yet."""
        self._street, self._dice = street, dice
        self._number = self._sockets = 0
        self._performer: Performer | None = None

    async def bustle(self) -> None:
        """A few things; what they set off goes on while the other tenant is at work."""
        for _ in range(self._dice.randrange(2 * BUSY)):
            await self._do()

    async def _do(self) -> None:
        chance = self._dice.random()
        if self._performer is None or chance < 0.1:
            self._sockets += 1
            self._number = 0
            self._performer, _ = await self._street.open(SOUTH, f"zoe{self._sockets}")
        elif chance < 0.7:
            self._number += 1
            said = _something(self._dice, self._number)
            self._performer.received(msgspec.json.encode(said), binary=False)
        elif chance < 0.85:
            shown = ShowPresence(channel="presence:board", doing="moving")
            self._performer.received(msgspec.json.encode(shown), binary=False)
        else:
            self._performer.received(mutations.frame(self._dice, "json"), binary=False)
            self._performer.lost()
            self._performer = None


async def trial(seed: int, made_of: Parts) -> tuple[str, int]:
    """What differs, nothing when nothing does; and how many frames were compared."""
    alone = await heard(seed, made_of, beside=False)
    beside = await heard(seed, made_of, beside=True)
    for number, (one, other) in enumerate(zip(alone, beside, strict=False)):
        if one != other:
            told = f"frame {number}: {one[:200]!r} alone, {other[:200]!r} beside a neighbour"
            return told, len(alone)
    if len(alone) != len(beside):
        return f"{len(alone)} frames alone, {len(beside)} beside a neighbour", len(alone)
    return "", len(alone)


def played(request: Request, made_of: Parts) -> Result:
    """As many runs as asked."""
    findings, frames = [], 0
    for seed in range(request.seed, request.seed + request.count):
        trouble, compared = asyncio.run(trial(seed, made_of))
        frames += compared
        if trouble:
            findings.append(Finding(seed, trouble))
    counts = {"runs": request.count, "frames": frames}
    return Result(counts=counts, bad="differences", findings=tuple(findings))


def run(request: Request) -> Result:
    """Play the product itself."""
    return played(request, Parts())


X6 = Experiment(name="X6", title="neighbours", counts={"pr": 20, "release": 500}, run=run)
