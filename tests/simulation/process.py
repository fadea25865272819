"""A server process of the simulation: real node, feeds and sockets on a network that can fail."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import msgspec

from protocols.vocabulary import PersonId, TenantId
from server.application.node import Node
from server.application.ports import StorageBusy, Store
from server.application.principal import Kind, Principal
from server.domain.actor import Actor
from server.realtime.feed import Feed
from server.realtime.feeds import Feeds
from server.realtime.perform import Performer
from server.realtime.presence import Presences
from server.realtime.roster import Roster
from server.realtime.session import Opening, Session
from server.realtime.sizes import Sizes
from server.realtime.surroundings import Surroundings
from server.realtime.timers import Turning, Wheel
from server.realtime.wire import Codec
from tests.simulation.bus import LossyBus
from tests.simulation.cable import UNSENT, Cable
from tests.support.fakes import MONDAY, FakeIds
from tests.support.nodes import raising

TINY = Sizes(ring=5, chunk=3, preview=2, unsent=UNSENT)
"""Small enough that a few orders and frames reach every branch."""

_TERM_MS = 10**9


class Kit(msgspec.Struct, frozen=True, kw_only=True):
    """The classes a process is built from; self-tests put a broken one in."""

    node: type[Node] = Node
    feeds: type[Feeds] = Feeds
    feed: type[Feed] = Feed


class LoopClock:
    """The loop's virtual time; the wall clock may jump."""

    def __init__(self) -> None:
        """Show the same as all others."""
        self.jumped = 0

    def now(self) -> Any:
        """Milliseconds."""
        return MONDAY + round(self.monotonic() * 1_000) + self.jumped

    def monotonic(self) -> float:
        """Virtual seconds."""
        return asyncio.get_running_loop().time()


class Mortal:
    """A store as one process reaches it: once the process is dead, no call ever returns."""

    def __init__(self, store: Store) -> None:
        """Pass everything on while alive."""
        self._store = store
        self.dead = False
        self.busy = 0
        """So many next reads find the store too busy."""
        self.slow_until = 0.0
        """Until then every call takes as long: the network, or a machine that pauses."""

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        """The store's method, for the living."""
        method = getattr(self._store, name)

        async def call(*args: Any, **kwargs: Any) -> Any:
            if not self.dead:
                try:
                    await self._linger()
                    self._starve(name)
                    answer = await method(*args, **kwargs)
                except StorageBusy:
                    if not self.dead:
                        raise
                else:
                    if not self.dead:
                        return answer
            await asyncio.get_running_loop().create_future()

        setattr(self, name, call)
        return call

    async def _linger(self) -> None:
        wait = self.slow_until - asyncio.get_running_loop().time()
        if wait > 0:
            await asyncio.sleep(wait)

    def _starve(self, name: str) -> None:
        if self.busy > 0 and name != "commit":
            self.busy -= 1
            raise StorageBusy


class Nobody:
    """Knows no token: the players of a simulation never renew one."""

    async def authenticate(self, _kind: Kind, _token: str) -> Principal | None:
        """Nobody."""
        return None


class Process:
    """One node with its sockets. `crash` ends it at whatever line it is."""

    def __init__(self, store: Store, bus: LossyBus, seed: int, kit: Kit) -> None:
        """Start it."""
        self.clock = LoopClock()
        self.cables: dict[Cable, None] = {}
        self.bugs: list[BaseException] = []
        self._chance = random.Random(seed)
        self.busyness = self._chance.choice((0.0, 0.02, 0.3))
        """Seconds by which frames come too late, at most."""
        self._mortal = Mortal(store)
        self._bus = bus
        self._fanout = bus.fanout()
        self._tasks: dict[asyncio.Task[None], None] = {}
        ids = FakeIds(seed)
        self.node = kit.node(self._mortal, self.clock, ids, self._fanout, raising)  # type: ignore[arg-type]
        self.feeds = kit.feeds(self.node, self._schedule, TINY, kit.feed)
        wheel = Wheel(self.clock)
        self.around = Surroundings(
            feeds=self.feeds,
            commands=self.node,
            authenticator=Nobody(),
            presences=Presences(wheel, self.clock),
            roster=Roster(ids),
            wheel=wheel,
            clock=self.clock,
            report=self._report,
        )
        self._turning = Turning(wheel)
        self._spawn(self._beat())

    @property
    def dead(self) -> bool:
        """Whether it crashed."""
        return self._mortal.dead

    def accept(self, actor: Actor, session_id: str, codec: Codec) -> Cable:
        """A client connects."""
        cable = Cable(self, session_id, codec)
        self.cables[cable] = None
        principal = Principal(
            actor=actor,
            tenant="Northwind",
            sign_in_id=session_id,
            kind="bearer",
            nonce="",
            expires_at=self.clock.now() + _TERM_MS,
        )
        opening = Opening(
            session_id=cable.session_id,
            principal=principal,
            codec=codec,
            first_ping=1.0 + 4.0 * self._chance.random(),
        )
        session = Session(opening, self.around.now())
        cable.connect(Performer(session, cable, self.around))
        return cable

    def starve(self, reads: int) -> None:
        """The store has no time for so many of its reads."""
        self._mortal.busy = reads

    def stall(self, seconds: float) -> None:
        """What it asks of the store takes so long to get there."""
        self._mortal.slow_until = self.clock.monotonic() + seconds

    def revoke(self, tenant_id: TenantId, person_id: PersonId) -> None:
        """A person's sign-ins end."""
        self.around.roster.close_person(tenant_id, person_id)

    def crash(self) -> None:
        """End the process: nothing it was about to do happens any more."""
        self._mortal.dead = True
        self._turning.stop()
        self._bus.leave(self._fanout)
        for cable in tuple(self.cables):
            # What the kernel has already taken still arrives.
            cable.open = False
        self.cables.clear()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks[task] = None
        task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.pop(task)
        if not task.cancelled() and (bug := task.exception()) is not None:
            self.bugs.append(bug)

    def _report(self, bug: BaseException) -> str:
        self.bugs.append(bug)
        return "incident"

    def _schedule(self, delay: float, callback: Callable[[], None]) -> None:
        """Call back, later than asked when the loop is busy: more changes then share a frame."""

        def run() -> None:
            if not self.dead:
                callback()

        late = self._chance.random() * self.busyness
        asyncio.get_running_loop().call_later(delay + late, run)

    async def _beat(self) -> None:
        """The head-beat and the marks, as a real process does them."""
        while not self.dead:
            await asyncio.sleep(1.0)
            try:
                await self.node.beat()
            except StorageBusy:
                continue
            if self._chance.random() < 0.2 and not self.dead:
                self.feeds.mark()
