"""X15: pages that are not ours, headers that proxies never wrote, tickets that were used before."""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable
from collections.abc import Sequence as Series
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import msgspec
from litestar import Litestar
from structlog.testing import capture_logs

from protocols.version import SUBPROTOCOL_AS_DISPLAY, SUBPROTOCOL_JSON
from server.http.peer import address_of
from server.realtime.gate import TICKET
from server.settings import Settings
from server.storage.migrate import migrate
from tests.experiments.asked import Ask, Headers, ask
from tests.experiments.houses import Flaw, House, a_house
from tests.experiments.registry import Experiment, Finding, Request, Result
from tests.support.origins import STRANGERS
from tests.support.site import OURS

SPENDERS = 1_000
"""Who shows one ticket at the same time."""

_BURST = 40
"""More wrong codes than any address may try at once."""

FOREIGN = tuple(
    tuple(value.replace("board.example", "orders.example") for value in values)
    for values in STRANGERS
)
"""46 spellings, each as so many `Origin` headers."""

SPOOFED: tuple[tuple[str, str], ...] = (
    ("x-forwarded-for", "{}"),
    ("x-forwarded-for", "{}, 10.0.0.1"),
    ("x-forwarded-for", "127.0.0.1, {}"),
    ("x-forwarded-for", "{}:443"),
    ("x-forwarded-for", "[::ffff:{}]"),
    ("x-forwarded-for", "unknown, {}"),
    ("forwarded", "for={}"),
    ("forwarded", 'for="{}:443";proto=https'),
    ("x-real-ip", "{}"),
    ("x-client-ip", "{}"),
    ("x-cluster-client-ip", "{}"),
    ("cf-connecting-ip", "{}"),
    ("true-client-ip", "{}"),
    ("fastly-client-ip", "{}"),
    ("x-originating-ip", "{}"),
    ("x-remote-ip", "{}"),
    ("x-remote-addr", "{}"),
    ("x-envoy-external-address", "{}"),
    ("via", "1.1 {}"),
    ("x-appengine-user-ip", "{}"),
)
"""What askers write who would like to be somebody else."""

PROXIES = (ip_network("10.0.0.0/8"),)


_AS_DISPLAY = f"{SUBPROTOCOL_JSON}, {SUBPROTOCOL_AS_DISPLAY}"


class Defects(msgspec.Struct, frozen=True):
    """What the house is made of; the experiment's own tests put a bug into one of them."""

    settings: Settings | None = None
    flaw: Flaw | None = None


class Probes:
    """One house that everything is tried on."""

    def __init__(self, house: House, seed: int) -> None:
        """Nothing was tried yet."""
        self.house, self.seed = house, seed
        self.tried: Counter[str] = Counter()
        self.findings: list[Finding] = []
        self.secrets = [
            value.partition("=")[2] or value.partition(" ")[2] or value
            for headers in house.credentials.values()
            for name, value in headers
            if name in {"cookie", "authorization", "x-kanvoy-csrf"}
        ]

    def _judge(self, family: str, what: str, *, accepted: bool) -> None:
        self.tried[family] += 1
        if accepted:
            self.findings.append(Finding(self.seed, f"{family}: {what}"))

    async def control(self) -> None:
        """The same requests from a page of ours do come in."""
        ours = (("origin", OURS),)
        for way, headers in (await self._ways()).items():
            if way != "none":
                assert await upgraded(self.house.site.app, (*ours, *headers)), way

    async def origins(self) -> None:
        """Every spelling, with every credential, at the socket and at an unsafe request."""
        ways = await self._ways()
        for values in FOREIGN:
            for way, headers in ways.items():
                sent = (*(("origin", value) for value in values), *headers)
                opened = await upgraded(self.house.site.app, sent)
                self._judge("origin", f"{values} {way} opened a socket", accepted=opened)
                answer = await ask(
                    self.house.site.app,
                    Ask(method="POST", path="/v1/ws-tickets", headers=sent),
                )
                let_in = answer.status not in {401, 403}
                self._judge("origin", f"{values} {way} was served", accepted=let_in)
        for way in ("cookie", "display", "none"):
            opened = await upgraded(self.house.site.app, ways[way])
            self._judge("origin", f"no origin, {way}", accepted=opened)

    async def _ways(self) -> dict[str, Headers]:
        def without_origin(who: str) -> Headers:
            return tuple(pair for pair in self.house.credentials[who] if pair[0] != "origin")

        ticket, _ = await self.house.reach.doors.issue(self.house.principals["owner"])
        self.secrets.append(ticket)
        return {
            "cookie": without_origin("owner"),
            "bearer": without_origin("driver"),
            "display": (*without_origin("display"), ("sec-websocket-protocol", _AS_DISPLAY)),
            "none": (),
            "ticket": (("sec-websocket-protocol", f"kanvoy.v1.json, {TICKET}{ticket}"),),
        }

    def log(self, lines: Series[object]) -> None:
        """What was said to the log meanwhile names no credential."""
        said = str(lines)
        for secret in self.secrets:
            self._judge("log", f"it tells {secret[:6]}…", accepted=secret in said)

    async def proxies(self) -> None:
        """Whoever writes such a header is slowed down as if they had not."""
        app = self.house.site.app
        usual = await _until_slowed(app, "192.0.2.1", lambda _: ())
        for place, (name, pattern) in enumerate(SPOOFED):
            # An hour later nothing of the last one's tries is remembered.
            self.house.site.clock.advance(3_601)
            write = _writing(name, pattern)
            got = await _until_slowed(app, f"192.0.2.{place + 2}", write)
            self._judge("proxy", f"{name}: {pattern}, {got} tries", accepted=got != usual)
            # Behind a proxy of ours the last entry is its word, the others are the asker's.
            said = address_of("10.0.0.9", [pattern.format("198.51.100.7"), "203.0.113.9"], PROXIES)
            self._judge("proxy", f"behind ours: {said}", accepted=said != "203.0.113.9")

    async def tickets(self) -> None:
        """One ticket, a thousand hands: one opens, and afterwards nobody."""
        doors = self.house.reach.doors
        ticket, _ = await doors.issue(self.house.principals["owner"])
        spent = await asyncio.gather(
            *(doors.authenticate("ticket", ticket) for _ in range(SPENDERS))
        )
        won = sum(principal is not None for principal in spent)
        self.tried["ticket"] += SPENDERS - 1
        self._judge("ticket", f"{won} came in with one", accepted=won != 1)
        again = await doors.authenticate("ticket", ticket)
        self._judge("ticket", "it was used before", accepted=again is not None)
        late, _ = await doors.issue(self.house.principals["owner"])
        for kind in ("cookie", "bearer"):
            wrong = await doors.authenticate(kind, late)  # type: ignore[arg-type]
            self._judge("ticket", f"as a {kind}", accepted=wrong is not None)
        self.house.site.clock.advance(30)
        old = await doors.authenticate("ticket", late)
        self._judge("ticket", "half a minute later", accepted=old is not None)


def _writing(name: str, pattern: str) -> Callable[[int], Headers]:
    return lambda number: ((name, pattern.format(f"198.51.{number}.7")),)


async def _until_slowed(app: Litestar, address: str, more: Callable[[int], Headers]) -> int:
    """How many wrong codes this address may try before it is told to wait."""
    for number in range(_BURST):
        answer = await ask(
            app,
            Ask(
                method="POST",
                path="/v1/pairings/claim",
                headers=(("content-type", "application/json"), *more(number)),
                body=b'{"code":"BCDFGHJKBCDF"}',
                address=address,
            ),
        )
        if answer.status == 429:
            return number
        assert answer.status == 401, answer.body
    return _BURST


async def upgraded(app: Litestar, headers: Headers) -> bool:
    """Whether a request with these headers becomes a socket."""
    sent: list[Any] = []
    incoming = [{"type": "websocket.disconnect", "code": 1001}, {"type": "websocket.connect"}]

    async def receive() -> Any:
        return incoming.pop() if incoming else {"type": "websocket.disconnect", "code": 1001}

    async def send(message: Any) -> None:
        sent.append(message)

    offered = [value for name, value in headers if name == "sec-websocket-protocol"]
    scope: Any = {
        "type": "websocket", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "wss",
        "path": "/v1/realtime", "raw_path": b"/v1/realtime", "query_string": b"",
        "root_path": "", "client": ("203.0.113.7", 40_000), "server": ("orders.example", 443),
        "headers": [(name.encode(), value.encode()) for name, value in headers],
        "subprotocols": [part.strip() for line in offered for part in line.split(",")],
        "extensions": {"websocket.http.response": {}},
    }  # fmt: skip
    await app(scope, receive, send)
    return any(message["type"] == "websocket.accept" for message in sent)


async def played(request: Request, made_of: Defects) -> Result:
    """Everything, as often as asked."""
    # The log names every strange origin once; here they are hundreds.
    with capture_logs() as lines:
        return await _played(request, made_of, lines)


async def _played(request: Request, made_of: Defects, lines: Series[object]) -> Result:
    tried: Counter[str] = Counter()
    findings: list[Finding] = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(request.seed, request.seed + request.count):
            file = Path(folder) / f"{seed}.db"
            await migrate(f"sqlite:///{file}")
            async with a_house(file, "k7q-", made_of.flaw, settings=made_of.settings) as house:
                probes = Probes(house, seed)
                families: tuple[Callable[[], Awaitable[None]], ...] = (
                    probes.control, probes.origins, probes.tickets, probes.proxies,
                )  # fmt: skip
                for family in families:
                    await family()
                assert lines, "the log hears of strangers, or looking at it would prove nothing"
                probes.log(lines)
            tried += probes.tried
            findings += probes.findings
    return Result(counts=dict(tried), bad="accepted", findings=tuple(findings))


def run(request: Request) -> Result:
    """Try all of them."""
    return asyncio.run(played(request, Defects()))


X15 = Experiment(name="X15", title="borrowed rights", counts={"pr": 1, "release": 10}, run=run)
