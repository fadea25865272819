"""One socket's conversation without I/O: a frame or a moment in, effects out."""

from math import inf
from typing import Literal, assert_never

import msgspec

from protocols.closing import Close
from protocols.from_client import (
    Acknowledge,
    Authenticate,
    Bye,
    FromClient,
    Ping,
    Pong,
    ReportMismatch,
    ShowPresence,
    Submit,
    Subscribe,
    Unsubscribe,
)
from protocols.from_server import Drain, Error, PleaseAuthenticate
from protocols.from_server import Pong as PongBack
from protocols.handshake import Hello, Welcome
from protocols.struct import Struct
from protocols.vocabulary import ClientId, Number, SessionId, TenantId
from server.application.pace import Bucket, Paces
from server.application.principal import Principal
from server.application.submission import Submission, belonging_to
from server.application.verdict import Verdict
from server.realtime.asking import Asking
from server.realtime.effects import (
    Beat,
    Deflate,
    Effect,
    Fence,
    LookUpNumber,
    Renew,
    Send,
    Settle,
    Shut,
)
from server.realtime.greeting import SPOKEN, is_ours, version_for, whoami
from server.realtime.heartbeat import (
    PING_SECONDS,
    PONG_SECONDS,
    REMINDER_SECONDS,
    Heartbeat,
    Now,
    Term,
    ping_seconds,
    term_of,
)
from server.realtime.limits import FRAMES_BURST, FRAMES_PER_SECOND, KEPT, frame_limit, limits_of
from server.realtime.reading import Malformed, read
from server.realtime.watching import Watching
from server.realtime.wire import Codec

HELLO_SECONDS = 5.0
"""A client says `hello` in its first packet; five seconds cover a handshake over bad radio."""

DRAIN_GRACE_SECONDS = 10.0
"""How long a socket may stay after the moment it was asked to move."""

ErrorCode = Literal[
    "malformed",
    "too_large",
    "hello_first",
    "hello_twice",
    "hello_late",
    "version_unsupported",
    "csrf",
    "rate",
    "unauthenticated",
    "not_a_bearer",
    "overloaded",
    "internal",
]

_FOR_GOOD = (None, Close.REVOKED)
"""Ends after which nobody is to see any more where the driver was."""


class AwaitingHello(Struct, frozen=True):
    """The socket is open, the client has not said who it is."""

    until: float


class Greeting(Struct, frozen=True, kw_only=True):
    """We look up where the client stood; what it says meanwhile is kept. [HS6]"""

    hello: Hello
    version: int
    kept: tuple[FromClient, ...] = ()


class Live(Struct, frozen=True, kw_only=True):
    """Both sides know each other."""

    client_id: ClientId
    heartbeat: Heartbeat


class Closing(Struct, frozen=True):
    """The close was asked for. Nothing goes out or counts from here on. [CL1]"""

    code: Close | None


State = AwaitingHello | Greeting | Live | Closing


class Opening(Struct, frozen=True, kw_only=True):
    """What is known of a socket when it opens."""

    session_id: SessionId
    principal: Principal
    codec: Codec
    first_ping: float
    """Random seconds until the first ping."""
    build: str = ""
    tenant: Bucket = msgspec.field(default_factory=lambda: Paces().of_tenant(TenantId("")))
    """What all sockets of the tenant may ask for together; of its own if nobody shares it."""
    address: str = ""
    """Where the client is, for the log."""


class Session:
    """The server's side of one socket. Every method answers what is to be done, in order.

    Keyed by session id, never by client id: what an old socket still does cannot touch the
    socket that replaced it.
    """

    def __init__(self, opening: Opening, now: Now) -> None:
        """The socket opened at `now`; a `hello` is expected."""
        self.id = opening.session_id
        self.principal = opening.principal
        self.state: State = AwaitingHello(now.seconds + HELLO_SECONDS)
        self._opening = opening
        self._term: Term = term_of(opening.principal, now)
        self._leave_by = inf
        self._frames = Bucket(FRAMES_PER_SECOND, FRAMES_BURST)
        self._asking = Asking(opening.tenant)
        self._watching = Watching(self.id, opening.principal.actor)

    @property
    def address(self) -> str:
        """Where the client is, for the log."""
        return self._opening.address

    # One move, step 4 of 8 → server/application/execute.py
    def frame(self, payload: bytes, *, binary: bool, now: Now) -> list[Effect]:
        """A frame came in. Whatever is wrong with it ends the socket, never the server. [LM]"""
        if isinstance(self.state, Closing):
            return []
        # LM6
        if self._frames.wait(now.seconds) > 0:
            return self._end(Close.RATE, "rate")
        # LM1
        if len(payload) > frame_limit(self.principal.actor):
            return self.oversized()
        if self._asking.drops_unread(self._opening.codec, payload):
            self._hear()
            return []
        message = read(self._opening.codec, payload, binary=binary)
        # LM8
        if isinstance(message, Malformed):
            return self._end(Close.PROTOCOL_ERROR, "malformed", message.why)
        return self.receive(message, now)

    def oversized(self) -> list[Effect]:
        """A frame was too large to be read at all. [LM1]"""
        limit = frame_limit(self.principal.actor)
        return self._end(Close.FRAME_TOO_LARGE, "too_large", f"at most {limit} bytes")

    def receive(self, message: FromClient, now: Now) -> list[Effect]:
        """A message came in."""
        match self.state:
            case AwaitingHello():
                if isinstance(message, Hello):
                    return self._greet(message)
                # HS2
                return self._end(Close.PROTOCOL_ERROR, "hello_first")
            case Greeting() as state:
                if isinstance(message, Hello):
                    return self._end(Close.PROTOCOL_ERROR, "hello_twice")
                # LM11
                if len(state.kept) >= KEPT:
                    return self._end(Close.RATE, "rate")
                kept = (*state.kept, message)
                self.state = msgspec.structs.replace(state, kept=kept)
                return []
            case Live() as state:
                return self._converse(state, message, now)
            case Closing():
                return []
            case _:
                assert_never(self.state)

    def greeted(self, last_number: Number, now: Now) -> list[Effect]:
        """We know where the client stood: welcome it, then do what it asked for so far. [HS7]"""
        state = self.state
        if not isinstance(state, Greeting):
            return []
        hello = state.hello
        client_id = belonging_to(self.principal.actor, hello.client_id)
        every = ping_seconds(self.principal.actor, hello.app)
        # LV1: the opening drew a moment for sockets that are pinged every `PING_SECONDS`.
        ping_at = now.seconds + self._opening.first_ping * every / PING_SECONDS
        self.state = Live(client_id=client_id, heartbeat=Heartbeat(ping_at=ping_at, every=every))
        effects: list[Effect] = [Send(self._welcome(state, last_number, now))]
        # HS8
        if hello.receipts_seen > 0:
            effects.append(Settle(client_id, hello.receipts_seen))
        for wanted in hello.subscriptions:
            effects += self._watching.subscribe(wanted)
        for message in state.kept:
            effects += self.receive(message, now)
        return effects

    def answered(self, ticket: int, verdict: Verdict) -> list[Effect]:
        """A command has its verdict."""
        return [] if isinstance(self.state, Closing) else self._asking.answered(ticket, verdict)

    def busy(self, ticket: int, retry_after: float) -> list[Effect]:
        """A command has no verdict; it may be asked again after so many seconds."""
        return [] if isinstance(self.state, Closing) else self._asking.busy(ticket, retry_after)

    def renewed(self, principal: Principal | None, now: Now) -> list[Effect]:
        """The fresh bearer speaks for this principal, or for nobody. [AU37]"""
        if isinstance(self.state, Closing):
            return []
        if principal is None or not _same_person(principal, self.principal):
            return self._end(Close.UNAUTHENTICATED, "unauthenticated")
        self.principal = principal
        self._term = term_of(principal, now)
        return self._watching.judge_again(principal.actor)

    def tick(self, now: Now, *, lagging: bool) -> list[Effect]:
        """A moment passed; `lagging` says that bytes still wait for the network."""
        if now.seconds >= self._leave_by:
            return self.shut(Close.DRAIN)
        match self.state:
            case AwaitingHello(until):
                # HS1
                late = now.seconds >= until
                return self._end(Close.HELLO_TIMEOUT, "hello_late") if late else []
            case Live() as state:
                return self._live_tick(state, now, lagging=lagging)
            case Greeting() | Closing():
                return []
            case _:
                assert_never(self.state)

    @property
    def due(self) -> float:
        """When `tick` has something to say next; infinite for never."""
        match self.state:
            case AwaitingHello(until):
                return min(until, self._leave_by)
            case Live(heartbeat=heartbeat):
                return min(heartbeat.due, self._term.due, self._leave_by)
            case Greeting():
                return self._leave_by
            case Closing():
                return inf
            case _:
                assert_never(self.state)

    def drain(self, after: float, now: Now) -> list[Effect]:
        """This node goes away: ask the client to move after so many seconds. [CL2]"""
        if isinstance(self.state, Closing):
            return []
        self._leave_by = now.seconds + after + DRAIN_GRACE_SECONDS
        return [Send(Drain(after_ms=round(after * 1_000)))]

    def fault(self, incident: str) -> list[Effect]:
        """Something of ours broke; the client learns under which id we know it. [CL4]"""
        return self._end(Close.SERVER_ERROR, "internal", incident)

    def overloaded(self) -> list[Effect]:
        """We cannot serve this socket now. [LM9, LM10]"""
        return self._end(Close.OVERLOADED, "overloaded")

    def shut(self, code: Close | None) -> list[Effect]:
        """Close without a word; whatever comes in from here on is ignored."""
        if isinstance(self.state, Closing):
            return []
        self.state = Closing(code)
        # PR9
        gone = self._watching.withdraw() if code in _FOR_GOOD else []
        return [*gone, Shut(code)]

    def _end(self, code: Close, error: ErrorCode, detail: str = "") -> list[Effect]:
        farewell = self.shut(code)
        return [Send(Error(code=error, detail=detail)), *farewell] if farewell else []

    def _greet(self, hello: Hello) -> list[Effect]:
        version = version_for(hello)
        # HS4
        if version is None:
            return self._end(Close.VERSION_UNSUPPORTED, "version_unsupported", SPOKEN)
        # HS5
        if not is_ours(hello, self.principal):
            return self._end(Close.UNAUTHENTICATED, "csrf")
        self.state = Greeting(hello=hello, version=version)
        # HS11
        client_id = belonging_to(self.principal.actor, hello.client_id)
        effects: list[Effect] = [Fence(client_id), LookUpNumber(client_id)]
        return [Deflate(), *effects] if "deflate" in hello.capabilities else effects

    def _welcome(self, state: Greeting, last_number: Number, now: Now) -> Welcome:
        return Welcome(
            protocol=state.version,
            session_id=self.id,
            server_time=now.instant,
            user=whoami(self.principal),
            limits=limits_of(self.principal.actor),
            ping_seconds=ping_seconds(self.principal.actor, state.hello.app),
            pong_seconds=PONG_SECONDS,
            last_number=last_number,
            build=self._opening.build,
        )

    def _hear(self) -> None:
        # LV2
        if isinstance(self.state, Live):
            self.state = msgspec.structs.replace(self.state, heartbeat=self.state.heartbeat.heard())

    def _converse(self, state: Live, message: FromClient, now: Now) -> list[Effect]:
        self._hear()
        match message:
            case Submit():
                return self._submit(state.client_id, message, now)
            case Subscribe() | Unsubscribe() | ShowPresence() | ReportMismatch():
                return self._watching.handle(message, now.seconds)
            case Acknowledge(number=number):
                return [Settle(state.client_id, number)]
            case Ping():
                return [Send(PongBack(server_time=now.instant))]
            case Pong():
                return []
            case Hello() | Authenticate() | Bye():
                return self._turn(message)
            case _:
                assert_never(message)

    def _turn(self, message: Hello | Authenticate | Bye) -> list[Effect]:
        match message:
            case Hello():
                # HS3
                return self._end(Close.PROTOCOL_ERROR, "hello_twice")
            case Authenticate(token=token):
                # AU38
                if self.principal.kind == "cookie":
                    return self._end(Close.PROTOCOL_ERROR, "not_a_bearer")
                return [Renew(token)]
            case Bye():
                # CL3
                return self.shut(None)
            case _:
                assert_never(message)

    def _submit(self, client_id: ClientId, message: Submit, now: Now) -> list[Effect]:
        submission = Submission(
            actor=self.principal.actor,
            client_id=client_id,
            number=message.number,
            command=message.command,
            base_version=message.base_version,
            base_groups=message.base_groups,
            over=message.over,
            depends_on=tuple(message.depends_on),
            fact=message.fact,
            asked_in=self.id,
        )
        effects = self._asking.ask(submission, now.seconds)
        # LM4
        return self._end(Close.RATE, "rate") if self._asking.is_abused else effects

    def _live_tick(self, state: Live, now: Now, *, lagging: bool) -> list[Effect]:
        # AU37
        if now.seconds >= self._term.ends:
            return self.shut(Close.TOKEN_EXPIRED)
        effects: list[Effect] = []
        if now.seconds >= self._term.remind_at:
            left = min(REMINDER_SECONDS, self._term.ends - now.seconds)
            self._term = Term(ends=self._term.ends)
            effects.append(Send(PleaseAuthenticate(within_seconds=left)))
        heartbeat, sign = state.heartbeat.beat(now.seconds, lagging=lagging)
        if sign == "dead":
            return self.shut(Close.NO_PONG)
        self.state = msgspec.structs.replace(state, heartbeat=heartbeat)
        return [*effects, Beat()] if sign == "ping" else effects


def _same_person(one: Principal, other: Principal) -> bool:
    return (one.actor.tenant_id, one.actor.id) == (other.actor.tenant_id, other.actor.id)
