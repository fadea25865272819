"""Channels of one journal: frames, snapshots, slow readers, resume."""

from collections.abc import Callable

import msgspec
import pytest

from protocols.closing import Close
from protocols.commands import DeleteOrder, MoveOrder, SetPriority, SetQuantity
from protocols.deliveries import AssignDriver
from protocols.from_server import Changes, FromServer, SnapshotChunk
from protocols.vocabulary import DriverId, LineId, OrderId, SessionId, StageId
from server.application.node import Node
from server.realtime.connection import Offering
from server.realtime.feed import Feed
from server.realtime.sizes import Sizes
from server.realtime.wire import Encoded
from tests.support.fakes import FakeClock
from tests.support.memory_store import MemoryStore
from tests.support.nodes import TENANT, Speaker, a_node, an_order_placed, furnish
from tests.support.rules import rule

pytestmark = pytest.mark.asyncio

ORDER = OrderId("order-1")
MOVE = MoveOrder(order_id=ORDER, from_stage=StageId("new"), to_stage=StageId("confirmed"))


class Reader(Offering):
    """A socket whose network takes everything, or nothing while it is stuck."""

    def __init__(self, name: str = "reader") -> None:
        """Nothing was written yet."""
        self.session_id = SessionId(name)
        self.messages: list[FromServer] = []
        self.encoded: list[Encoded] = []
        self.stuck = 0

    def write(self, message: Encoded) -> None:
        """Take it down."""
        self.messages.append(message.message)
        self.encoded.append(message)

    def unsent(self) -> int:
        """What the network did not take."""
        return self.stuck

    def close(self, code: Close) -> None:
        """Not asked for here."""
        raise AssertionError(code)

    def types(self) -> list[str]:
        """The kinds of what came, and forget it."""
        kinds = [str(m.__struct_config__.tag) for m in self.messages]
        self.messages.clear()
        return kinds

    def changes(self) -> list[Changes]:
        """The frames among what came, and forget everything."""
        found = [m for m in self.messages if isinstance(m, Changes)]
        self.messages.clear()
        return found


class Later:
    """Collects what a feed wants done later."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.waiting: list[tuple[float, Callable[[], None]]] = []

    def __call__(self, delay: float, callback: Callable[[], None]) -> None:
        """Remember."""
        self.waiting.append((delay, callback))

    def run(self) -> list[float]:
        """Do everything now; answers the delays that were asked for."""
        waiting, self.waiting = self.waiting, []
        for _, callback in waiting:
            callback()
        return [delay for delay, _ in waiting]

    def run_out(self) -> None:
        """Do everything, also what is asked for meanwhile."""
        while self.waiting:
            self.run()


class Board:
    """A node with one order, its feed, and a clock."""

    def __init__(self, node: Node, store: MemoryStore, feed: Feed, later: Later) -> None:
        """See `a_board`."""
        self.node, self.store, self.feed, self.later = node, store, feed, later
        self.speaker = Speaker(node)
        self.clock: FakeClock = node.clock  # type: ignore[assignment]

    async def reader(self, channel: str = "board", cursor: str | None = None) -> Reader:
        """One more socket that watches a channel."""
        reader = Reader()
        await self.feed.subscribe(reader, channel, cursor)
        return reader

    async def cursor(self) -> str:
        """The journal's head as a cursor."""
        head = (await self.node.images(TENANT)).head
        return f"{head.epoch}.{head.sequence}.{head.nonce}"


async def a_board(sizes: Sizes | None = None, orders: int = 1) -> Board:
    """A furnished tenant with so many orders, all frames flushed."""
    store = MemoryStore([TENANT])
    node = a_node(store)
    await furnish(node)
    later = Later()
    feed = Feed(await node.journal(TENANT), later, sizes or Sizes())
    board = Board(node, store, feed, later)
    for n in range(1, orders + 1):
        await board.speaker.do(an_order_placed(f"order-{n}"))
    later.run()
    return board


@rule("SN20")
async def test_a_new_reader_gets_begin_chunks_and_end() -> None:
    board = await a_board()

    reader = await board.reader()

    chunk = next(m for m in reader.messages if isinstance(m, SnapshotChunk))
    assert {item.id for item in chunk.items if item.kind == "order"} == {ORDER}
    assert reader.types() == ["subscribed", "snapshot_begin", "snapshot_chunk", "snapshot_end"]


@rule("SN21")
async def test_chunks_are_encoded_once_for_all_readers() -> None:
    board = await a_board()

    one, two = await board.reader(), await board.reader()

    first = next(e for e in one.encoded if isinstance(e.message, SnapshotChunk))
    second = next(e for e in two.encoded if isinstance(e.message, SnapshotChunk))
    assert first.frame("json", deflate=False) is second.frame("json", deflate=False)


@rule("SN22")
async def test_a_snapshot_of_several_chunks_begins_with_a_preview() -> None:
    board = await a_board(Sizes(chunk=3, preview=2), orders=8)

    reader = await board.reader()
    board.later.run_out()

    chunks = [m for m in reader.messages if isinstance(m, SnapshotChunk)]
    assert [chunk.preview for chunk in chunks] == [True, *[False] * (len(chunks) - 1)]
    assert sum(item.kind == "order" for item in chunks[0].items) == 2
    ids = [i.id for c in chunks[1:] for i in c.items if i.kind == "order"]
    assert sorted(ids) == sorted(f"order-{n}" for n in range(1, 9))


@rule("FQ11")
async def test_parts_are_drawn_one_by_one_and_for_the_next_reader_not_again() -> None:
    board = await a_board(Sizes(chunk=3, preview=2), orders=8)

    first = await board.reader()
    drawn = [first.types()]
    while board.later.run():
        drawn.append(first.types())
    second = await board.reader()

    begin = ["subscribed", "snapshot_begin", "snapshot_chunk"]
    parts = len(drawn) - 1
    assert drawn[0] == [*begin, "snapshot_chunk"]
    assert drawn[1:-1] == [["snapshot_chunk"]] * (parts - 1)
    assert drawn[-1] == ["snapshot_chunk", "snapshot_end"]
    assert second.types() == [*begin, *["snapshot_chunk"] * (parts + 1), "snapshot_end"]


@rule("FQ11")
async def test_who_drains_between_two_parts_gets_one_part_in_each_turn_all_the_same() -> None:
    board = await a_board(Sizes(chunk=3, preview=2), orders=8)
    reader = await board.reader()
    reader.types()

    await board.feed.serve(reader, "board")
    await board.feed.serve(reader, "board")
    told = [reader.types()]
    while board.later.run():
        told.append(reader.types())

    assert told[0] == []
    assert [kinds.count("snapshot_chunk") for kinds in told[1:]] == [1] * (len(told) - 1)
    assert told[-1][-1] == "snapshot_end"


@rule("FQ11")
async def test_who_leaves_between_two_parts_gets_no_more_of_them() -> None:
    board = await a_board(Sizes(chunk=3, preview=2), orders=8)
    reader = await board.reader()
    reader.types()

    board.feed.unsubscribe(reader, "board")
    board.later.run()

    assert reader.types() == []


@rule("CH20")
async def test_a_frame_holds_one_op_per_thing_and_frames_follow_each_other() -> None:
    board = await a_board()
    reader = await board.reader()
    reader.types()

    await board.speaker.do(MOVE, base_version=1)
    await board.speaker.do(SetPriority(order_id=ORDER, priority=3), base_version=2)
    board.later.run()
    await board.speaker.do(SetPriority(order_id=ORDER, priority=1), base_version=3)
    board.later.run()

    first, second = reader.changes()
    assert [op.id for op in first.ops] == [ORDER]
    assert first.upto == second.after
    assert first.upto == first.after + 2


@rule("CH22")
async def test_a_patch_names_a_field_that_went_there_and_back() -> None:
    board = await a_board()
    reader = await board.reader()
    reader.types()

    await board.speaker.do(SetPriority(order_id=ORDER, priority=3), base_version=1)
    await board.speaker.do(SetPriority(order_id=ORDER, priority=1), base_version=2)
    board.later.run()

    (frame,) = reader.changes()
    assert msgspec.to_builtins(frame.ops[0])["fields"] == {"priority": 1}


@rule("CH21")
async def test_what_leaves_a_channel_is_removed_for_both_drivers() -> None:
    board = await a_board()
    assign = AssignDriver(order_id=ORDER, from_driver=None, to_driver=DriverId("driver-1"))
    await board.speaker.do(assign, base_version=1)
    old = await board.reader("driver:driver-1")
    new = await board.reader("driver:driver-2")
    old.types(), new.types()

    await board.speaker.do(
        AssignDriver(
            order_id=ORDER, from_driver=DriverId("driver-1"), to_driver=DriverId("driver-2")
        ),
        base_version=2,
    )
    board.later.run()

    assert [type(op).__name__ for op in old.changes()[0].ops] == ["Remove"]
    assert [type(op).__name__ for op in new.changes()[0].ops] == ["Put"]


@rule("CH21")
async def test_a_deleted_order_leaves_the_board() -> None:
    board = await a_board()
    reader = await board.reader()
    reader.types()

    await board.speaker.do(DeleteOrder(order_id=ORDER), base_version=1)
    board.later.run()

    assert [type(op).__name__ for op in reader.changes()[0].ops] == ["Remove"]


@rule("CH23")
async def test_a_quiet_channel_moves_on_with_an_empty_frame() -> None:
    board = await a_board()
    driver = await board.reader("driver:driver-1")
    driver.types()
    await board.speaker.do(MOVE, base_version=1)
    board.later.run()
    assert driver.changes() == []

    board.feed.mark()

    (frame,) = driver.changes()
    assert frame.ops == []
    assert frame.upto == (await board.node.images(TENANT)).head.sequence


@rule("CH24")
async def test_a_quiet_channel_flushes_at_once_and_a_busy_one_per_tick() -> None:
    board = await a_board()
    await board.reader()
    board.clock.advance(1.0)

    await board.speaker.do(SetPriority(order_id=ORDER, priority=3), base_version=1)
    at_once = board.later.run()
    board.clock.advance(0.002)
    await board.speaker.do(SetPriority(order_id=ORDER, priority=2), base_version=2)
    await board.speaker.do(SetPriority(order_id=ORDER, priority=1), base_version=3)

    assert at_once == [0.0]
    assert board.later.run() == [pytest.approx(0.003)]


@rule("CH24")
async def test_the_tick_of_a_busy_channel_grows_with_its_readers() -> None:
    board = await a_board()
    for _ in range(250):
        await board.reader()
    board.clock.advance(1.0)

    await board.speaker.do(SetPriority(order_id=ORDER, priority=3), base_version=1)
    board.later.run()
    await board.speaker.do(SetPriority(order_id=ORDER, priority=2), base_version=2)

    assert board.later.run() == [pytest.approx(0.010)]


@rule("HB1", "HB2", "HB3")
async def test_a_slow_reader_gets_one_conflated_frame_when_it_has_drained() -> None:
    board = await a_board()
    slow, quick = await board.reader(), await board.reader()
    slow.types(), quick.types()
    slow.stuck = 100_000
    for version, priority in enumerate((3, 2, 0), start=1):
        await board.speaker.do(SetPriority(order_id=ORDER, priority=priority), base_version=version)
        board.later.run()
    assert slow.messages == []
    assert len(quick.changes()) == 3

    slow.stuck = 0
    await board.feed.serve(slow, "board")

    (frame,) = slow.changes()
    assert frame.upto - frame.after == 3
    assert msgspec.to_builtins(frame.ops[0])["fields"] == {"priority": 0}


@rule("HB2")
async def test_a_reader_behind_the_ring_is_brought_up_from_the_journal() -> None:
    board = await a_board(Sizes(ring=1))
    slow = await board.reader()
    slow.types()
    slow.stuck = 100_000
    for version in range(1, 5):
        quantity = SetQuantity(order_id=ORDER, line_id=LineId("order-1-l1"), quantity=version)
        await board.speaker.do(quantity, base_version=version)
        board.later.run()

    slow.stuck = 0
    await board.feed.serve(slow, "board")

    (frame,) = slow.changes()
    assert [type(op).__name__ for op in frame.ops] == ["Put"]
    assert frame.upto == (await board.node.images(TENANT)).head.sequence


@rule("HB2")
async def test_a_reader_behind_the_journal_gets_a_snapshot() -> None:
    board = await a_board(Sizes(ring=1))
    slow = await board.reader()
    slow.types()
    slow.stuck = 100_000
    for version in range(1, 5):
        quantity = SetQuantity(order_id=ORDER, line_id=LineId("order-1-l1"), quantity=version)
        await board.speaker.do(quantity, base_version=version)
        board.later.run()
    board.store.trim(TENANT, 1)

    slow.stuck = 0
    await board.feed.serve(slow, "board")

    assert slow.types() == ["resync", "snapshot_begin", "snapshot_chunk", "snapshot_end"]


@rule("WT20")
async def test_a_known_cursor_is_resumed_with_what_happened_since() -> None:
    board = await a_board()
    cursor = await board.cursor()
    await board.speaker.do(MOVE, base_version=1)
    board.later.run()

    reader = await board.reader(cursor=cursor)

    assert reader.types() == ["subscribed", "changes"]


@rule("WT20", "WT21")
@pytest.mark.parametrize(
    "cursor",
    ["1.9.12345", "1.999.12345", "7.9.1", f"1.{2**63}.1", f"1.{2**64}.1", f"{10**30}.1.1"],
    ids=["nonce", "ahead", "epoch", "huge", "larger", "longest"],
)
async def test_an_invented_cursor_gives_its_reader_a_snapshot_and_disturbs_nobody(
    cursor: str,
) -> None:
    board = await a_board()
    other = await board.reader()
    other.types()

    reader = await board.reader(cursor=cursor)

    assert reader.types() == [
        "subscribed",
        "resync",
        "snapshot_begin",
        "snapshot_chunk",
        "snapshot_end",
    ]
    assert other.messages == []
    assert (await board.store.head(TENANT)).epoch == 1


@rule("JN7")
async def test_after_a_fork_every_reader_starts_over() -> None:
    board = await a_board()
    await board.speaker.do(MOVE, base_version=1)
    reader = await board.reader()
    reader.types()
    board.store.rollback(TENANT, 1)

    await board.node.beat()

    assert reader.types() == ["resync", "snapshot_begin", "snapshot_chunk", "snapshot_end"]


async def test_a_channel_of_an_order_that_is_not_there_cannot_be_watched() -> None:
    board = await a_board()
    reader = Reader()

    watched = await board.feed.subscribe(reader, "order:order-unknown", None)

    assert not watched
    assert reader.messages == []
