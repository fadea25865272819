"""Hand-driven sockets: a session, its line and all it reaches out to move only when told."""

import asyncio
from collections.abc import Awaitable, Iterable

from protocols.closing import Close
from protocols.commands import ReleaseOrder
from protocols.from_client import Submit
from protocols.from_server import FromServer
from protocols.handshake import App, Hello, Wanted
from protocols.vocabulary import (
    ClientId,
    DriverId,
    Instant,
    Number,
    OrderId,
    Permission,
    PersonId,
    Role,
    Sequence,
    SessionId,
    TenantId,
)
from server.application.pace import Bucket, Paces
from server.application.ports import StorageBusy
from server.application.principal import Kind, Principal, Way
from server.application.submission import Submission
from server.application.verdict import Done, Verdict
from server.domain.actor import Actor
from server.realtime.connection import Connection, Offering
from server.realtime.effects import Effect, Send
from server.realtime.heartbeat import Now
from server.realtime.perform import Performer
from server.realtime.presence import Presences
from server.realtime.roster import Roster
from server.realtime.session import Opening, Session
from server.realtime.surroundings import Surroundings
from server.realtime.timers import Wheel
from server.realtime.wire import Codec, Encoded
from server.telemetry.security import SecurityLines
from server.telemetry.sparing import Sparing
from tests.support.fakes import FakeClock, FakeIds

TENANT = TenantId("tenant-1")
CLIENT = ClientId("client-1")
SCOPED = ClientId("person-anna.client-1")
"""The same client as the tenant knows it: bound to its person."""

NONCE = "nonce-of-the-page"
A_CENTURY_MS = 100 * 365 * 24 * 3_600 * 1_000
"""Some tests run by the real clock, on whatever day that is."""

OPERATOR: tuple[Permission, ...] = ("order.read", "price.read", "order.edit", "stage.move")


def an_actor(
    name: str = "anna",
    permissions: Iterable[Permission] = OPERATOR,
    roles: tuple[Role, ...] = ("backoffice",),
    tenant_id: TenantId = TENANT,
) -> Actor:
    """A person who may read and edit orders."""
    return Actor(
        tenant_id=tenant_id,
        id=PersonId(f"person-{name}"),
        driver_id=DriverId(f"driver-{name}"),
        name=name.title(),
        roles=roles,
        permissions=frozenset(permissions),
    )


def a_principal(
    actor: Actor | None = None,
    kind: Kind = "cookie",
    sign_in_id: str = "device-1",
    expires_at: Instant | None = None,
) -> Principal:
    """Somebody signed in for longer than any test lives, counted from where fake time starts."""
    ends = Instant(FakeClock().now() + A_CENTURY_MS) if expires_at is None else expires_at
    return Principal(
        actor=actor if actor is not None else an_actor(),
        tenant="Northwind",
        sign_in_id=sign_in_id,
        kind=kind,
        nonce=NONCE if kind == "cookie" else "",
        expires_at=ends,
    )


def a_hello(
    *channels: str, csrf: str = NONCE, protocol: tuple[int, int] = (1, 1), receipts_seen: int = 0
) -> Hello:
    """The first frame of a board."""
    return Hello(
        protocol=protocol,
        client_id=CLIENT,
        app=App(kind="board"),
        csrf=csrf,
        receipts_seen=Number(receipts_seen),
        subscriptions=[Wanted(channel=channel) for channel in channels],
    )


def a_command(number: int) -> Submit:
    """Any command with this number."""
    return Submit(number=Number(number), command=ReleaseOrder(order_id=OrderId("order-1")))


def a_verdict(number: int) -> Done:
    """The command with this number happened."""
    return Done(number=Number(number), changed=True, sequence=Sequence(number))


def said(effects: Iterable[Effect]) -> list[FromServer]:
    """The messages among the effects."""
    return [effect.message for effect in effects if isinstance(effect, Send)]


class HandLine(Offering):
    """A line that writes down what it is told."""

    def __init__(self, session_id: str = "session-1") -> None:
        """Open, and nothing unsent."""
        self.session_id = SessionId(session_id)
        self.deflate = False
        self.sent: list[FromServer] = []
        self.backlog = 0
        self.closed: list[Close | None] = []
        self.aborted = False

    def write(self, message: Encoded) -> None:
        """Write the message down, unless closed."""
        if not self.closed and not self.aborted:
            self.sent.append(message.message)

    def unsent(self) -> int:
        """What the test says."""
        return self.backlog

    def close(self, code: Close | None) -> None:
        """Write the code down."""
        self.closed.append(code)

    def abort(self) -> None:
        """Write it down."""
        self.aborted = True


class HandCommands:
    """Commands that are answered when, and as, the test says."""

    def __init__(self) -> None:
        """Nobody has asked anything."""
        self.last = Number(0)
        self.fault: Exception | None = None
        self.asked: list[tuple[Submission, asyncio.Future[Verdict]]] = []
        self.acknowledged: list[tuple[TenantId, ClientId, Number]] = []

    def submit(self, submission: Submission) -> Awaitable[Verdict]:
        """Wait for the test."""
        future: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        self.asked.append((submission, future))
        return future

    async def last_number(self, _tenant_id: TenantId, _client_id: ClientId) -> Number:
        """What the test says."""
        if self.fault is not None:
            raise self.fault
        return self.last

    async def acknowledge(self, tenant_id: TenantId, client_id: ClientId, number: Number) -> None:
        """Write it down."""
        if self.fault is not None:
            raise self.fault
        self.acknowledged.append((tenant_id, client_id, number))


class HandFeeds:
    """Feeds that write down what they are asked; `gate` holds subscriptions up."""

    def __init__(self) -> None:
        """Nobody watches."""
        self.log: list[tuple[str, str]] = []
        self.connections: list[Connection] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.fault: Exception | None = None

    async def subscribe(
        self,
        _tenant_id: TenantId,
        connection: Connection,
        channel: str,
        cursor: str | None,
        _actor: Actor,
    ) -> None:
        """Write it down once the gate is open."""
        self.connections.append(connection)
        self.log.append(("subscribing", channel if cursor is None else f"{channel}@{cursor}"))
        await self.gate.wait()
        if self.fault is not None:
            raise self.fault
        self.log.append(("subscribed", connection.session_id))

    def unsubscribe(self, _connection: Connection, channel: str) -> None:
        """Write it down."""
        self.log.append(("unsubscribed", channel))

    def detach(self, connection: Connection) -> None:
        """Write it down."""
        self.log.append(("detached", connection.session_id))

    async def drained(self, connection: Connection) -> None:
        """Write it down."""
        self.log.append(("drained", connection.session_id))

    def heads(self, _connection: Connection) -> dict[str, Sequence]:
        """A board that has come to 7."""
        return {"board": Sequence(7)}

    def checksums(self, _connection: Connection) -> dict[str, int]:
        """A display whose things add up to 99."""
        return {"display:hall": 99}


class HandKeys:
    """Tokens and whom they speak for; `gate` holds the answer up."""

    def __init__(self) -> None:
        """No token opens anything."""
        self.principals: dict[tuple[Way, str], Principal] = {}
        self.gate = asyncio.Event()
        self.gate.set()
        self.asked = 0
        self.fault: StorageBusy | None = None

    async def still(self, principal: Principal) -> Principal | None:
        """The same principal, as long as one of its tokens opens something."""
        return principal if principal in self.principals.values() else None

    async def authenticate(self, kind: Way, token: str) -> Principal | None:
        """Whom the token speaks for when it was asked; the answer comes once the gate is open."""
        self.asked += 1
        principal = self.principals.get((kind, token))
        await self.gate.wait()
        if self.fault is not None:
            raise self.fault
        return principal


class World:
    """One node's sockets in one process, with a fake clock."""

    def __init__(self) -> None:
        """Nobody is connected."""
        self.clock = FakeClock()
        self.ids = FakeIds()
        self.wheel = Wheel(self.clock)
        self.feeds = HandFeeds()
        self.commands = HandCommands()
        self.keys = HandKeys()
        self.roster = Roster(self.ids)
        self.presences = Presences(self.wheel, self.clock)
        self.bugs: list[BaseException] = []
        self.around = Surroundings(
            feeds=self.feeds,
            commands=self.commands,
            authenticator=self.keys,
            presences=self.presences,
            roster=self.roster,
            wheel=self.wheel,
            clock=self.clock,
            report=self._report,
            security=SecurityLines(Sparing(self.clock.monotonic)),
        )
        self._sessions = 0

    def connect(self, principal: Principal | None = None) -> tuple[Performer, HandLine]:
        """A socket opens."""
        self._sessions += 1
        line = HandLine(f"session-{self._sessions}")
        opening = Opening(
            session_id=line.session_id,
            principal=principal if principal is not None else a_principal(),
            codec="json",
            first_ping=20.0,
            address="203.0.113.7",
        )
        session = Session(opening, self.around.now())
        return Performer(session, line, self.around), line

    async def pass_time(self, seconds: float) -> None:
        """Let time pass in steps of one turn of the wheel."""
        for _ in range(round(seconds * 10)):
            self.clock.advance(0.1)
            self.wheel.advance()
        await settle()

    def _report(self, bug: BaseException) -> str:
        self.bugs.append(bug)
        return f"incident-{len(self.bugs)}"


def at(seconds: float) -> Now:
    """So many seconds after a session of `a_session` opened."""
    clock = FakeClock()
    clock.advance(seconds)
    return Now(clock.monotonic(), clock.now())


def a_session(
    principal: Principal | None = None, codec: Codec = "json", tenant: Bucket | None = None
) -> Session:
    """A session that opened at second 0 and pings for the first time 20 s after its welcome."""
    opening = Opening(
        session_id=SessionId("session-1"),
        principal=principal if principal is not None else a_principal(),
        codec=codec,
        first_ping=20.0,
        build="build-1",
        tenant=tenant or Paces().of_tenant(TENANT),
    )
    return Session(opening, at(0))


def a_live_session(
    *channels: str,
    principal: Principal | None = None,
    codec: Codec = "json",
    tenant: Bucket | None = None,
) -> Session:
    """A session that was welcomed at second 1."""
    session = a_session(principal, codec, tenant)
    session.receive(a_hello(*channels), at(1))
    session.greeted(Number(0), at(1))
    return session


async def settle() -> None:
    """Let everything happen that can happen without anybody's doing."""
    for _ in range(20):
        await asyncio.sleep(0)
