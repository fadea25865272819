"""The checksum that proves to a display that it shows what the server shows."""

import random

import pytest
from kanvoy_client._wire.from_server import Changes, SnapshotBegin, SnapshotChunk, SnapshotEnd
from kanvoy_client.channel import Broken, Channel
from kanvoy_client.codec import decode

from protocols.commands import AddNote, DeleteOrder, MoveOrder, RestoreOrder, SetPriority
from protocols.vocabulary import NoteId, OrderId, PersonId, StageId
from server.application.node import Node
from server.domain.records import Person, SaveRecord
from server.domain.workflow.presets import full_7
from server.realtime.checksum import Checksum, fingerprint
from server.realtime.feed import Feed
from server.realtime.feeds import Feeds
from server.realtime.projection import projection
from server.realtime.sizes import Sizes
from tests.realtime.test_feed import ORDER, Board, Later, Reader, a_board
from tests.support.memory_store import MemoryStore
from tests.support.nodes import OWNER, TENANT, Speaker, a_node, an_actor, an_order_placed, furnish
from tests.support.rules import rule

pytestmark = pytest.mark.asyncio

HALL = "display:hall"
STAGES = [StageId(stage) for stage in ("new", "confirmed", "preparing", "ready")]


def screen(reader: Reader) -> Channel:
    """What a display that read all this holds; nothing of it may have broken the stream."""
    channel = Channel()
    for encoded in reader.encoded:
        payload, binary = encoded.payload("json", deflate=False)
        assert not binary
        message = decode("json", payload.decode())
        if isinstance(message, Changes | SnapshotBegin | SnapshotChunk | SnapshotEnd):
            assert not isinstance(channel.receive(message), Broken)
    return channel


async def something(board: Board, chance: random.Random, step: int) -> None:
    """One command that may or may not change what a tile shows."""
    order_id = OrderId(f"order-{chance.randint(1, 6)}")
    command = chance.choice(
        [
            SetPriority(order_id=order_id, priority=chance.choice((0, 1, 2, 3))),
            MoveOrder(
                order_id=order_id,
                from_stage=chance.choice(STAGES),
                to_stage=chance.choice(STAGES),
            ),
            AddNote(order_id=order_id, note_id=NoteId(f"note-{step:04}"), text="Ring twice"),
            DeleteOrder(order_id=order_id),
            RestoreOrder(order_id=order_id),
            an_order_placed(f"order-{chance.randint(7, 40)}"),
            SaveRecord(record=full_7()),
            SaveRecord(
                record=Person(id=PersonId("ann"), email="a@b.c", name=f"Ann {step}", roles=OWNER)
            ),
        ]
    )
    await board.speaker.do(command)


@rule("HB23")
@pytest.mark.parametrize("seed", range(12))
async def test_the_checksum_kept_row_by_row_is_the_one_counted_anew(seed: int) -> None:
    board, chance = await a_board(Sizes(chunk=4, ring=6), orders=6), random.Random(seed)
    readers = [await board.reader(HALL)]
    seen = projection(HALL)
    assert seen is not None

    for step in range(60):
        await something(board, chance, step)
        if chance.random() < 0.3:
            board.later.run()
        if chance.random() < 0.1:
            readers.append(await board.reader(HALL, chance.choice([None, await board.cursor()])))
    board.later.run_out()

    anew = Checksum(seen, await board.node.images(TENANT)).value
    assert {board.feed.checksum(reader, HALL) for reader in readers} == {anew}


@rule("HB23", "HB24", "WB63")
@pytest.mark.parametrize("seed", range(12))
async def test_every_reader_adds_up_to_the_checksum_however_it_came_to_its_place(
    seed: int,
) -> None:
    board, chance = await a_board(Sizes(chunk=4, ring=6), orders=6), random.Random(seed)
    readers = [await board.reader(HALL)]

    for step in range(40):
        await something(board, chance, step)
        if chance.random() < 0.3:
            board.later.run()
        if chance.random() < 0.15:
            readers.append(await board.reader(HALL))
        readers[0].stuck = chance.choice((0, 10**9))
        await board.feed.serve(readers[0], HALL)
        told = [(board.feed.checksum(reader, HALL), screen(reader)) for reader in readers]
        assert all(value in {None, shown.checksum()} for value, shown in told)
    readers[0].stuck = 0
    board.later.run()
    await board.feed.serve(readers[0], HALL)

    await board.speaker.do(
        SaveRecord(record=Person(id=PersonId("zoe"), email="z@b.c", name="Zoe", roles=OWNER))
    )
    readers.append(await board.reader(HALL))
    board.later.run_out()

    expected = board.feed.checksum(readers[0], HALL)
    assert expected is not None
    assert {board.feed.checksum(reader, HALL) for reader in readers} == {expected}
    assert {screen(reader).checksum() for reader in readers} == {expected}


@rule("HB24")
async def test_a_row_that_changes_nothing_to_be_seen_moves_the_version_on_displays_only() -> None:
    board = await a_board()
    hall, driver = await board.reader(HALL), await board.reader("driver:driver-1")
    hall.messages.clear(), driver.messages.clear()

    note = AddNote(order_id=ORDER, note_id=NoteId("note-1"), text="Ring twice")
    await board.speaker.do(note, base_version=1)
    board.later.run()

    (frame,) = hall.changes()
    assert [(op.id, op.version, getattr(op, "fields", None)) for op in frame.ops] == [
        (ORDER, 2, {})
    ]
    assert driver.changes() == []


@rule("HB23")
async def test_a_ping_has_checksums_of_display_channels_that_stand_at_their_head_only() -> None:
    node, later = await a_furnished_node(), Later()
    feeds = Feeds(node, later)
    reader = Reader()
    for channel in (HALL, "board"):
        await feeds.subscribe(TENANT, reader, channel, None, an_actor())
    at_head = feeds.checksums(reader)
    reader.stuck = 10**9
    await Speaker(node).do(an_order_placed("order-1"))
    later.run()

    assert at_head == {HALL: screen_of(reader, HALL).checksum()}
    assert feeds.checksums(reader) == {}
    feeds.detach(reader)
    assert feeds.checksums(reader) == {}


async def test_the_share_of_a_thing_is_what_the_specification_spells_out() -> None:
    assert fingerprint("order", "order-1", 3) == 0x5DE2A1B1  # crc32 of "order/order-1@3"


async def a_furnished_node() -> Node:
    """A node with a tenant and no orders."""
    node = a_node(MemoryStore([TENANT]))
    await furnish(node)
    return node


def screen_of(reader: Reader, channel: str) -> Channel:
    """The same for one of several channels."""
    part = Reader()
    part.encoded = [e for e in reader.encoded if getattr(e.message, "channel", "") == channel]
    return screen(part)


async def test_a_history_that_starts_over_is_counted_anew() -> None:
    board = await a_board(orders=2)
    reader = await board.reader(HALL)
    before = board.feed.checksum(reader, HALL)

    board.feed.reset()

    assert board.feed.checksum(reader, HALL) == before == screen(reader).checksum()
    assert isinstance(board.feed, Feed)
