"""Does what a session decides: the hands between the core and everything that takes time."""

import asyncio
from collections.abc import Coroutine
from contextvars import Context, copy_context
from functools import partial
from math import inf
from typing import Any, assert_never

from structlog.contextvars import bind_contextvars, bound_contextvars, clear_contextvars

from protocols.closing import Close
from protocols.from_server import Ping
from protocols.vocabulary import ClientId, Number, SessionId
from server.application.ports import StorageBusy
from server.application.principal import Principal
from server.application.submission import Submission
from server.application.verdict import Verdict
from server.realtime.effects import (
    Ask,
    Beat,
    Deflate,
    Effect,
    Fence,
    Hide,
    Join,
    Locate,
    Log,
    LookUpNumber,
    Part,
    Renew,
    Send,
    Settle,
    Show,
    Shut,
    ToFeeds,
    ToOthers,
    ToPresence,
    ToSocket,
    Unwatch,
    Watch,
)
from server.realtime.line import Line
from server.realtime.mismatches import mismatched
from server.realtime.refusals import refusal_in
from server.realtime.session import Session
from server.realtime.settling import Settling
from server.realtime.surroundings import Surroundings
from server.realtime.timers import Timer
from server.realtime.wire import Encoded
from server.telemetry.security import SecurityEvent, UnexpectedError, seen_of


def _named(session_id: SessionId) -> Context:
    """Where a task logs in the name of its session, and of nothing else."""
    context = copy_context()
    context.run(clear_contextvars)
    context.run(bind_contextvars, session_id=session_id)
    return context


class Performer:
    """One socket: feeds its session with what happens, and does what the session wants.

    Listens to its line, is known to the roster, and is woken by the wheel. Commands are never
    cancelled: when the socket goes away they are still decided, and the client gets the stored
    answer when it asks again.
    """

    __slots__ = (
        "_around",
        "_client_id",
        "_due",
        "_errands",
        "_gone",
        "_line",
        "_running",
        "_session",
        "_settling",
        "_timer",
        "_under_way",
    )

    def __init__(self, session: Session, line: Line, around: Surroundings) -> None:
        """Begin to serve; the caller has the line call us."""
        self._session = session
        self._line = line
        self._around = around
        self._client_id: ClientId | None = None
        self._settling: Settling | None = None
        # A deque takes 600 bytes when it is empty, and few errands ever wait here.
        self._errands: list[ToFeeds | None] = []
        self._running = False
        self._under_way: dict[asyncio.Future[Any], None] = {}
        self._timer: Timer | None = None
        self._due = inf
        self._gone = False
        around.roster.join(self)
        self._arm()

    @property
    def session_id(self) -> SessionId:
        """The session of this socket."""
        return self._session.id

    @property
    def principal(self) -> Principal:
        """Whom the socket serves now."""
        return self._session.principal

    def received(self, payload: bytes, *, binary: bool) -> None:
        """A frame came in. A bug in handling it ends this socket and no other."""
        try:
            self._do(self._session.frame(payload, binary=binary, now=self._around.now()))
        except Exception as bug:  # noqa: BLE001 - the edge: whatever it is, the server goes on
            self._fault(bug)

    def oversized(self) -> None:
        """A frame was too large to be taken."""
        self._do(self._session.oversized())

    def drained(self) -> None:
        """The line can take more."""
        self._around.presences.drained(self._line)
        if None not in self._errands:
            self._run_errand(None)

    def lost(self) -> None:
        """The line is gone."""
        self._session.shut(None)
        self._detach()

    def close(self, code: Close) -> None:
        """End the socket."""
        self._do(self._session.shut(code))

    def drain(self, after: float) -> None:
        """Ask the client to move to another node."""
        self._do(self._session.drain(after, self._around.now()))
        self._arm()

    def _do(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Send() | Beat() | Deflate() | Shut():
                    self._to_socket(effect)
                case Watch() | Unwatch():
                    self._run_errand(effect)
                case Join() | Part() | Show() | Hide() | Locate():
                    self._to_presence(effect)
                case Fence() | LookUpNumber() | Ask() | Settle() | Renew() | Log():
                    self._to_others(effect)
                case _:
                    assert_never(effect)

    def _to_socket(self, effect: ToSocket) -> None:
        match effect:
            case Send(message):
                self._line.write(Encoded(message))
                refused = refusal_in(message)
                if refused is not None:
                    self._note(refused)
            case Beat():
                self._line.write(Encoded(self._ping()))
            case Deflate():
                self._line.deflate = True
            case Shut(code):
                self._shut(code)
            case _:
                assert_never(effect)

    def _note(self, event: SecurityEvent) -> None:
        seen = seen_of(event, self._session.address, self.principal)
        self._around.security.note(seen, self.session_id)

    def _ping(self) -> Ping:
        feeds = self._around.feeds
        return Ping(
            server_time=self._around.clock.now(),
            heads=feeds.heads(self._line),
            checksums=feeds.checksums(self._line),
        )

    def _to_presence(self, effect: ToPresence) -> None:
        presences, tenant_id = self._around.presences, self.principal.actor.tenant_id
        match effect:
            case Join(channel):
                presences.join(tenant_id, channel, self._line)
            case Part(channel):
                presences.part(tenant_id, channel, self.session_id)
            case Show(channel, person):
                presences.show(tenant_id, channel, person)
            case Hide(channel, shown_as):
                presences.hide(tenant_id, channel, shown_as or self.session_id)
            case Locate(channel, person):
                presences.locate(tenant_id, channel, person)
            case _:
                assert_never(effect)

    def _to_others(self, effect: ToOthers) -> None:
        match effect:
            case Ask(ticket, submission):
                self._ask(ticket, submission)
            case Settle(client_id, number):
                self._settle(client_id, number)
            case LookUpNumber(client_id):
                self._start(self._look_up_number(client_id), named=True)
            case Renew(token):
                self._start(self._renew(token), named=True)
            case Fence(client_id):
                self._client_id = client_id
                older = self._around.roster.claim(client_id, self)
                if older is not None:
                    older.close(Close.REPLACED)
            case Log(mismatch):
                mismatched(mismatch, self.principal.actor, self.session_id)
            case _:
                assert_never(effect)

    def _ask(self, ticket: int, submission: Submission) -> None:
        # Submitted now, answered later: commands are decided in the order of their frames. A task
        # for each answer would cost 30 µs (2026-11).
        asked = asyncio.ensure_future(self._around.commands.submit(submission))
        self._under_way[asked] = None
        asked.add_done_callback(partial(self._answered, ticket))

    def _answered(self, ticket: int, asked: asyncio.Future[Verdict]) -> None:
        del self._under_way[asked]
        if asked.cancelled():
            return
        try:
            match asked.exception():
                case None:
                    self._do(self._session.answered(ticket, asked.result()))
                case StorageBusy() as busy:
                    self._do(self._session.busy(ticket, busy.retry_after))
                case bug:
                    self._fault(bug)
        except Exception as bug:  # noqa: BLE001 - the edge, as in `received`
            self._fault(bug)

    def _settle(self, client_id: ClientId, number: Number) -> None:
        settling = self._settling = self._settling or Settling()
        if settling.reach(number):
            acknowledge = self._around.commands.acknowledge
            store = partial(acknowledge, self.principal.actor.tenant_id, client_id)
            self._start(settling.settle(store))

    async def _look_up_number(self, client_id: ClientId) -> None:
        try:
            last = await self._around.commands.last_number(
                self.principal.actor.tenant_id, client_id
            )
        except StorageBusy:
            self._do(self._session.overloaded())
        else:
            self._do(self._session.greeted(last, self._around.now()))
            self._arm()

    async def _renew(self, token: str) -> None:
        try:
            principal = await self._around.authenticator.authenticate("bearer", token)
        except StorageBusy:
            # CL8
            self._do(self._session.overloaded())
        else:
            self._do(self._session.renewed(principal, self._around.now()))
            self._arm()

    def _run_errand(self, errand: ToFeeds | None) -> None:
        """Have the feeds do something for this socket, after what it asked of them before."""
        self._errands.append(errand)
        if not self._running:
            self._running = True
            self._start(self._run_errands(), named=True)

    async def _run_errands(self) -> None:
        try:
            while self._errands:
                await self._errand(self._errands.pop(0))
        except StorageBusy:
            self._do(self._session.overloaded())
        finally:
            self._running = False
            if self._gone:
                # A subscription that was under way when the socket went may have come after it.
                self._around.feeds.detach(self._line)

    async def _errand(self, errand: ToFeeds | None) -> None:
        feeds, actor = self._around.feeds, self.principal.actor
        match errand:
            case Watch(channel, cursor):
                # FQ10
                async with self._around.errands.of(actor.tenant_id):
                    if not self._gone:
                        await feeds.subscribe(actor.tenant_id, self._line, channel, cursor, actor)
                    # The place is kept for a turn of the loop: others have theirs meanwhile.
                    await asyncio.sleep(0)
            case Unwatch(channel):
                feeds.unsubscribe(self._line, channel)
            case None:
                await feeds.drained(self._line)
            case _:
                assert_never(errand)

    def _start(self, work: Coroutine[Any, Any, None], *, named: bool = False) -> None:
        """Begin a task; `named` ones reach out to much that may have something to log."""
        context = _named(self.session_id) if named else None
        task = asyncio.get_running_loop().create_task(work, context=context)
        self._under_way[task] = None
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._under_way[task]
        if not task.cancelled() and (bug := task.exception()) is not None:
            self._fault(bug)

    def _fault(self, bug: BaseException) -> None:
        with bound_contextvars(session_id=self.session_id):
            incident = self._around.report(bug)
        self._note(UnexpectedError(door="socket", incident=incident))
        self._do(self._session.fault(incident))

    def _shut(self, code: Close | None) -> None:
        self._detach()
        # AU36: what waits for a revoked reader must not reach it any more.
        if code is Close.REVOKED and self._line.unsent() > 0:
            self._line.abort()
        else:
            self._line.close(code)

    def _detach(self) -> None:
        if self._gone:
            return
        self._gone = True
        self._errands.clear()
        if self._timer is not None:
            self._timer.cancel()
        around = self._around
        around.roster.leave(self, self._client_id)
        around.presences.leave(self.session_id)
        around.feeds.detach(self._line)

    def _arm(self) -> None:
        """Have the wheel wake us when the session is due; a timer that comes too early is fine."""
        due = self._session.due
        if self._gone or due == inf or (self._timer is not None and self._due <= due):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._due = due
        self._timer = self._around.wheel.at(due, self._tick)

    def _tick(self) -> None:
        self._timer = None
        try:
            lagging = self._line.unsent() > 0
            self._do(self._session.tick(self._around.now(), lagging=lagging))
        except Exception as bug:  # noqa: BLE001 - the edge, as above
            self._fault(bug)
        self._arm()
