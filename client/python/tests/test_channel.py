import msgspec
import pytest
from kanvoy_client._wire.from_server import Patch
from kanvoy_client.channel import Applied, Broken, Channel, Ignored, Key

from client.python.tests.builders import (
    BOARD,
    a_card,
    a_patch,
    a_put,
    a_remove,
    a_snapshot,
    begin,
    changes,
    chunk,
    end,
    key,
)
from client.python.tests.rules import rule


def a_channel(*items, at: int = 10) -> Channel:
    channel = Channel()
    for frame in a_snapshot(at, *items):
        channel.receive(frame)
    return channel


def versions(channel: Channel) -> dict[str, int]:
    return {key.id: held.version for key, held in channel.items.items()}


@rule("CH61")
def test_a_frame_of_another_epoch_is_ignored():
    channel = a_channel(a_put(1, 1))

    outcome = channel.receive(changes(10, 11, a_remove(1, 2), epoch=2))

    assert outcome == Ignored()
    assert versions(channel) == {"so-1": 1}


@rule("CH61")
def test_a_frame_that_ends_at_or_before_the_cursor_is_ignored():
    channel = a_channel(a_put(1, 1))

    outcome = channel.receive(changes(8, 10, a_remove(1, 2)))

    assert outcome == Ignored()
    assert channel.cursor == (1, 10, 110)


@rule("CH62")
def test_a_frame_that_starts_after_the_cursor_is_not_applied():
    channel = a_channel(a_put(1, 1))

    outcome = channel.receive(changes(11, 12, a_remove(1, 2)))

    assert isinstance(outcome, Broken)
    assert versions(channel) == {"so-1": 1}
    assert channel.cursor == (1, 10, 110)


@rule("CH63")
def test_a_frame_with_a_patch_of_something_unknown_is_not_applied_at_all():
    channel = a_channel(a_put(1, 1))

    outcome = channel.receive(changes(10, 12, a_remove(1, 2), a_patch(7, 3, priority=3)))

    assert isinstance(outcome, Broken)
    assert versions(channel) == {"so-1": 1}


@rule("CH64")
def test_a_frame_that_overlaps_the_cursor_moves_it_to_its_end():
    channel = a_channel(a_put(1, 1))

    outcome = channel.receive(changes(5, 12, a_patch(1, 2, priority=3)))

    assert outcome == Applied(touched=(key(1),))
    assert channel.cursor == (1, 12, 132)
    assert channel.items[key(1)].view == a_card(1, priority=3)


@rule("CH65")
@pytest.mark.parametrize("op", [a_put(1, 5, rank="zz"), a_patch(1, 4, rank="zz"), a_remove(1, 4)])
def test_an_op_that_is_not_newer_than_what_we_hold_does_nothing(op):
    channel = a_channel(a_put(1, 5))

    channel.receive(changes(10, 11, op))

    assert channel.items[key(1)].view == a_card(1)


@rule("CH65")
def test_a_remove_at_the_version_we_hold_removes():
    channel = a_channel(a_put(1, 5))

    channel.receive(changes(10, 11, a_remove(1, 5)))

    assert channel.items == {}


@rule("CH66")
def test_null_in_a_patch_sets_the_default_back():
    channel = a_channel(a_put(1, 1, priority=3, hold="no stock", labels=("lb-1",)))

    channel.receive(changes(10, 11, a_patch(1, 2, priority=None, hold=None, labels=None)))

    assert channel.items[key(1)].view == a_card(1)


@rule("CH66")
def test_a_patched_field_gets_the_type_of_its_view():
    channel = a_channel(a_put(1, 1))

    channel.receive(changes(10, 11, a_patch(1, 2, window={"opens": 5, "closes": 9}, aura="red")))

    window = channel.items[key(1)].view.window
    assert (window.opens, window.closes) == (5, 9)


def test_a_patched_field_of_a_wrong_type_is_a_fault_of_the_server():
    channel = a_channel(a_put(1, 1))

    with pytest.raises(msgspec.ValidationError):
        channel.receive(changes(10, 11, a_patch(1, 2, priority="very")))


def test_things_of_different_kinds_may_share_an_id():
    channel = a_channel(a_put(1, 1))

    outcome = channel.receive(
        changes(10, 11, Patch(kind="driver", id="so-1", version=2, fields={}))
    )

    assert isinstance(outcome, Broken)
    assert Key("driver", "so-1") not in channel.items


@rule("SN61")
def test_a_snapshot_begins_with_nothing():
    channel = a_channel(a_put(1, 1), a_put(2, 1))

    outcome = channel.receive(begin(20, epoch=3))

    assert outcome == Applied(touched=(key(1), key(2)))
    assert channel.items == {}
    assert channel.cursor == (3, 20, 220)


@rule("SN62")
def test_a_chunk_does_not_overwrite_what_a_live_frame_brought():
    channel = Channel()
    channel.receive(begin(20))
    channel.receive(changes(20, 21, a_put(1, 4, rank="new")))

    channel.receive(chunk(20, a_put(1, 3, rank="old"), a_put(2, 1)))

    assert versions(channel) == {"so-1": 4, "so-2": 1}


@rule("SN62")
def test_a_chunk_that_is_newer_than_a_live_frame_wins():
    channel = Channel()
    channel.receive(begin(20))
    channel.receive(changes(20, 21, a_put(1, 4, rank="old")))

    channel.receive(chunk(25, a_put(1, 6, rank="new")))

    assert channel.items[key(1)].view.rank == "new"


@rule("SN63")
def test_a_thing_removed_during_the_snapshot_does_not_come_back_with_an_older_chunk():
    channel = Channel()
    channel.receive(begin(20))
    channel.receive(changes(20, 21, a_remove(1, 4)))

    channel.receive(chunk(20, a_put(1, 4), a_put(2, 1)))

    assert versions(channel) == {"so-2": 1}


@rule("SN63")
def test_a_thing_that_came_back_during_the_snapshot_is_there():
    channel = Channel()
    channel.receive(begin(20))
    channel.receive(changes(20, 21, a_remove(1, 4)))
    channel.receive(changes(21, 22, a_put(1, 5)))

    channel.receive(chunk(20, a_put(1, 3)))

    assert versions(channel) == {"so-1": 5}


@rule("SN64")
def test_patches_wait_for_the_chunk_of_their_thing():
    channel = Channel()
    channel.receive(begin(20))
    channel.receive(changes(20, 21, a_patch(1, 4, rank="b1")))
    channel.receive(changes(21, 22, a_patch(1, 5, priority=3)))

    channel.receive(chunk(20, a_put(1, 3)))

    assert channel.items[key(1)].view == a_card(1, rank="b1", priority=3)
    assert versions(channel) == {"so-1": 5}


@rule("SN64")
def test_a_waiting_patch_that_the_chunk_contains_already_is_dropped():
    channel = Channel()
    channel.receive(begin(20))
    channel.receive(changes(20, 21, a_patch(1, 4, rank="b1")))

    channel.receive(chunk(25, a_put(1, 6, rank="c1")))

    assert channel.items[key(1)].view.rank == "c1"
    assert channel.receive(changes(21, 25)) == Applied(touched=())
    assert channel.receive(end()) == Applied(touched=(), whole=True)


@rule("SN64")
def test_a_waiting_patch_goes_with_the_removal_of_its_thing():
    channel = Channel()
    channel.receive(begin(20))
    channel.receive(changes(20, 21, a_patch(1, 4, rank="b1")))
    channel.receive(changes(21, 22, a_remove(1, 5)))

    outcome = channel.receive(end())

    assert outcome == Applied(touched=(), whole=True)
    assert channel.items == {}


@rule("SN65")
def test_the_state_is_whole_after_the_end_and_not_before():
    channel = Channel()
    channel.receive(begin(20))
    channel.receive(chunk(20, a_put(1, 1)))
    assert not channel.whole
    assert channel.resumable() is None

    outcome = channel.receive(end())

    assert outcome == Applied(touched=(), whole=True)
    assert channel.resumable() == (1, 20, 220)


@rule("SN65")
def test_an_end_with_patches_still_waiting_is_refused():
    channel = Channel()
    channel.receive(begin(20))
    channel.receive(changes(20, 21, a_patch(1, 4, rank="b1")))

    assert isinstance(channel.receive(end()), Broken)


@rule("SN65")
def test_an_end_before_the_newest_cut_is_refused():
    channel = Channel()
    channel.receive(begin(20))
    channel.receive(chunk(24, a_put(1, 1)))

    assert isinstance(channel.receive(end()), Broken)


@rule("SN67")
def test_a_preview_is_not_state():
    channel = Channel()
    channel.receive(begin(20))

    outcome = channel.receive(chunk(20, a_put(1, 1), preview=True))

    assert outcome == Ignored()
    assert channel.items == {}


def test_chunks_and_ends_of_another_epoch_are_ignored():
    channel = Channel()
    channel.receive(begin(20, epoch=2))

    assert channel.receive(chunk(20, a_put(1, 1), epoch=1)) == Ignored()
    assert channel.receive(end(epoch=1)) == Ignored()
    assert not channel.whole


def test_chunks_outside_a_snapshot_are_ignored():
    channel = a_channel(a_put(1, 1))

    assert channel.receive(chunk(20, a_put(2, 1))) == Ignored()
    assert channel.receive(end()) == Ignored()


def test_a_channel_that_is_not_trusted_waits_for_a_snapshot():
    channel = a_channel(a_put(1, 1))
    channel.distrust()

    outcome = channel.receive(changes(10, 11, a_remove(1, 2), channel=BOARD))

    assert outcome == Ignored()
    assert versions(channel) == {"so-1": 1}
