"""The server under test: the product's own stack on uvicorn, with the doors held open.

Real: protocol class, door, session, performer, feeds, channels, node, writer, store. Not there:
passwords (a bearer `tenant/person` is believed), HTTP pages, and the limits that one socket has,
because a bench asks what the node can take, not what it grants.
"""

import asyncio
import gc
import itertools
import json
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
import uvloop
from litestar import Litestar

from protocols.vocabulary import AggregateId, Category, StageId, TenantId
from server.app import GARBAGE
from server.application.accounts import Tenant
from server.application.draft import Cause, Draft
from server.application.journal import Journal
from server.application.node import Node
from server.application.pace import Paces
from server.application.ports import Batch, CommitOutcome, Loaded, Store
from server.application.principal import Kind, Principal
from server.application.submission import Submission
from server.domain.orders.events import StageChanged
from server.domain.orders.state import Order
from server.jobs.rounds import Round, Rounds
from server.jobs.schedule import schedule
from server.realtime import asking, session
from server.realtime.fanout_memory import MemoryBus
from server.realtime.feeds import Feeds
from server.realtime.gate import Cookies
from server.realtime.intake import Intake
from server.realtime.presence import Presences
from server.realtime.roster import Roster
from server.realtime.socket import Door, Entry, realtime_route
from server.realtime.surroundings import Surroundings
from server.realtime.timers import Turning, Wheel
from server.realtime.uvicorn_protocol import uvicorn_options
from server.storage.open import open_storage
from server.system import RandomIds, SystemClock
from tests.bench import seed
from tests.bench.servers import control
from tests.bench.servers.pauses import Pauses
from tests.support.memory_store import MemoryStore

_MUCH = 10**9
_MOVES: tuple[tuple[str, Category], ...] = (("new", "new"), ("confirmed", "confirmed"))


def lift_limits() -> None:
    """Let one socket ask for more than a person ever would."""
    asking.COMMANDS_PER_SECOND = asking.COMMANDS_BURST = _MUCH
    session.FRAMES_PER_SECOND = session.FRAMES_BURST = _MUCH


class Believing:
    """Whoever says who they are is believed."""

    async def authenticate(self, kind: Kind, token: str) -> Principal | None:
        """See `Authenticator`."""
        tenant, _, person = token.partition("/")
        actor = seed.an_operator(TenantId(tenant), person)
        return Principal(
            actor=actor,
            tenant=tenant,
            sign_in_id=token,
            kind=kind,
            nonce="",
            expires_at=seed.NOW * 2,
        )


class Counting:
    """A store that counts the batches that pass; all else is the store's."""

    def __init__(self, store: Store) -> None:
        """Count for this one."""
        self._store = store
        self.batches = self.commands = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def commit(self, batch: Batch) -> CommitOutcome:
        """See `Store`."""
        self.batches += 1
        self.commands += len(batch.verdicts)
        return await self._store.commit(batch)


class Made(MemoryStore):
    """Holds made-up tenants that all have the same orders, so that no disk is measured."""

    def __init__(self, tenants: int, orders: int) -> None:
        """Make that many orders."""
        super().__init__([TenantId(f"t{at}") for at in range(tenants)])
        self._made = seed.loaded(orders)

    async def load(self, _tenant_id: TenantId) -> Loaded:
        """See `Store`."""
        return self._made


class Publisher:
    """Feeds a journal with committed rows that nobody stored: each moves the next card."""

    def __init__(self, journal: Journal) -> None:
        """Publish to this journal's feed."""
        self._journal = journal
        self._ids = itertools.cycle(tuple(journal.images.open_orders))
        self._cause = Cause(
            actor=seed.an_operator(journal.tenant_id, "ben"),
            at=seed.NOW,
            client_id=f"0193a000-0000-7000-8000-{0:012x}",
            number=1,
        )

    def __call__(self) -> None:
        """One change."""
        draft = Draft(self._journal.images, self._journal.ids)
        identity = next(self._ids)
        order = draft.order(identity)
        assert isinstance(order, Order)
        stage, category = _MOVES[order.stage_id == "new"]
        event = StageChanged(
            from_stage=order.stage_id,
            from_category=order.category,
            from_rank=order.rank,
            to_stage=StageId(stage),
            to_category=category,
            rank=order.rank,
        )
        draft.record("order", order, AggregateId(identity), (event,), self._cause)
        self._journal.applied(draft.rows)
        self._journal.announce(draft.rows)


def _report(bug: BaseException, submission: Submission | None = None) -> str:
    logging.error("bug in %s", submission, exc_info=bug)
    return "bench"


@asynccontextmanager
async def _store(spec: dict[str, Any]) -> AsyncIterator[Store]:
    """The store the spec asks for, with its orders in it."""
    if spec["store"] == "memory":
        yield Made(spec["tenants"], spec["orders"])
        return
    ids = RandomIds()
    async with open_storage(spec["store"]) as storage:
        for at in range(spec["tenants"]):
            tenant = Tenant(id=TenantId(f"t{at}"), slug=f"t{at}", name="Bench", created_at=seed.NOW)
            await storage.accounts.create_tenant(tenant)
            for batch in seed.batches(tenant.id, at, spec["orders"], ids):
                await storage.store.commit(batch)
        yield storage.store


async def serve(spec: dict[str, Any]) -> None:
    """Serve on a free port until we are killed."""
    if not spec.get("limits"):
        lift_limits()
    clock, ids = SystemClock(), RandomIds()
    async with _store(spec) as store:
        counting = Counting(store)
        node = Node(counting, clock, ids, MemoryBus().fanout(), _report)
        intake = Intake(clock)
        node.arriving = intake.holds
        wheel, roster = Wheel(clock), Roster(ids)
        around = Surroundings(
            feeds=Feeds(node, schedule),
            commands=node,
            authenticator=Believing(),
            presences=Presences(wheel, clock),
            roster=roster,
            wheel=wheel,
            clock=clock,
            paces=Paces() if spec.get("limits") else Paces(_MUCH),
            intake=intake,
            report=_report,
        )
        entry = Entry(
            origins=frozenset(),
            cookies=Cookies(person="", display=""),
            admitted_per_second=_MUCH,
            admitted_burst=_MUCH,
        )
        app = Litestar([realtime_route(Door(entry, around, ids))], openapi_config=None)
        journals = [await node.journal(TenantId(f"t{at}")) for at in range(spec["tenants"])]
        Turning(wheel)
        # What is published beside the store, the store does not know: no comparing of heads then.
        if spec["store"] != "memory":
            Rounds((Round(name="head-beat", seconds=1.0, work=node.beat),)).start()

        pauses = Pauses()

        def tell() -> dict[str, Any]:
            sequences = sum(journal.images.head.sequence for journal in journals)
            batches, commands = counting.batches, counting.commands
            said = {"batches": batches, "commands": commands, "sequence": sequences}
            return said | {"longest_pause_ms": pauses.longest_ms()}

        publishers = itertools.cycle([Publisher(journal) for journal in journals])

        def publish() -> None:
            next(publishers)()

        await _listen(app, await control.listen(publish, tell))


async def _listen(app: Litestar, port: int) -> None:
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, log_level="error", backlog=4_096, **uvicorn_options()
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn tells no other way
        await asyncio.sleep(0.01)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE)
    control.ready(server.servers[0].sockets[0].getsockname()[1], port)
    await serving


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(json.loads(sys.argv[1])))
