"""X5: everything that can be asked, of every audience, about what belongs to another tenant.

The same question goes to two houses: in one the thing it names is the other tenant's, in the
other nobody's. Every byte of the answers must be the same, the other tenant must not notice, and
no word of it may ever be in an answer.
"""

import asyncio
import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Literal

import msgspec

from protocols.handshake import App, Hello, Wanted
from protocols.vocabulary import ClientId
from server.realtime.feeds import Feeds
from server.realtime.wire import Codec
from server.storage.migrate import migrate
from tests.experiments.asked import Ask, Headers, ask
from tests.experiments.houses import AUDIENCES, SECRET, FeedsType, Flaw, House, a_house
from tests.experiments.probes import CHANNELS, COMMANDS, MESSAGES, ROUTES, RouteSpec, missing
from tests.experiments.registry import Experiment, Finding, Request, Result
from tests.experiments.slots import Names, called, slots_of
from tests.support.site import SOUTH

KNOWN, UNKNOWN = "k7q-", "u7q-"
"""How the other tenant's names begin; probes always ask for the first."""

_SHOWN = 300

_SPENDING = frozenset({"delete_order", "cancel_order", "archive_order"})
"""Orders end by these; they get orders of their own, so that the others stay open."""

Whose = Literal["own", "foreign", "mixed", "smuggled"]


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """One question."""

    about: str
    audience: str
    whose: Whose
    http: RouteSpec | None = None
    says: dict[str, Any] | None = None
    codec: Codec = "json"
    more: Headers = ()


class Defects(msgspec.Struct, frozen=True):
    """What the houses are made of; the experiment's own tests put a bug into one of them."""

    flaw: Flaw | None = None
    feeds: FeedsType = Feeds
    audiences: tuple[str, ...] = AUDIENCES
    """Who asks; a bug is found by fewer, too."""
    about: str = ""
    """What the questions are about begins so."""


def probes(seed: int) -> list[Probe]:
    """All questions of one round, in an order of its own."""
    dice = random.Random(seed)
    names = Names(dice, KNOWN)
    asked = [*_of_routes(names), *_of_commands(names), *_of_messages(names), *_of_channels(names)]
    dice.shuffle(asked)
    return asked


def _variants(
    plain: Any, names: Names, *, spent: bool = False
) -> Iterator[tuple[Whose, dict[str, str]]]:
    slots = slots_of(plain)
    yield "own", names.own(slots, spent=spent)
    if slots:
        yield "foreign", names.foreign(slots)
    if len(slots) > 1:
        yield from (("mixed", names.mixed(slots, one)) for one in slots)


def _of_routes(names: Names) -> Iterator[Probe]:
    for route, specs in ROUTES.items():
        for spec in specs:
            for audience in AUDIENCES:
                # Whoever signs out as a device would have to be paired anew for every probe.
                if spec.ends and audience in {"driver", "display"}:
                    continue
                for whose, called_so in _variants(spec.plain(), names):
                    asked = _renamed(spec, called_so)
                    yield Probe(about=route, audience=audience, whose=whose, http=asked)
                yield from _smuggled(route, audience, spec, names)


def _smuggled(route: str, audience: str, spec: RouteSpec, names: Names) -> Iterator[Probe]:
    """Own things, and the other tenant's name wherever somebody might read it."""
    own = _renamed(spec, names.own(slots_of(spec.plain())))
    query = f"{own.query}&tenant={SOUTH}&tenant_id={SOUTH}&token={KNOWN}bearer-1".lstrip("&")
    more = (
        ("x-tenant", SOUTH),
        ("x-tenant-id", SOUTH),
        ("x-forwarded-host", "south.example"),
        ("x-original-url", f"/v1/orders/{KNOWN}order-1"),
        ("x-kanvoy-client", f"{KNOWN}client"),
    )
    asked = msgspec.structs.replace(own, query=query)
    yield Probe(about=route, audience=audience, whose="smuggled", http=asked, more=more)


def _renamed(spec: RouteSpec, called_so: dict[str, str]) -> RouteSpec:
    plain = called(spec.plain(), called_so)
    query = "&".join(
        f"{key}={called_so.get(value, value)}" if key else ""
        for key, _, value in (part.partition("=") for part in plain["query"])
    )
    path, body = "/".join(plain["path"]), plain["body"]
    return msgspec.structs.replace(spec, path=path, query=query, body=body)


def _of_commands(names: Names) -> Iterator[Probe]:
    for kind, commands in COMMANDS.items():
        for command in commands:
            for audience in AUDIENCES:
                for whose, called_so in _variants(command, names, spent=kind in _SPENDING):
                    said = called(command, called_so)
                    body = {"number": 1, "command": said}
                    http = RouteSpec(path="/v1/commands", body=body)
                    probe = Probe(about=kind, audience=audience, whose=whose, http=http)
                    yield probe
                    if audience != "anonymous":
                        says = {"type": "command", **body}
                        probe = msgspec.structs.replace(probe, http=None, says=says)
                        yield probe
                        if whose == "foreign":
                            yield msgspec.structs.replace(probe, codec="msgpack")


def _of_messages(names: Names) -> Iterator[Probe]:
    for kind, messages in MESSAGES.items():
        for message in messages:
            plain = _split(message)
            for audience in _with_sockets():
                for whose, called_so in _variants(plain, names):
                    says = {"type": kind, **_joined(called(plain, called_so))}
                    for codec in ("json", "msgpack"):
                        yield Probe(
                            about=kind, audience=audience, whose=whose, says=says,
                            codec=codec,
                        )  # fmt: skip


def _of_channels(names: Names) -> Iterator[Probe]:
    for place, spellings in CHANNELS.items():
        for spelling in spellings:
            for cursor in (None, "1.1.1", "2.1.1"):
                wanted = {"channel": spelling, "cursor": cursor}
                plain = _split({"wanted": wanted})
                for audience in _with_sockets():
                    for whose, called_so in _variants(plain, names):
                        says = {"type": "subscribe", **_joined(called(plain, called_so))}
                        yield Probe(about=place, audience=audience, whose=whose, says=says)


def _with_sockets() -> tuple[str, ...]:
    return tuple(each for each in AUDIENCES if each != "anonymous")


def _split(value: Any) -> Any:
    """Channel names taken apart, so that the names within them can be changed."""
    if isinstance(value, str) and ":" in value:
        return {"parts": value.split(":")}
    if isinstance(value, dict):
        return {key: _split(each) for key, each in value.items()}
    return [_split(each) for each in value] if isinstance(value, list) else value


def _joined(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {"parts"}:
            return ":".join(value["parts"])
        return {key: _joined(each) for key, each in value.items()}
    return [_joined(each) for each in value] if isinstance(value, list) else value


async def answered(house: House, number: int, probe: Probe) -> bytes:
    """All bytes that come back from this house."""
    # What one person may ask in a second is limited, and that is not asked here.
    house.site.clock.advance(0.02)
    if probe.http is not None:
        return await _over_http(house, number, probe, probe.http)
    return await _over_socket(house, number, probe, probe.says or {})


async def _over_http(house: House, number: int, probe: Probe, spec: RouteSpec) -> bytes:
    if spec.ends:
        await house.renew(probe.audience)
    body = spec.raw
    if body is None:
        said = await _with_base(house, spec.body)
        body = b"" if said is None else msgspec.json.encode(said)
    kind = "application/octet-stream" if spec.raw is not None else "application/json"
    own = () if any(name == "x-kanvoy-client" for name, _ in probe.more) else (
        ("x-kanvoy-client", f"probe-{number}"),
    )  # fmt: skip
    asked = Ask(
        method=_method(probe),
        path=spec.path,
        query=spec.query,
        headers=(*house.credentials[probe.audience], ("content-type", kind), *own, *probe.more),
        body=body,
        address=f"198.51.100.{number % 250}",
    )
    answer = await ask(house.site.app, asked)
    await house.still()
    if spec.ends:
        await house.renew(probe.audience)
    if answer.status >= 500 and answer.status != 503:
        raise AssertionError(f"{answer.status}: {answer.body!r}")
    return answer.whole()


def _method(probe: Probe) -> str:
    method, _, path = probe.about.partition(" ")
    return method if path else "POST"


async def _over_socket(house: House, number: int, probe: Probe, says: dict[str, Any]) -> bytes:
    """A socket of its own that says hello, then this."""
    performer, ear = house.open(house.principals[probe.audience], probe.codec)
    binary = probe.codec == "msgpack"
    encode = msgspec.msgpack.encode if binary else msgspec.json.encode
    if says["type"] == "hello":
        says = {**says, "csrf": house.principals[probe.audience].nonce}
    else:
        hello = Hello(
            protocol=(1, 1),
            client_id=ClientId(f"probe-{number}"),
            app=App(kind="board"),
            csrf=house.principals[probe.audience].nonce,
            subscriptions=_before(says),
        )
        performer.received(encode(hello), binary=binary)
        await house.still()
    performer.received(encode(await _with_base(house, says)), binary=binary)
    await house.still()
    performer.lost()
    return b"\n".join(ear.heard)


def _before(says: dict[str, Any]) -> list[Wanted]:
    """What somebody watches already who says this."""
    watches = says["type"] in {"presence", "unsubscribe"}
    return [Wanted(channel=says["channel"])] if watches else []


async def _with_base(house: House, said: Any) -> Any:
    """A command of an honest screen says which version it saw."""
    if not isinstance(said, dict) or "command" not in said:
        return said
    order = said["command"].get("order_id", "")
    return {**said, "base_version": await house.version(order)}


class Round:
    """All questions of one seed, put to both houses."""

    def __init__(self, seed: int, known: House, unknown: House, made_of: Defects) -> None:
        """Nothing was asked yet."""
        self.seed, self.known, self.unknown, self.made_of = seed, known, unknown, made_of
        self.findings: list[Finding] = []
        self.asked = self.served = 0

    async def play(self) -> None:
        """Ask everything; then see whether the other tenant noticed."""
        self.findings += [Finding(self.seed, gap) for gap in missing(self.known.site.app)]
        before = await _state_of_stranger(self.known)
        made_of = self.made_of
        mine = [
            each
            for each in probes(self.seed)
            if each.audience in made_of.audiences and each.about.startswith(made_of.about)
        ]
        for number, probe in enumerate(mine):
            await self._put(number, probe)
        if self.known.watcher.heard or self.unknown.watcher.heard:
            self._found(f"the other tenant heard {self.known.watcher.heard[:3]}")
        if await _state_of_stranger(self.known) != before:
            self._found("something of the other tenant was changed")
        self.findings += [
            Finding(self.seed, f"a bug: {bug!r}")
            for house in (self.known, self.unknown)
            for bug in house.bugs
        ]

    async def _put(self, number: int, probe: Probe) -> None:
        self.asked += 1
        try:
            one = await answered(self.known, number, probe)
            other = await answered(self.unknown, number, probe)
        except Exception as crash:  # noqa: BLE001 - whatever it is, it is a finding
            self._found(f"{_named(probe)}: {crash!r}")
            return
        self.served += probe.whose == "own" and _is_served(one)
        if one != other:
            self._found(f"{_named(probe)} differs: {_differ(one, other)}")
        elif SECRET.encode() in _unasked(one, probe):
            self._found(f"{_named(probe)} tells: {one[:_SHOWN]!r}")

    def _found(self, what: str) -> None:
        self.findings.append(Finding(self.seed, what))


def _is_served(answer: bytes) -> bool:
    """Whether an own thing was really there: else its probes would prove little."""
    return answer.startswith(b"20") or b"receipt" in answer or b"snapshot_end" in answer


def _unasked(answer: bytes, probe: Probe) -> bytes:
    """The answer without the words of the question."""
    return answer if probe.http is None else answer.replace(probe.http.query.encode(), b"")


def _named(probe: Probe) -> str:
    way = "http" if probe.http is not None else probe.codec
    return f"{probe.audience} asks {probe.about} ({probe.whose}, {way})"


def _differ(one: bytes, other: bytes) -> str:
    at = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0)
    start = max(0, at - 40)
    return f"{one[start : at + 120]!r} and {other[start : at + 120]!r}"


async def _state_of_stranger(house: House) -> object:
    ground, salt = house.ground, house.salt
    upload = await ground.uploads.upload(SOUTH, f"{salt}upload-1")
    devices = await ground.devices.devices(SOUTH)
    held = await house.reach.devices.ledger.device(SOUTH, f"{salt}device-1")
    head = await ground.store.head(SOUTH)
    kept = [(each.id, each.generation) for each in devices]
    return upload, kept, held and held.subject, head


async def played(request: Request, made_of: Defects) -> Result:
    """As many rounds as asked, each in two new houses."""
    findings: list[Finding] = []
    asked = served = 0
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder) / "empty.db"
        await migrate(f"sqlite:///{empty}")
        for seed in range(request.seed, request.seed + request.count):
            one = await _one_round(seed, empty, made_of)
            findings += one.findings
            asked, served = asked + one.asked, served + one.served
    counts = {"probes": asked, "own ones served": served}
    return Result(counts=counts, bad="leaks", findings=tuple(findings))


async def _one_round(seed: int, empty: Path, made_of: Defects) -> Round:
    async with AsyncExitStack() as stack:
        houses = []
        for salt in (KNOWN, UNKNOWN):
            file = empty.with_name(f"{salt}{seed}.db")
            await asyncio.to_thread(shutil.copy, empty, file)
            house = a_house(file, salt, made_of.flaw, made_of.feeds)
            houses.append(await stack.enter_async_context(house))
        one = Round(seed, houses[0], houses[1], made_of)
        await one.play()
        return one


def run(request: Request) -> Result:
    """Play the rounds; each takes all routes, messages, commands and channels."""
    return asyncio.run(played(request, Defects()))


X5 = Experiment(name="X5", title="cross-tenant", counts={"pr": 1, "release": 10}, run=run)
