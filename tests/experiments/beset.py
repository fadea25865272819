"""X7: sockets that mean harm beside operators at work; all are cut, and nothing of them is left."""

import asyncio
import statistics
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

import msgspec
import psutil
import uvloop

from protocols.from_server import Error
from protocols.vocabulary import ClientId, TenantId
from server.domain.actor import Actor
from server.realtime.connection import Connection
from server.realtime.socket import Entry
from server.realtime.uvicorn_http import HttpProtocol
from server.realtime.uvicorn_protocol import SocketProtocol
from server.realtime.wire import Encoded
from tests.experiments.frames import Errors
from tests.experiments.registry import Experiment, Finding, Request, Result
from tests.support.live_sockets import Raw, Served, served
from tests.support.origins import COOKIE, COOKIES, ORIGINS
from tests.support.sockets import HandFeeds, a_hello, a_principal, an_actor

DEADLINE = 6.0
"""Seconds after which nothing hostile may be connected any more."""

KINDS = ("silent", "half head", "drip", "no hello", "non-reader")

_PATIENCE = 10.0
_OPERATORS = {True: 20, False: 200}
_ASKED_PER_SECOND = 200
"""By all operators together: clients and server share one loop."""

_PAUSE = 0.05
"""Between two questions of one operator; a hundred frames a second are allowed (LM6)."""

_HEAD = b"GET /v1/realtime HTTP/1.1\r\nHost: board.example\r\nX-Long: "
_MUCH = Encoded(Error(code="test", detail="x" * 400_000))


class Watchful(SocketProtocol):
    """The product's protocol with one deadline that a run can wait for: 30 s for who reads nothing.

    A tunnel or a lift may last so long, and whoever took a little just before gets it twice. All
    other deadlines are the product's.
    """

    stuck_seconds = 2.5


class Defects(msgspec.Struct, frozen=True):
    """The protocols the server speaks; the experiment's own tests put a bug into one of them."""

    ws: type[SocketProtocol] = Watchful
    http: type[HttpProtocol] = HttpProtocol


class Lines(HandFeeds):
    """Feeds that know who watches what."""

    def __init__(self) -> None:
        """Nobody watches."""
        super().__init__()
        self.lines: dict[str, Connection] = {}

    async def subscribe(
        self,
        tenant_id: TenantId,
        connection: Connection,
        channel: str,
        cursor: str | None,
        actor: Actor,
    ) -> None:
        """Remember it."""
        self.lines[channel] = connection
        await super().subscribe(tenant_id, connection, channel, cursor, actor)


class Beset(Served):
    """A server whose sockets can be found by what they watch."""

    def __init__(self) -> None:
        """Nothing runs yet."""
        super().__init__()
        self.feeds: Lines = Lines()


class Siege:
    """One server, its operators, and who would harm it."""

    def __init__(self, node: Beset, seed: int) -> None:
        """Nobody is here yet."""
        self.node, self.seed = node, seed
        self.findings: list[Finding] = []
        self.cut: Counter[str] = Counter()
        self._people = 0

    async def come_in(self, buffer: int | None = None) -> Raw:
        """One more person, upgraded; each has a sign-in of its own."""
        self._people += 1
        name = f"p{self._people}"
        self.node.keys.principals["cookie", name] = a_principal(an_actor(name))
        headers = ("Origin: https://board.example", f"Cookie: {COOKIE}={name}")
        return await self.node.dial(*headers, buffer=buffer)

    async def operator(self) -> Raw:
        """An operator who was welcomed."""
        raw = await self.come_in()
        hello = a_hello("board")
        raw.send(msgspec.structs.replace(hello, client_id=ClientId(f"client-{self._people}")))
        await raw.message()
        return raw

    async def hostile(self, kind: str) -> float:
        """Do harm until the server ends it; answers after how many seconds that was."""
        match kind:
            case "non-reader":
                return await self._read_nothing()
            case "no hello":
                raw = await self.come_in()
            case _:
                raw = await self.node.connect()
        began = time.monotonic()
        if kind == "half head":
            raw.raw(_HEAD)
        drip = asyncio.create_task(_drip(raw)) if kind == "drip" else None
        with suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                # To its very end: a close frame alone would leave the connection with us.
                await raw.reader.read(-1)
        if drip is not None:
            drip.cancel()
        raw.writer.transport.abort()
        return time.monotonic() - began

    async def _read_nothing(self) -> float:
        """Have much sent, and take none of it."""
        raw = await self.come_in(buffer=32_768)
        name = f"order:order-{self._people}"
        client_id = ClientId(f"client-{self._people}")
        raw.send(msgspec.structs.replace(a_hello(name), client_id=client_id))
        await _soon(lambda: name in self.node.feeds.lines)
        line = self.node.feeds.lines[name]
        raw.reader._transport.pause_reading()  # type: ignore[attr-defined]
        assert isinstance(line, SocketProtocol)
        began = time.monotonic()
        while line.unsent() <= 200_000:
            line.write(_MUCH)
            # The kernel takes megabytes of it at first, and the operators are on the same loop.
            await asyncio.sleep(0.02)
        await _soon(lambda: line.disconnected)
        raw.writer.transport.abort()
        return time.monotonic() - began

    async def besiege(self, count: int) -> None:
        """All kinds at once, a few milliseconds apart."""
        ends = await asyncio.gather(
            *(self._after(n * 0.003, KINDS[n % len(KINDS)]) for n in range(count)),
            return_exceptions=True,
        )
        for n, end in enumerate(ends):
            kind = KINDS[n % len(KINDS)]
            if isinstance(end, BaseException):
                self.findings.append(Finding(self.seed, f"{kind}: {end!r}"))
            elif end > DEADLINE:
                self.findings.append(Finding(self.seed, f"{kind}: cut after {end:.1f} s"))
            else:
                self.cut[kind] += 1

    async def _after(self, seconds: float, kind: str) -> float:
        await asyncio.sleep(seconds)
        return await self.hostile(kind)


async def _soon(condition: Callable[[], bool]) -> None:
    """Look ten times a second: hundreds look at the same time, on the server's own loop."""
    async with asyncio.timeout(_PATIENCE):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def _drip(raw: Raw) -> None:
    with suppress(ConnectionError):
        for byte in _HEAD * 4:
            raw.raw(bytes([byte]))
            await asyncio.sleep(0.5)


class Work:
    """Operators who ask, and how long they wait."""

    def __init__(self, operators: list[Raw]) -> None:
        """Nobody waits yet."""
        self._operators = operators
        self.waits: list[float] = []

    async def go_on(self) -> None:
        """Ask all the time, until cancelled."""
        await asyncio.gather(*(self._one(raw) for raw in self._operators))

    async def _one(self, raw: Raw) -> None:
        while True:
            began = time.monotonic()
            raw.frame(1, b'{"type":"ping"}')
            assert (await raw.message())["type"] in {"pong", "ping"}
            self.waits.append(time.monotonic() - began)
            await asyncio.sleep(max(_PAUSE, len(self._operators) / _ASKED_PER_SECOND))

    def p99_us(self) -> int:
        """Of what was waited since the last call, in microseconds."""
        waits, self.waits = self.waits, []
        return round(statistics.quantiles(waits, n=100)[98] * 1e6) if len(waits) > 1 else 0


async def played(request: Request, made_of: Defects, operators: int) -> Result:
    """A quiet second, then the siege, then what is left of it."""
    process = psutil.Process()
    entry = Entry(origins=ORIGINS, cookies=COOKIES, admitted_per_second=1e6, admitted_burst=1e6)
    async with served(made_of.ws, made_of.http, entry, Beset) as node:
        assert isinstance(node, Beset)
        siege = Siege(node, request.seed)
        work = Work([await siege.operator() for _ in range(operators)])
        fds = process.num_fds()
        at_work = asyncio.create_task(work.go_on())
        await asyncio.sleep(1.5)
        quiet = work.p99_us()
        await siege.besiege(request.count)
        beset = work.p99_us()
        if at_work.done():
            siege.findings.append(Finding(request.seed, f"an operator: {at_work.exception()!r}"))
        at_work.cancel()
        await asyncio.gather(at_work, return_exceptions=True)
        left = process.num_fds() - fds
        if left > 0 or len(node.roster) != operators:
            told = f"{left} descriptors and {len(node.roster) - operators} sockets are left"
            siege.findings.append(Finding(request.seed, told))
        siege.findings += [Finding(request.seed, f"a bug: {bug!r}") for bug in node.bugs]
    counts = {
        "hostile": request.count,
        "cut": sum(siege.cut.values()),
        "operators": operators,
        "µs p99 quiet": quiet,
        "µs p99 beset": beset,
    }
    return Result(counts=counts, bad="held on", findings=tuple(siege.findings))


def run(request: Request) -> Result:
    """One siege."""
    operators = _OPERATORS[request.scale == "pr"]
    with Errors(), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(played(request, Defects(), operators))


X7 = Experiment(name="X7", title="hostile sockets", counts={"pr": 300, "release": 2_000}, run=run)
