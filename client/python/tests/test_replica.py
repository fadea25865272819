from kanvoy_client._wire.from_server import Person, Presence
from kanvoy_client.channel import Ignored
from kanvoy_client.replica import Overlay, Replica
from msgspec.structs import replace

from client.python.tests.builders import (
    BOARD,
    a_card,
    a_patch,
    a_put,
    a_receipt,
    a_remove,
    a_snapshot,
    begin,
    changes,
    key,
)
from client.python.tests.rules import rule


def a_replica(*items, at: int = 10) -> Replica:
    replica = Replica()
    replica.open(BOARD)
    for frame in a_snapshot(at, *items):
        replica.receive(frame)
    return replica


def hurry(number: int, order: int = 1, **more) -> Overlay:
    """The expected effect of a command that makes a card urgent."""
    return Overlay(
        number=number,
        channel=BOARD,
        key=key(order),
        change=lambda view: view and replace(view, priority=3),
        **more,
    )


def shown(replica: Replica, order: int = 1):
    return replica.view(BOARD, key(order))


@rule("RC62")
def test_an_overlay_is_shown_over_the_confirmed_state():
    replica = a_replica(a_put(1, 1))

    replica.expect(hurry(1))

    assert shown(replica) == a_card(1, priority=3)
    assert replica.channels[BOARD].items[key(1)].view == a_card(1)


@rule("RC62")
def test_a_change_by_others_shows_below_the_overlay():
    replica = a_replica(a_put(1, 1))
    replica.expect(hurry(1))

    replica.receive(changes(10, 11, a_patch(1, 2, customer="Café Lund", priority=0)))

    assert shown(replica) == a_card(1, customer="Café Lund", priority=3)


@rule("RC62")
def test_overlays_apply_in_the_order_of_their_commands():
    replica = a_replica(a_put(1, 1))
    replica.expect(hurry(1))

    replica.expect(replace_priority(2, by=-1))

    assert shown(replica).priority == 2


def replace_priority(number: int, by: int) -> Overlay:
    return Overlay(
        number=number,
        channel=BOARD,
        key=key(1),
        change=lambda view: replace(view, priority=view.priority + by),
    )


@rule("RC62")
def test_an_overlay_can_show_what_is_not_there_yet():
    replica = a_replica()

    replica.expect(Overlay(number=1, channel=BOARD, key=key(9), change=lambda _: a_card(9)))

    assert dict(replica.views(BOARD)) == {key(9): a_card(9)}


@rule("RC63")
def test_an_overlay_stays_after_the_receipt_until_the_cursor_came_as_far():
    replica = a_replica(a_put(1, 1))
    replica.expect(hurry(1))

    replica.confirm(a_receipt(1, sequence=12))
    assert shown(replica).priority == 3

    replica.receive(changes(10, 12, a_patch(1, 2, priority=2)))
    assert shown(replica).priority == 2
    assert replica.overlays() == ()


@rule("RC63")
def test_an_overlay_goes_with_the_receipt_when_the_change_came_first():
    replica = a_replica(a_put(1, 1))
    replica.expect(hurry(1))
    replica.receive(changes(10, 12, a_patch(1, 2, priority=2)))

    replica.confirm(a_receipt(1, sequence=12))

    assert shown(replica).priority == 2


@rule("RC63")
def test_an_overlay_stays_while_its_channel_has_no_cursor():
    replica = a_replica(a_put(1, 1))
    replica.expect(hurry(1))
    replica.channels[BOARD].distrust()

    replica.confirm(a_receipt(1, sequence=5))

    assert shown(replica).priority == 3


@rule("RC64")
def test_a_refused_command_takes_its_overlay_and_those_that_depend_on_it():
    replica = a_replica(a_put(1, 1), a_put(2, 1), a_put(3, 1))
    replica.expect(hurry(1, 1))
    replica.expect(hurry(2, 2, depends_on=(1,)))
    replica.expect(hurry(3, 2, depends_on=(2,)))
    replica.expect(hurry(4, 3))

    fallen = replica.reject(1)

    assert fallen == (1, 2, 3)
    assert [shown(replica, order).priority for order in (1, 2, 3)] == [1, 1, 3]


def test_the_overlay_of_a_dry_run_goes_with_its_receipt():
    replica = a_replica(a_put(1, 1))
    replica.expect(hurry(1))

    replica.confirm(a_receipt(1, sequence=99, dry_run=True))

    assert shown(replica).priority == 1


def test_only_touched_things_are_drawn_again():
    drawn = []
    replica = a_replica(a_put(1, 1), a_put(2, 1))
    replica.expect(
        Overlay(number=1, channel=BOARD, key=key(1), change=lambda view: drawn.append(1) or view)
    )
    drawn.clear()

    replica.receive(changes(10, 11, a_patch(2, 2, priority=3)))

    assert drawn == []


def test_what_left_the_channel_is_no_longer_shown():
    replica = a_replica(a_put(1, 1))

    replica.receive(changes(10, 11, a_remove(1, 2)))

    assert dict(replica.views(BOARD)) == {}


def test_confirmed_overlays_end_with_the_history_they_were_confirmed_in():
    replica = a_replica(a_put(1, 1))
    replica.expect(hurry(1))
    replica.confirm(a_receipt(1, sequence=99))

    for frame in a_snapshot(5, a_put(1, 1), epoch=2):
        replica.receive(frame)

    assert shown(replica).priority == 1


def test_unanswered_overlays_outlive_a_snapshot():
    replica = a_replica(a_put(1, 1))
    replica.expect(hurry(1))

    for frame in a_snapshot(5, a_put(1, 1), epoch=2):
        replica.receive(frame)

    assert shown(replica).priority == 3


def test_a_frame_of_a_channel_that_was_left_is_ignored():
    replica = a_replica(a_put(1, 1))
    replica.drop(BOARD)

    assert replica.receive(begin(20)) == Ignored()
    assert shown(replica) is None


@rule("PR61")
def test_presence_is_a_set_of_the_last_words():
    replica = Replica()
    anna = Person(session_id="s-1", id="anna", name="Anna", doing="viewing")
    ben = Person(session_id="s-2", id="ben", name="Ben", doing="moving")
    replica.meet(Presence(channel="presence:board", people=[anna], full=True))

    replica.meet(Presence(channel="presence:board", people=[ben]))
    replica.meet(Presence(channel="presence:board", people=[], gone=["s-1"]))

    assert replica.people["presence:board"] == {"s-2": ben}


@rule("PR61")
def test_a_full_presence_replaces_what_was_known():
    replica = Replica()
    anna = Person(session_id="s-1", id="anna", name="Anna", doing="viewing")
    replica.meet(Presence(channel="presence:board", people=[anna], full=True))

    replica.meet(Presence(channel="presence:board", full=True))

    assert replica.people["presence:board"] == {}
