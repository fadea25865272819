"""The usual way: Litestar, one SQLAlchemy session and transaction per command, a loop of sends.

It checks the version, writes the card and a timeline row, raises the tenant's sequence, answers
and broadcasts after the commit. No rules, no rights, no receipts: less than half of our work.
"""

import asyncio
import contextlib
import json
import sys
from typing import Any

import msgspec
import uvicorn
import uvloop
from litestar import Litestar, WebSocket, websocket
from litestar.exceptions import WebSocketDisconnect
from sqlalchemy import ForeignKey, event, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from tests.bench.seed import order_id
from tests.bench.servers import control


class _Base(DeclarativeBase):
    """The tables of this peer."""


class Tenant(_Base):
    """A tenant and how far its journal is."""

    __tablename__ = "peer_tenants"
    id: Mapped[int] = mapped_column(primary_key=True)
    sequence: Mapped[int]


class Card(_Base):
    """A card on the board."""

    __tablename__ = "peer_cards"
    tenant_id: Mapped[int] = mapped_column(ForeignKey("peer_tenants.id"), primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    stage_id: Mapped[str]
    version: Mapped[int]


class Event(_Base):
    """A row of the timeline."""

    __tablename__ = "peer_events"
    tenant_id: Mapped[int] = mapped_column(ForeignKey("peer_tenants.id"), primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[str]


class Move(msgspec.Struct):
    """What a command says."""

    order_id: str
    from_stage: str
    to_stage: str


class Submit(msgspec.Struct):
    """A numbered command."""

    number: int
    command: Move


class Hub:
    """Sockets by tenant, and the database."""

    def __init__(self, url: str) -> None:
        """Connect."""
        self.sockets: dict[int, set[Any]] = {}
        self.is_sqlite = url.startswith("sqlite")
        options = {"connect_args": {"timeout": 30}} if self.is_sqlite else {}
        self.engine = create_async_engine(url, pool_size=8, **options)
        if self.is_sqlite:
            event.listen(self.engine.sync_engine, "connect", _make_durable)
        self.sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        # SQLite has one writer: waiting here is cheaper than `database is locked`.
        self._turn: Any = asyncio.Lock() if self.is_sqlite else contextlib.nullcontext()

    async def fill(self, tenants: int, orders: int) -> None:
        """Make the tables and their cards."""
        async with self.engine.begin() as connection:
            await connection.run_sync(_Base.metadata.create_all)
            every = range(tenants)
            await connection.execute(insert(Tenant), [{"id": t, "sequence": 0} for t in every])
            cards = [
                {"tenant_id": t, "id": order_id(t, at), "stage_id": "new", "version": 1}
                for t in every
                for at in range(orders)
            ]
            await connection.execute(insert(Card), cards)

    async def move(self, tenant: int, move: Move, body: str) -> tuple[int, int] | None:
        """Store one move; its sequence and version, or None for a stale one."""
        async with self._turn, self.sessions() as session, session.begin():
            return await _moved(session, tenant, move, body)


async def _moved(
    session: AsyncSession, tenant: int, move: Move, body: str
) -> tuple[int, int] | None:
    card = await session.scalar(
        select(Card).where(Card.tenant_id == tenant, Card.id == move.order_id)
    )
    if card is None or card.stage_id != move.from_stage:
        return None
    card.stage_id, card.version = move.to_stage, card.version + 1
    raised = update(Tenant).where(Tenant.id == tenant).values(sequence=Tenant.sequence + 1)
    sequence = (await session.execute(raised.returning(Tenant.sequence))).scalar_one()
    session.add(Event(tenant_id=tenant, sequence=sequence, body=body))
    return sequence, card.version


def _make_durable(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


async def _serve(hub: Hub, tenant: int, socket: Any) -> None:
    while True:
        text = await socket.receive_text()
        submit = msgspec.json.decode(text, type=Submit)
        done = await hub.move(tenant, submit.command, text)
        if done is None:
            await socket.send_json({"type": "rejected", "number": submit.number})
            continue
        sequence, version = done
        receipt = {"type": "receipt", "number": submit.number, "sequence": sequence}
        await socket.send_text(json.dumps(receipt, separators=(",", ":")))
        news = json.dumps(
            {
                "type": "changes",
                "sequence": sequence,
                "id": submit.command.order_id,
                "version": version,
                "stage_id": submit.command.to_stage,
            },
            separators=(",", ":"),
        )
        for other in tuple(hub.sockets[tenant]):
            await other.send_text(news)


async def main(spec: dict[str, Any]) -> None:
    """Serve until we are killed."""
    hub = Hub(spec["store"].replace("sqlite:///", "sqlite+aiosqlite:///"))
    await hub.fill(spec["tenants"], spec["orders"])

    @websocket("/v1/realtime")
    async def realtime(socket: WebSocket[Any, Any, Any]) -> None:
        await socket.accept(subprotocols="kanvoy.v1.json")
        token = socket.headers["authorization"].removeprefix("Bearer t")
        tenant = int(token.partition("/")[0])
        sockets = hub.sockets.setdefault(tenant, set())
        sockets.add(socket)
        try:
            await _serve(hub, tenant, socket)
        except WebSocketDisconnect:
            sockets.discard(socket)

    app = Litestar([realtime], openapi_config=None)
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, log_level="error", ws_ping_interval=None, backlog=4_096
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn tells no other way
        await asyncio.sleep(0.01)
    listening = await control.listen(lambda: None, lambda: {})
    control.ready(server.servers[0].sockets[0].getsockname()[1], listening)
    await serving


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(json.loads(sys.argv[1])))
