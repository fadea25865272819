"""Readers that start over: in order, never back in time, never on a lost branch. Found by X1."""

import pytest

from protocols.commands import ArchiveOrder, CancelOrder, Command, SetPriority
from protocols.from_server import SnapshotBegin, Unsubscribed
from protocols.vocabulary import Version
from server.application.verdict import Done
from server.realtime.sizes import Sizes
from tests.realtime.test_feed import ORDER, Board, Reader, a_board
from tests.support.nodes import TENANT
from tests.support.rules import rule

pytestmark = pytest.mark.asyncio


async def ask(board: Board, command: Command) -> None:
    """Have it done by somebody whose screen is up to date."""
    order = (await board.node.images(TENANT)).order(ORDER)
    assert order is not None
    verdict = await board.speaker.do(command, base_version=order.version)
    assert isinstance(verdict, Done), verdict


@rule("SN20")
async def test_no_frame_comes_between_a_resync_and_the_snapshot_it_announces() -> None:
    board = await a_board()
    here = await board.cursor()
    await board.reader(cursor=here)
    for n in range(3):
        await ask(board, SetPriority(order_id=ORDER, priority=n % 3 + 1))
    board.store.trim(TENANT, 1)

    reader = await board.reader(cursor=f"1.3.{here.split('.')[2]}")

    assert reader.types()[:3] == ["subscribed", "resync", "snapshot_begin"]


@rule("WT20")
async def test_a_resync_does_not_end_before_the_place_its_reader_was_at() -> None:
    board = await a_board(Sizes(ring=5, chunk=100))
    await board.reader()
    for n in range(3):
        await ask(board, SetPriority(order_id=ORDER, priority=n % 3 + 1))
    epoch, sequence, nonce = (await board.cursor()).split(".")
    for n in range(3):
        await ask(board, SetPriority(order_id=ORDER, priority=n % 3 + 1))
    board.store.trim(TENANT, 1)

    reader = await board.reader(cursor=f"{epoch}.{sequence}.{nonce}")

    begin = next(m for m in reader.messages if isinstance(m, SnapshotBegin))
    reached = [frame.upto for frame in reader.changes()]
    assert max([begin.sequence, *reached]) >= int(sequence)


@rule("WT20")
async def test_a_closed_order_of_a_lost_branch_is_gone_for_who_looked_at_it() -> None:
    board = await a_board()
    await ask(board, CancelOrder(order_id=ORDER, reason="no stock"))
    reader: Reader = await board.reader(f"order:{ORDER}")
    await ask(board, ArchiveOrder(order_id=ORDER))
    board.later.run()
    assert reader.types()[-1] == "changes"

    board.store.rollback(TENANT, 3)
    await board.node.beat()

    assert [m for m in reader.messages if isinstance(m, Unsubscribed)] == [
        Unsubscribed(channel=f"order:{ORDER}", cause="gone")
    ]


@rule("WT20")
async def test_an_order_closed_on_a_lost_branch_only_is_shown_open_again() -> None:
    board = await a_board()
    reader: Reader = await board.reader(f"order:{ORDER}")
    await ask(board, CancelOrder(order_id=ORDER, reason="no stock"))
    await ask(board, ArchiveOrder(order_id=ORDER))
    board.later.run()
    reader.types()

    board.store.rollback(TENANT, 1)
    await board.node.beat()

    chunks = [m for m in reader.messages if hasattr(m, "items")]
    assert [item.version for chunk in chunks for item in chunk.items] == [Version(2)]
