"""A feed keeps what is watched, a little of what was, and nothing of what nobody can see."""

import msgspec
import pytest

from protocols.commands import DeleteOrder, SetPriority
from protocols.from_server import Changes, Unsubscribed
from protocols.vocabulary import OrderId
from server.application.ports import StorageBusy
from server.realtime.cursor import NOWHERE, parse
from server.realtime.feeds import Feeds
from server.realtime.sizes import Sizes
from tests.realtime.test_feed import Board, Reader, a_board
from tests.support.nodes import TENANT, an_actor
from tests.support.rules import rule

pytestmark = pytest.mark.asyncio

ORDER = OrderId("order-1")


@rule("HB20")
async def test_leafing_through_orders_keeps_only_the_last_channels() -> None:
    board = await a_board(orders=70)

    for number in range(1, 71):
        reader = await board.reader(f"order:order-{number}")
        board.feed.unsubscribe(reader, f"order:order-{number}")

    assert len(board.feed) == 64


@rule("HB20")
async def test_invented_displays_do_not_multiply_the_work_of_a_row() -> None:
    board = await a_board()
    readers = {f"display:hall-{n}": Reader() for n in range(40)}

    watched = [await board.feed.subscribe(r, name, None) for name, r in readers.items()]

    assert watched.count(False) == 40 - 34
    board.feed.unsubscribe(readers["display:hall-3"], "display:hall-3")
    assert await board.feed.subscribe(Reader(), "display:hall-99", None)
    assert len(board.feed) == 34


@rule("AU39")
async def test_a_driver_who_is_not_there_cannot_be_watched() -> None:
    board = await a_board()

    watched = await board.feed.subscribe(Reader(), "driver:driver-unknown", None)

    assert not watched
    assert len(board.feed) == 0


async def test_nobody_is_left_in_a_channel_when_the_storage_fails_while_they_come() -> None:
    board = await a_board()
    board, cursor = await with_a_full_ring(board)
    feeds = Feeds(board.node, board.later, feed_type=lambda *_: board.feed)  # type: ignore[arg-type]
    reader = Reader()
    board.store.touched_between = failing  # type: ignore[method-assign]

    with pytest.raises(StorageBusy):
        await feeds.subscribe(TENANT, reader, "board", cursor, an_actor())
    feeds.detach(reader)
    reader.messages.clear()
    await board.speaker.do(SetPriority(order_id=ORDER, priority=1))
    board.later.run()

    assert reader.messages == []


async def with_a_full_ring(board: Board) -> tuple[Board, str]:
    """A cursor that only the journal can bring up to date."""
    cursor = await board.cursor()
    await board.speaker.do(SetPriority(order_id=ORDER, priority=3), base_version=1)
    return board, cursor


async def failing(*_: object) -> list[object]:
    """The storage has no time."""
    raise StorageBusy


async def test_who_comes_back_to_a_deleted_order_is_not_left_in_its_channel() -> None:
    board = await a_board()
    feeds = Feeds(board.node, board.later)
    reader = Reader()
    await feeds.subscribe(TENANT, reader, f"order:{ORDER}", None, an_actor())
    await board.speaker.do(DeleteOrder(order_id=ORDER), base_version=1)
    board.later.run()
    reader.messages.clear()

    await feeds.subscribe(TENANT, reader, f"order:{ORDER}", None, an_actor())

    assert reader.messages == [Unsubscribed(channel=f"order:{ORDER}", cause="forbidden")]
    assert feeds.heads(reader) == {}


@rule("VI5")
async def test_a_display_is_not_told_who_did_it() -> None:
    board = await a_board()
    reader = await board.reader("display:hall")
    reader.messages.clear()

    await board.speaker.do(SetPriority(order_id=ORDER, priority=3), base_version=1)
    board.later.run()

    (frame,) = reader.messages
    assert isinstance(frame, Changes)
    assert frame.ops[0].stamp is None
    assert b"Anna" not in msgspec.json.encode(frame)


@rule("WT21")
async def test_a_cursor_beyond_what_a_database_can_count_is_none() -> None:
    board = await a_board()

    reader = await board.reader(cursor=f"1.{2**63}.1")

    assert parse(f"1.{2**63}.1") == NOWHERE
    assert reader.types()[:2] == ["subscribed", "resync"]


@rule("HB21")
async def test_a_ring_keeps_only_so_many_ops_however_few_frames() -> None:
    board = await a_board(Sizes(ring_ops=4), orders=3)
    reader = await board.reader()
    reader.types()
    reader.stuck = 100_000
    for _ in range(3):
        for order in ("order-1", "order-2", "order-3"):
            images = await board.node.images(TENANT)
            now = images.open_orders[OrderId(order)].priority
            await board.speaker.do(SetPriority(order_id=OrderId(order), priority=3 - now))
        board.later.run()

    reader.stuck = 0
    await board.feed.serve(reader, "board")

    (frame,) = reader.changes()
    assert [type(op).__name__ for op in frame.ops] == ["Put"] * 3, "made from the journal"
