"""The client's side of the protocol without a socket: frames in, frames and happenings out."""

from collections.abc import Callable, Iterable
from typing import TypeAlias, assert_never

from kanvoy_client._wire import FINGERPRINT
from kanvoy_client._wire.commands import Command
from kanvoy_client._wire.from_client import (
    Acknowledge,
    Authenticate,
    Bye,
    FromClient,
    Pong,
    ShowPresence,
    Submit,
    Subscribe,
    Unsubscribe,
)
from kanvoy_client._wire.from_client import Ping as Probe
from kanvoy_client._wire.from_server import (
    Busy,
    Changes,
    Drain,
    Error,
    FromServer,
    Ping,
    PleaseAuthenticate,
    Presence,
    Receipt,
    Rejected,
    Resync,
    SnapshotBegin,
    SnapshotChunk,
    SnapshotEnd,
    Subscribed,
    Unsubscribed,
)
from kanvoy_client._wire.from_server import Pong as ServerPong
from kanvoy_client._wire.handshake import App, Hello, Wanted, Welcome
from kanvoy_client._wire.rejections import Gap
from kanvoy_client._wire.version import OLDEST_SUPPORTED, PROTOCOL_VERSION
from kanvoy_client._wire.vocabulary import ClientId, FieldGroup, Number, Version
from kanvoy_client.channel import Applied, Broken, Ignored, Told
from kanvoy_client.happenings import (
    Answered,
    Changed,
    Complaint,
    Draining,
    HangUp,
    Happening,
    Met,
    Purged,
    Renumbered,
    Repaired,
    TokenWanted,
    Welcomed,
    Whole,
)
from kanvoy_client.numbering import Numbering
from kanvoy_client.outbox import Outbox
from kanvoy_client.reconnect import Plan, Reconnect
from kanvoy_client.replica import Replica
from kanvoy_client.watchdog import Alarm, Watchdog
from kanvoy_client.watching import Watching

GREETING = 10.0
"""Seconds for `welcome`: the server gives us 5 s to say hello, so twice that is a dead one."""

_NEW = Version(0)

_OfSocket: TypeAlias = Welcome | Ping | ServerPong | PleaseAuthenticate | Drain | Error
_OfChannel: TypeAlias = Presence | Subscribed | Resync | Unsubscribed


class Session:
    """One client over all its sockets. Deterministic: time is passed in, chance is injected.

    The driver opens a socket and calls `opened`; gives each message to `receive` and each due
    moment to `tick`; sends what `take` answers after every call; reads `happened`; and when the
    socket is gone asks `lost` for the plan.
    """

    def __init__(
        self,
        *,
        app: App,
        outbox: Outbox,
        replica: Replica,
        random: Callable[[], float],
        fresh_id: Callable[[], ClientId],
        csrf: str = "",
    ) -> None:
        """Begin offline, with what the outbox remembers."""
        self.replica = replica
        self.welcome: Welcome | None = None
        self._app, self._csrf = app, csrf
        self._numbering = Numbering(outbox, fresh_id)
        self._reconnect = Reconnect(random)
        self._watching = Watching(replica)
        self._watchdog: Watchdog | None = None
        self._welcomed_at: float | None = None
        self._acknowledged = Number(0)
        self._to_send: list[FromClient] = []
        self._happened: list[Happening] = []

    # --- what the driver reports ---------------------------------------------------------

    def opened(self, now: float) -> None:
        """A socket is open: introduce ourselves. [HS]"""
        self.welcome, self._welcomed_at = None, None
        self._to_send = []
        self._numbering.reopen()
        self._acknowledged = self._numbering.seen
        # HS61
        self._to_send.append(
            Hello(
                protocol=(OLDEST_SUPPORTED, PROTOCOL_VERSION),
                client_id=self._numbering.client_id,
                app=self._app,
                capabilities=["deflate"],
                schema=FINGERPRINT,
                csrf=self._csrf,
                last_number=self._numbering.last,
                receipts_seen=self._acknowledged,
                subscriptions=self._watching.hello(),
            )
        )
        self._watchdog = Watchdog(now, GREETING)

    def receive(self, message: FromServer, now: float) -> None:
        """Take one message, in the order in which they came."""
        if self._watchdog is None:
            # We hung up. What is still in flight may be about numbers that mean others by now.
            return
        self._watchdog.heard(now)
        match message:
            case Changes() | SnapshotBegin() | SnapshotChunk() | SnapshotEnd():
                self._told(message)
            case Presence() | Subscribed() | Resync() | Unsubscribed():
                self._of_channel(message)
            case Receipt() | Rejected() | Busy():
                self._of_command(message, now)
            case Welcome() | Ping() | ServerPong() | PleaseAuthenticate() | Drain() | Error():
                self._of_socket(message, now)
            case _:
                assert_never(message)

    def tick(self, now: float) -> None:
        """Time has passed. Harmless when nothing is due."""
        if self._watchdog is not None:
            self._alarm(self._watchdog.tick(now))

    def woke(self, now: float) -> None:
        """The machine slept or changed its network: find out whether the socket survived. [LV]"""
        if self._watchdog is not None and self.welcome is not None:
            self._alarm(self._watchdog.doubt(now))

    def lost(self, code: int, now: float) -> Plan:
        """The socket is gone. Answers when to open the next one."""
        alive = now - self._welcomed_at if self._welcomed_at is not None else 0.0
        self._welcomed_at = None
        self._hush()
        for name, channel in self.replica.channels.items():
            # SN66: half a snapshot cannot be continued, and must not be shown as state.
            if channel.cursor is not None and not channel.whole:
                self._happened.append(Changed(name, self.replica.forget(name)))
        return self._reconnect.lost(code, alive=alive)

    # --- what the program wants ----------------------------------------------------------

    def watch(self, channel: str) -> None:
        """Keep a channel up to date from now on, over all sockets. [WT]"""
        if channel in self._watching:
            return
        self._watching.add(channel)
        if not channel.startswith("presence:"):
            self.replica.open(channel)
        if self.welcome is not None:
            self._to_send.append(Subscribe(wanted=self._watching.wanted(channel)))

    def unwatch(self, channel: str) -> None:
        """Let a channel go and forget what it gave."""
        if channel not in self._watching:
            return
        if self.welcome is not None:
            self._to_send.append(Unsubscribe(channel=channel))
        self._purge(channel, "asked")

    @property
    def is_settled(self) -> bool:
        """Whether every command has its verdict, those of an earlier life too."""
        return self._numbering.is_settled

    def submit(
        self,
        command: Command,
        *,
        base_version: Version = _NEW,
        base_groups: dict[FieldGroup, Version] | None = None,
        over: Version = _NEW,
        depends_on: Iterable[Number] = (),
        fact: bool = False,
    ) -> Number:
        """Number a command and keep it; it is sent as soon as there is room. [RC]"""
        submit = Submit(
            number=Number(self._numbering.last + 1),
            command=command,
            base_version=base_version,
            base_groups=base_groups or {},
            over=over,
            depends_on=list(depends_on),
            fact=fact,
        )
        self._numbering.add(submit)
        return submit.number

    def show(self, presence: ShowPresence) -> None:
        """Tell the others what the person is doing; dropped while offline. [PR]"""
        if self.welcome is not None:
            self._to_send.append(presence)

    def authenticate(self, token: str) -> None:
        """Give the server a fresh token. [AU]"""
        self._to_send.append(Authenticate(token=token))

    def leave(self) -> None:
        """Say goodbye; the driver closes the socket afterwards. [CL]"""
        if self.welcome is not None:
            self._to_send.append(Bye())

    # --- what the driver takes away ------------------------------------------------------

    def take(self, now: float) -> list[FromClient]:
        """Everything to be sent now, in order. Commands go only after `welcome`."""
        if self.welcome is not None:
            self._to_send.extend(self._numbering.ready(now))
        taken, self._to_send = self._to_send, []
        return taken

    def happened(self) -> list[Happening]:
        """Everything that happened since the last call, in order."""
        happened, self._happened = self._happened, []
        return happened

    def due(self) -> float | None:
        """When to call `tick` (and then `take`) at the latest."""
        moments = [] if self._watchdog is None else [self._watchdog.due()]
        pause = self._numbering.due()
        return min((*moments, pause) if pause is not None else moments, default=None)

    # --- inside --------------------------------------------------------------------------

    def _welcomed(self, welcome: Welcome, now: float) -> None:
        # RC67: it forgot verdicts that we have, so its numbers are not ours any more.
        if not self._numbering.agree(welcome):
            self._start_over()
            return
        self.welcome, self._welcomed_at = welcome, now
        self._watchdog = Watchdog(now, welcome.ping_seconds + welcome.pong_seconds + 5.0)
        self._happened.append(Welcomed(welcome))
        self._to_send.extend(self._watching.welcomed())

    def _of_socket(self, message: _OfSocket, now: float) -> None:
        match message:
            case Welcome():
                self._welcomed(message, now)
            case Ping():
                self._pinged(message)
            case ServerPong():
                pass
            case PleaseAuthenticate(within_seconds=within):
                self._happened.append(TokenWanted(within))
            case Drain(after_ms=after_ms):
                self._happened.append(Draining(after_ms / 1000))
            case Error(code=code, detail=detail):
                self._happened.append(Complaint(code, detail))
            case _:
                assert_never(message)

    def _of_channel(self, message: _OfChannel) -> None:
        if message.channel not in self._watching:
            # Still in flight when we left the channel.
            return
        match message:
            case Presence():
                self.replica.meet(message)
                self._happened.append(Met(message.channel))
            case Unsubscribed(cause="forbidden" | "gone" | "too_many"):
                self._purge(message.channel, message.cause)
            # `asked` and `unknown` answer an earlier wish; we may want the channel again by now.
            case Subscribed() | Resync() | Unsubscribed():
                # What follows says the same, and says it whole.
                pass
            case _:
                assert_never(message)

    def _of_command(self, message: Receipt | Rejected | Busy, now: float) -> None:
        match message:
            case Busy(number=number, retry_ms=retry_ms):
                # RC66
                self._numbering.wait(number, now + retry_ms / 1000)
            case Rejected(rejection=Gap(expected=expected)):
                # RC65, RC67
                if not self._numbering.fill(expected):
                    self._start_over()
            case Receipt() | Rejected():
                self._answered(message)
            case _:
                assert_never(message)

    def _told(self, message: Told) -> None:
        outcome = self.replica.receive(message)
        match outcome:
            case Applied(touched=touched, whole=whole):
                if touched:
                    self._happened.append(Changed(message.channel, touched))
                if whole:
                    self._happened.append(Whole(message.channel))
            case Broken(why=why):
                self._repair(message.channel, why)
            case Ignored():
                pass
            case _:
                assert_never(outcome)

    def _repair(self, channel: str, why: str) -> None:
        """Ask for the channel from the beginning. [CH]"""
        self.replica.channels[channel].distrust()
        self._to_send.append(Subscribe(wanted=Wanted(channel=channel)))
        self._happened.append(Repaired(channel, why))

    def _answered(self, verdict: Receipt | Rejected) -> None:
        # A resent command may be answered twice.
        rejection = verdict.rejection if isinstance(verdict, Rejected) else None
        if not self._numbering.settle(verdict.number, rejection):
            return
        if isinstance(verdict, Receipt):
            self.replica.confirm(verdict)
        else:
            # RC64
            self.replica.reject(verdict.number)
        self._happened.append(Answered(verdict))

    def _start_over(self) -> None:
        """Go on as a new client with what is unanswered, numbered from 1. [RC]"""
        numbers = self._numbering.start_over()
        self.replica.renumber(numbers)
        self._happened.append(Renumbered(numbers))
        self._hang_up("the server has forgotten this client")

    def _pinged(self, ping: Ping) -> None:
        # LV61
        self._to_send.append(Pong())
        seen = self._numbering.seen
        if seen > self._acknowledged:
            self._acknowledged = seen
            self._to_send.append(Acknowledge(number=seen))
        for name, head in self._watching.behind(ping.heads).items():
            # LV63
            self._to_send.append(Subscribe(wanted=self._watching.wanted(name)))
            self._happened.append(Repaired(name, f"behind {head} for a whole ping interval"))
        for name in self._watching.different(ping):
            # WB63
            self._repair(name, "other things than the server's checksum says")

    def _purge(self, channel: str, cause: str) -> None:
        """Forget all that the channel gave: the server says who may know it. [AD]"""
        self._watching.discard(channel)
        self.replica.drop(channel)
        self._happened.append(Purged(channel, cause))

    def _alarm(self, alarm: Alarm) -> None:
        # LV62
        if alarm == "probe" and self.welcome is not None:
            self._to_send.append(Probe())
        elif alarm != "none":
            self._hang_up("no answer")

    def _hang_up(self, why: str) -> None:
        self._hush()
        self._happened.append(HangUp(why))

    def _hush(self) -> None:
        """Neither hear nor say anything until the next socket opens."""
        self.welcome, self._watchdog = None, None
        self._to_send = []
