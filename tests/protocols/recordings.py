"""Conversations of the real feed, told from fixed ids and a fixed clock: always the same bytes."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from protocols.closing import Close
from protocols.commands import (
    AddLines,
    AddNote,
    ArchiveOrder,
    CancelOrder,
    ChangeLabels,
    Command,
    HoldOrder,
    MoveOrder,
    NewLine,
    ReleaseOrder,
    SetAddress,
    SetPriority,
    SetQuantity,
    SetWindow,
)
from protocols.deliveries import AssignDriver
from protocols.from_server import Subscribed
from protocols.values import Address, Window
from protocols.vocabulary import (
    DeliveryId,
    DriverId,
    LabelId,
    LineId,
    Minor,
    NoteId,
    OrderId,
    SessionId,
    StageId,
    Version,
)
from server.application.images import kind_of
from server.application.node import Node
from server.application.verdict import Done
from server.realtime.connection import Offering
from server.realtime.feed import Feed
from server.realtime.projection import projection
from server.realtime.sizes import Sizes
from server.realtime.wire import Encoded
from tests.support.fakes import MONDAY, FakeClock
from tests.support.memory_store import MemoryStore
from tests.support.nodes import TENANT, Speaker, a_node, an_order_placed, furnish

_SMALL = Sizes(ring=6, chunk=6, preview=1, unsent=1_000)
"""Parts of a snapshot and gaps in a ring with a handful of things."""

ONE, TWO = OrderId("order-1"), OrderId("order-2")
DORA, DENIZ = DriverId("driver-1"), DriverId("driver-2")
LINE = LineId("order-1-l1")


class Reader(Offering):
    """A socket that keeps what it was told, and can be stuck."""

    def __init__(self) -> None:
        """Nothing was told yet."""
        self.session_id = SessionId("reader")
        self.frames: list[Any] = []
        self.stuck = False

    def write(self, message: Encoded) -> None:
        """Keep the message as it is on the wire."""
        if not isinstance(message.message, Subscribed):
            self.frames.append(json.loads(message.payload("json", deflate=False)[0]))

    def unsent(self) -> int:
        """Too much, while stuck."""
        return _SMALL.unsent + 1 if self.stuck else 0

    def close(self, code: Close) -> None:
        """Not asked for here."""
        raise AssertionError(code)


class Table:
    """A furnished tenant with two orders, and one reader of one channel."""

    def __init__(self, node: Node, store: MemoryStore, feed: Feed, later: list[Any]) -> None:
        """Put together by `a_table`."""
        self.store, self.feed, self.node = store, feed, node
        self.reader = Reader()
        self._later = later
        self._speaker = Speaker(node)

    async def do(self, *commands: Command) -> None:
        """Have these done, each in a frame of its own."""
        for command in commands:
            await self.ask(command)
            self.flush()

    async def ask(self, command: Command) -> None:
        """Have it done a second later; its frame waits."""
        clock = self.node.clock
        assert isinstance(clock, FakeClock)
        clock.advance(1.0)
        order = (await self.node.images(TENANT)).order(getattr(command, "order_id", ONE))
        seen = order.version if order is not None else Version(0)
        verdict = await self._speaker.do(command, base_version=seen)
        assert isinstance(verdict, Done), verdict
        assert verdict.changed, verdict

    async def lose(self, batches: int) -> None:
        """A failover takes the newest batches back, and whose numbers they were is forgotten."""
        self.store.rollback(TENANT, batches)
        await self.node.beat()
        self._speaker = Speaker(self.node, client_id="client-2")

    def flush(self) -> None:
        """Have due frames made."""
        while self._later:
            self._later.pop(0)()


Script = Callable[[Table], Awaitable[None]]
SCRIPTS: dict[str, tuple[str, str, list[str], Script]] = {}
"""Name → channel, title, rules and script."""


def recorded(name: str, channel: str, title: str, *rules: str) -> Callable[[Script], Script]:
    """Record what this script makes the feed say on this channel."""

    def keep(script: Script) -> Script:
        SCRIPTS[name] = (channel, title, list(rules), script)
        return script

    return keep


async def record(name: str) -> dict[str, Any]:
    """The conversation, in the form of `protocols/fixtures/README.md`.

    The expected state is drawn from the server's own images, never from a client.
    """
    channel, title, rules, script = SCRIPTS[name]
    table = await a_table()
    assert await table.feed.subscribe(table.reader, channel, None)
    await script(table)
    images = await table.node.images(TENANT)
    found = projection(channel)
    assert found is not None
    drawn = [(one, found.look(one)) for one in found.items(images)]
    head = images.head
    return {
        "title": title,
        "rules": rules,
        "channel": channel,
        "snapshot_before": None,
        "frames": table.reader.frames,
        "expected_after": {
            "cursor": f"{head.epoch}.{head.sequence}.{head.nonce}",
            "whole": True,
            "asks_again": False,
            "items": [
                {
                    "kind": kind_of(one),
                    "id": one.id,
                    "version": one.version,
                    "view": json.loads(msgspec.json.encode(view)),
                }
                for one, view in drawn
                if view is not None
            ],
        },
    }


async def a_table() -> Table:
    """The tenant of all conversations."""
    store = MemoryStore([TENANT])
    node = a_node(store)
    await furnish(node)
    later: list[Any] = []
    feed = Feed(await node.journal(TENANT), lambda _, call: later.append(call), _SMALL)
    table = Table(node, store, feed, later)
    await table.do(an_order_placed(driver=DORA), an_order_placed(TWO))
    return table


@recorded("board", "board", "A board: edits, a new card, and one that leaves", "SN20", "CH64")
async def _board(table: Table) -> None:
    await table.do(
        MoveOrder(order_id=ONE, from_stage=StageId("new"), to_stage=StageId("confirmed")),
        an_order_placed("order-3", quantity=2),
        SetQuantity(order_id=ONE, line_id=LINE, quantity=9),
        ChangeLabels(order_id=TWO, add=[LabelId("urgent")]),
        CancelOrder(order_id=TWO, reason="changed their mind"),
        ArchiveOrder(order_id=TWO),
    )


@recorded("masked-board", "board~masked", "The same board without prices", "CH64")
async def _masked_board(table: Table) -> None:
    await table.do(
        SetQuantity(order_id=ONE, line_id=LINE, quantity=9),
        SetPriority(order_id=TWO, priority=3),
    )


@recorded("order", "order:order-1", "One order in full, edited group by group", "CH64")
async def _order(table: Table) -> None:
    line = NewLine(line_id=LineId("order-1-l2"), name="Oak", quantity=1, unit_price=Minor(4_900))
    await table.do(
        AddLines(order_id=ONE, lines=[line]),
        SetAddress(order_id=ONE, which="billing", address=Address(street="Main St 1")),
        AddNote(order_id=ONE, note_id=NoteId("note-1"), text="ring twice"),
        HoldOrder(order_id=ONE, reason="no stock"),
        ReleaseOrder(order_id=ONE),
    )


@recorded("driver", "driver:driver-1", "A driver's stops come, change and go", "CH64")
async def _driver(table: Table) -> None:
    window = Window(opens=MONDAY, closes=MONDAY + 3_600_000)
    await table.do(
        AssignDriver(order_id=TWO, from_driver=None, to_driver=DORA),
        SetWindow(order_id=TWO, delivery_id=DeliveryId("order-2-d1"), window=window),
        AddNote(order_id=TWO, note_id=NoteId("note-1"), text="at the gate", for_driver=True),
        AssignDriver(order_id=ONE, from_driver=DORA, to_driver=DENIZ),
    )


@recorded("display", "display:hall", "Tiles for a hall, without a name", "CH64")
async def _display(table: Table) -> None:
    await table.do(
        MoveOrder(order_id=ONE, from_stage=StageId("new"), to_stage=StageId("confirmed")),
        HoldOrder(order_id=TWO, reason="no stock"),
    )


@recorded(
    "slow-snapshot",
    "board",
    "A snapshot in parts with a preview: its reader is stuck, and the board goes on meanwhile",
    "SN20",
    "SN22",
    "SN62",
    "SN65",
)
async def _slow_snapshot(table: Table) -> None:
    await table.do(*(an_order_placed(f"order-{n}") for n in range(3, 9)))
    table.reader.frames.clear()
    table.reader.stuck = True
    await table.feed.subscribe(table.reader, "board", None)
    for n in range(3, 6):
        await table.do(SetPriority(order_id=OrderId(f"order-{n}"), priority=3))
    table.reader.stuck = False
    await table.feed.serve(table.reader, "board")


@recorded("lagging", "board", "A reader that was stuck gets one frame of all it missed", "HB2")
async def _lagging(table: Table) -> None:
    table.reader.stuck = True
    await table.do(
        SetPriority(order_id=ONE, priority=3),
        SetPriority(order_id=ONE, priority=1),
        SetPriority(order_id=TWO, priority=2),
    )
    table.reader.stuck = False
    await table.feed.serve(table.reader, "board")
    await table.do(SetPriority(order_id=TWO, priority=3))


@recorded("fork", "board", "A failover lost what was shown: everybody starts over", "WT20", "SN61")
async def _fork(table: Table) -> None:
    await table.do(SetPriority(order_id=ONE, priority=3), SetPriority(order_id=TWO, priority=3))
    await table.lose(2)
    await table.do(SetPriority(order_id=ONE, priority=2))
