"""X3: damaged frames at the real session, and bytes that are no protocol on real sockets."""

import asyncio
import gc
import logging
import multiprocessing
import random

import msgspec
import psutil
from structlog.testing import capture_logs

from protocols.from_server import FromServer
from protocols.handshake import App, Hello, Wanted
from protocols.vocabulary import ClientId, Number, SessionId
from server.realtime import reading
from server.realtime.perform import Performer
from server.realtime.session import Closing, Opening, Session
from server.realtime.wire import Codec
from tests.experiments import mutations
from tests.experiments.houses import Ear, House, a_house
from tests.experiments.registry import Experiment, Finding, Request, Result
from tests.support.live_sockets import Served, served, until
from tests.support.origins import COOKIE

WIRES_PER_FRAME = 40
"""Of so many frames one is a connection of its own: 200,000 and 5,000."""

GROWTH = 0.05
"""How much the process may grow between the first tenth and the end."""

_SMALL = 3 * 1_024 * 1_024
"""Pages the allocator keeps; runs of a few hundred trials would be all of it."""

_UPGRADE = (
    "GET /v1/realtime HTTP/1.1\r\nHost: board.example\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version: 13\r\nOrigin: https://board.example\r\n"
    f"Cookie: {COOKIE}=token-2\r\n\r\n"
).encode()

_BATCH = 40
"""Connections that are open at the same time."""

_AUDIENCES = ("owner", "driver", "display", "warehouse")

_from_json = msgspec.json.Decoder(FromServer)


class Defects(msgspec.Struct, frozen=True):
    """What the experiment plays against; its own tests put a bug into one of them."""

    session: type[Session] = Session
    served: type[Served] = Served


class Trial(msgspec.Struct, frozen=True):
    """What was wrong with one frame or connection."""

    seed: int
    trouble: str


class Frames:
    """One house that damaged frames are thrown at."""

    def __init__(self, house: House, made_of: Defects) -> None:
        """Begin."""
        self.house, self.made_of = house, made_of
        self.understood = 0
        self._number = 0

    async def play(self, seed: int) -> str:
        """What was wrong with what became of one frame; nothing when nothing was."""
        dice = random.Random(seed)
        codec: Codec = dice.choice(("json", "msgpack"))
        raw = mutations.frame(dice, codec)
        principal = self.house.principals[dice.choice(_AUDIENCES)]
        self._number += 1
        opening = Opening(
            session_id=SessionId(f"fuzz-{self._number}"), principal=principal, codec=codec,
            first_ping=20.0,
        )  # fmt: skip
        session = self.made_of.session(opening, self.house.around.now())
        if isinstance(reading.read(codec, raw, binary=codec == "msgpack"), reading.Malformed):
            return self._refused(session, raw, codec)
        self.understood += 1
        return await self._performed(session, raw, codec, dice)

    def _refused(self, session: Session, raw: bytes, codec: Codec) -> str:
        """What is no message ends the socket, with the same two effects every time."""
        now = self.house.around.now()
        session.receive(self._hello(session, Number(0)), now)
        session.greeted(Number(0), now)
        effects = session.frame(raw, binary=codec == "msgpack", now=now)
        names = [type(effect).__name__ for effect in effects]
        if names != ["Send", "Shut"] or not isinstance(session.state, Closing):
            return f"it is no message and was answered with {names}"
        return ""

    async def _performed(
        self, session: Session, raw: bytes, codec: Codec, dice: random.Random
    ) -> str:
        """What is a message goes all the way into the node."""
        house, ear = self.house, Ear(session.id, codec)
        house.site.clock.advance(0.05)
        performer = Performer(session, ear, house.around)
        if dice.random() < 0.9:
            hello = self._hello(session, Number(0))
            encode = msgspec.json.encode if codec == "json" else msgspec.msgpack.encode
            performer.received(encode(hello), binary=codec == "msgpack")
            await house.still()
        performer.received(raw, binary=codec == "msgpack")
        await house.still()
        performer.lost()
        if house.bugs:
            return f"a bug: {house.bugs.pop()!r}"
        if codec == "json":
            for heard in ear.heard:
                if not heard.startswith(b"closed "):
                    _from_json.decode(heard)
        return ""

    def _hello(self, session: Session, last: Number) -> Hello:
        return Hello(
            protocol=(1, 1),
            client_id=ClientId(f"client-{session.id}"),
            app=App(kind="board"),
            csrf=session.principal.nonce,
            last_number=last,
            subscriptions=[Wanted(channel="presence:board")],
        )


async def in_process(request: Request, made_of: Defects) -> tuple[list[Trial], int]:
    """All frames; answers what was found, and how many were messages after all."""
    found: list[Trial] = []
    async with a_house(None, "k7q-") as house:
        house.watcher.heard.clear()
        frames = Frames(house, made_of)
        for n in range(request.count):
            seed = request.seed + n
            try:
                trouble = await frames.play(seed)
            except Exception as crash:  # noqa: BLE001 - a crash is what we look for
                trouble = f"crash: {crash!r}"
            if trouble:
                found.append(Trial(seed, trouble))
        left = len(house.roster) - 1
        after = {
            f"{left} sockets are left": left > 0,
            "another tenant heard of it": bool(house.watcher.heard),
        }
        found += [Trial(request.seed, what) for what, is_so in after.items() if is_so]
    return found, frames.understood


class _Growth:
    """Whether the process grows while nothing should stay."""

    def __init__(self, count: int) -> None:
        self._at, self._process = count // 10, psutil.Process()
        self._before = 0

    def look(self, n: int) -> None:
        if n >= self._at and not self._before:
            gc.collect()
            self._before = self._process.memory_info().rss

    def trouble(self) -> str:
        gc.collect()
        grown = self._process.memory_info().rss - self._before
        if self._before and grown > max(_SMALL, GROWTH * self._before):
            return f"memory grew by {grown // 1_024} KiB"
        return ""


class Errors(logging.Handler):
    """What the server only tells the log, while it tells nobody else."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: list[str] = []
        self._logger = logging.getLogger("uvicorn.error")

    def __enter__(self) -> "Errors":
        self._was = self._logger.level, self._logger.propagate
        self._logger.setLevel(logging.ERROR)
        self._logger.propagate = False
        self._logger.addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        self._logger.removeHandler(self)
        level, self._logger.propagate = self._was
        self._logger.setLevel(level)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it, unless it only says that a refused client had left before its answer."""
        if "without completing handshake" not in record.getMessage():
            self.said.append(record.getMessage())


async def on_wires(request: Request, count: int, made_of: Defects) -> list[Trial]:
    """Connections to a real server, a few at a time, each with bytes of its own."""
    process, unhandled = psutil.Process(), list[str]()
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: unhandled.append(str(context))
    )
    found: list[Trial] = []
    with Errors() as errors:
        async with served(made_of=made_of.served) as node:
            await _one(node, request.seed)
            fds, tasks = process.num_fds(), len(asyncio.all_tasks())
            growth = _Growth(count)
            for n in range(0, count, _BATCH):
                seeds = range(request.seed + n, request.seed + min(n + _BATCH, count))
                ends = await asyncio.gather(*(_one(node, seed) for seed in seeds))
                found += [Trial(s, t) for s, t in zip(seeds, ends, strict=True) if t]
                growth.look(n)
            await until(lambda: not (node.server.server_state.connections or len(node.roster)))
            found += [Trial(request.seed, t) for t in (growth.trouble(),) if t]
            found += _left(request.seed, process.num_fds() - fds, len(asyncio.all_tasks()) - tasks)
            found += [Trial(request.seed, f"a bug: {bug!r}") for bug in node.bugs]
    return [*found, *(Trial(request.seed, f"said: {each}") for each in (*unhandled, *errors.said))]


def _left(seed: int, fds: int, tasks: int) -> list[Trial]:
    left = {"descriptors": fds, "tasks": tasks}
    return [Trial(seed, f"{many} {what} are left") for what, many in left.items() if many > 0]


async def _one(node: Served, seed: int) -> str:
    """One connection: a damaged head, or frames after an upgrade; then its end."""
    dice = random.Random(seed)
    reader, writer = await asyncio.open_connection("127.0.0.1", node.port)
    try:
        if dice.random() < 0.15:
            writer.write(mutations.head(dice, _UPGRADE))
        else:
            writer.write(_UPGRADE)
            for _ in range(dice.randint(1, 2)):
                writer.write(mutations.against_protocol(dice))
        if writer.can_write_eof():
            writer.write_eof()
        async with asyncio.timeout(10):
            answer = await reader.read(65_536)
    except (ConnectionError, TimeoutError) as end:
        return "" if isinstance(end, ConnectionError) else "the server did not end it"
    finally:
        writer.transport.abort()
    status = answer.split(b" ", 2)[1] if answer.startswith(b"HTTP/1.1 ") else b""
    return f"answered {status.decode()}" if status.startswith(b"5") else ""


def _work(task: tuple[Request, bool]) -> tuple[list[Trial], int]:
    """A part of the frames in a process of its own, or the connections."""
    request, wires = task
    with capture_logs():
        if wires:
            return asyncio.run(on_wires(request, request.count, Defects())), 0
        return asyncio.run(in_process(request, Defects()))


def run(request: Request) -> Result:
    """All frames over the workers, then the connections."""
    wires = max(1, request.count // WIRES_PER_FRAME)
    parts = _parts(request)
    tasks = [(part, False) for part in parts]
    tasks.append((msgspec.structs.replace(request, count=wires), True))
    if request.workers == 1:
        ends = [_work(task) for task in tasks]
    else:
        context = multiprocessing.get_context("spawn")
        with context.Pool(request.workers) as pool:
            ends = pool.map(_work, tasks, chunksize=1)
    trials = [trial for found, _ in ends for trial in found]
    counts = {
        "frames": request.count,
        "understood": sum(many for _, many in ends),
        "connections": wires,
    }
    findings = tuple(Finding(each.seed, each.trouble) for each in trials)
    return Result(counts=counts, bad="faults", findings=findings)


def _parts(request: Request) -> list[Request]:
    size = 5_000
    return [
        msgspec.structs.replace(request, seed=request.seed + n, count=min(size, request.count - n))
        for n in range(0, request.count, size)
    ]


X3 = Experiment(
    name="X3", title="fuzzed frames", counts={"pr": 205_000, "release": 5_100_000}, run=run
)
