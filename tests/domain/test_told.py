"""What drivers must know: whatever they see differently and did not do themselves."""

import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from protocols.commands import (
    AddNote,
    HoldOrder,
    SetAddress,
    SetPriority,
    SetQuantity,
    SetWindow,
)
from protocols.rejections import Invalid
from protocols.values import (
    Address,
    AddressEdited,
    HoldEdited,
    NoteEdited,
    QuantityEdited,
    Window,
    WindowEdited,
)
from protocols.vocabulary import Instant, NoteId, Version
from server.domain.decision import Accepted
from server.domain.orders.decide import decide
from server.domain.orders.delivery import Receipt
from server.domain.orders.escalate import EscalateStop, decide_escalation
from server.domain.orders.evolve import evolve
from server.domain.orders.receipt import clock_from
from server.domain.orders.told import differences
from server.realtime.delivery_views import news
from server.realtime.views import card
from tests.domain.operators import ORDERS, a_desk, turns
from tests.support.builders import NOW, a_delivery, a_world, an_order, asked, refused
from tests.support.roads import (
    ANA,
    CHAIR,
    DELIVERY,
    ORDER,
    TABLE,
    TOM,
    acknowledged,
    by_driver,
    carried,
    collect,
    given_to_tom,
    step,
    the,
)
from tests.support.rules import rule

ELSEWHERE = Address(street="Quay 9", city="Nantes")
HOUR = 60 * 60 * 1_000
LATER = Window(opens=NOW + 1_000, closes=NOW + 2_000)


def chairs(quantity: int) -> SetQuantity:
    return SetQuantity(order_id=ORDER, line_id=CHAIR, quantity=quantity)


@rule("RT2")
@pytest.mark.parametrize(
    ("command", "edit"),
    [
        (chairs(8), QuantityEdited(line_id=CHAIR, name="Chair", was=6, now=8)),
        (
            SetAddress(order_id=ORDER, which="shipping", address=ELSEWHERE),
            AddressEdited(was=Address(street="Main St 1", city="Lyon"), now=ELSEWHERE),
        ),
        (
            SetWindow(order_id=ORDER, delivery_id=DELIVERY, window=LATER),
            WindowEdited(was=None, now=LATER),
        ),
        (
            AddNote(order_id=ORDER, note_id=NoteId("note-1"), text="Ring", for_driver=True),
            NoteEdited(note_id=NoteId("note-1"), text="Ring"),
        ),
        (HoldOrder(order_id=ORDER, reason="Wait"), HoldEdited(held=True)),
    ],
)
def test_every_edit_that_the_driver_sees_is_told_with_who_and_what(command, edit):
    order = step(carried(), command)

    receipt = the(order).receipt
    assert [(each.edit, each.by_name) for each in receipt.edits] == [(edit, "Mei")]
    assert (receipt.told, receipt.told_at) == (order.version, NOW)


@rule("RT2")
@pytest.mark.parametrize(
    "command",
    [
        SetPriority(order_id=ORDER, priority=3),
        AddNote(order_id=ORDER, note_id=NoteId("note-1"), text="Pays late"),
    ],
)
def test_what_the_driver_does_not_see_is_no_news(command):
    before = carried()

    assert the(step(before, command)).receipt == the(before).receipt


@rule("RT1")
def test_a_new_driver_has_everything_to_learn_and_nothing_of_the_old_ones_edits():
    order = given_to_tom(step(carried(), chairs(8)))

    receipt = the(order).receipt
    assert (receipt.told, receipt.edits, receipt.acknowledged) == (order.version, (), 0)


@rule("RT3")
def test_an_unread_change_of_a_change_is_one_change_from_what_was_known():
    order = step(step(carried(), chairs(8)), chairs(9), asked(base_version=Version(2)))

    (edit,) = the(order).receipt.edits
    assert edit.edit == QuantityEdited(line_id=CHAIR, name="Chair", was=6, now=9)


@rule("RT3")
def test_what_was_acknowledged_counts_as_known():
    order = step(carried(), chairs(8))
    read = step(order, acknowledged(order), by_driver())

    changed = step(read, chairs(9), asked(base_version=read.version))

    (edit,) = the(changed).receipt.edits
    assert edit.edit == QuantityEdited(line_id=CHAIR, name="Chair", was=8, now=9)
    assert the(read).receipt.edits[0].edit.was == 6, "it stays marked after acknowledging"


def test_what_the_driver_does_is_no_news_to_the_driver():
    order = step(carried(), collect(), by_driver())
    note = AddNote(order_id=ORDER, note_id=NoteId("note-1"), text="Dog!", for_driver=True)

    noted = step(order, note, by_driver())

    assert the(noted).receipt.edits == ()


@rule("RT5")
@pytest.mark.parametrize("words", [["acknowledged", "seen"], ["delivered", "acknowledged"]])
def test_the_highest_version_counts_in_whatever_order_the_words_come(words):
    order = step(carried(), chairs(8))
    for word in words:
        order = step(order, acknowledged(order, 2, receipt=word), by_driver())

    receipt = the(order).receipt
    assert (receipt.delivered, receipt.seen, receipt.acknowledged) == (2, 2, 2)


@rule("RT4")
def test_nobody_has_read_what_is_not_written_yet():
    order = carried()

    refusal = refused(decide(order, acknowledged(order, 9), by_driver(), a_world(order)))

    assert isinstance(refusal, Invalid)


@rule("RT6")
def test_a_phone_that_dies_stays_below_acknowledged_and_the_alarm_is_raised_once():
    order = step(carried(), chairs(8))
    order = step(order, acknowledged(order, 2, receipt="delivered"), by_driver())
    late = EscalateStop(order_id=ORDER, delivery_id=DELIVERY, version=Version(2))

    raised = decide_escalation(order, late)
    assert isinstance(raised, Accepted)
    order = evolve(order, raised.events, asked().touch(Version(order.version + 1)))

    assert decide_escalation(order, late) == Accepted()
    receipt = the(order).receipt
    assert (receipt.escalated, receipt.told, receipt.acknowledged) == (2, 2, 0)


@rule("RT6")
def test_no_alarm_is_raised_for_what_was_acknowledged_or_is_newer():
    order = step(carried(), chairs(8))
    late = EscalateStop(order_id=ORDER, delivery_id=DELIVERY, version=Version(2))

    read = step(order, acknowledged(order), by_driver())
    newer = step(order, chairs(9), asked(base_version=order.version))

    assert decide_escalation(read, late) == Accepted()
    assert decide_escalation(newer, late) == Accepted()
    assert decide_escalation(given_to_tom(order), late) == Accepted()


@rule("RT7")
def test_an_alarm_stands_when_newer_news_come_and_ends_with_the_drivers_word():
    order = step(carried(), chairs(8))
    raised = decide_escalation(order, _late(order))
    assert isinstance(raised, Accepted)
    order = evolve(order, raised.events, asked().touch(Version(order.version + 1)))
    newer = step(order, chairs(9), asked(base_version=order.version))

    read = step(newer, acknowledged(newer), by_driver())

    alarms = [news(each.deliveries)["alarm"] for each in (order, newer, read)]
    assert alarms == [True, True, False]


@rule("RT10")
@pytest.mark.parametrize(
    ("late", "named"),
    [
        ({"del-1": 10, "del-2": 20, "del-3": 30}, ("ana", "tom")),
        ({"del-2": 30, "del-3": 20}, ("ana", "tom")),
        ({"del-2": 20, "del-3": 30}, ("tom", "ana")),
        ({"del-2": 20}, ("tom",)),
        ({}, ()),
    ],
)
def test_an_alarm_names_each_driver_who_is_late_once_the_longest_wait_first(late, named):
    drivers = {"del-1": ANA, "del-2": TOM, "del-3": ANA}
    deliveries = tuple(
        a_delivery(name, driver_id=driver, receipt=_since(late.get(name)))
        for name, driver in drivers.items()
    )

    shown = card(an_order(deliveries=deliveries), masked=False)

    assert (shown.alarm, shown.alarm_drivers) == (bool(named), named)


@rule("RT10")
def test_who_reads_leaves_the_alarm_to_the_others():
    both = (_since(10), _since(20))
    order = an_order(
        version=Version(5),
        deliveries=(
            a_delivery(driver_id=ANA, receipt=both[0]),
            a_delivery("del-2", driver_id=TOM, receipt=both[1]),
        ),
    )

    read = step(order, acknowledged(order), by_driver())

    assert card(order, masked=True).alarm_drivers == (ANA, TOM)
    assert card(read, masked=True).alarm_drivers == (TOM,)


def _since(told_at: int | None) -> Receipt:
    """News that raised the alarm, told then; read when there is no time."""
    told = Version(4)
    if told_at is None:
        return Receipt(told=told, escalated=told, acknowledged=told)
    return Receipt(told=told, told_at=Instant(told_at), escalated=told)


@rule("RT8")
def test_waiting_counts_from_the_oldest_news_however_often_the_office_edits():
    first = step(carried(), chairs(8), asked(now=NOW))
    again = step(first, chairs(9), asked(now=NOW + 50_000, base_version=first.version))
    alarmed = decide_escalation(again, _late(again))
    assert isinstance(alarmed, Accepted)
    after = evolve(again, alarmed.events, asked().touch(Version(again.version + 1)))
    newer = step(after, chairs(7), asked(now=NOW + 70_000, base_version=after.version))

    assert [clock_from(the(each)) for each in (first, again, newer)] == [NOW, NOW, NOW + 70_000]


@rule("RT8")
def test_a_word_for_a_part_leaves_the_clock_of_what_is_still_unread():
    first = step(carried(), chairs(8), asked(now=NOW))
    moved = step(first, _tables(3), asked(now=NOW + 20_000, base_version=first.version))

    read = step(moved, acknowledged(moved, first.version), by_driver())

    assert clock_from(the(read)) == NOW + 20_000


@rule("RT9")
@pytest.mark.parametrize(("opens_in", "begins_in"), [(1, 0), (12, 0), (30, 18), (48, 36)])
def test_the_clock_of_a_stop_starts_twelve_hours_before_its_window(opens_in, begins_in):
    opens = Instant(NOW + opens_in * HOUR)
    window = Window(opens=opens, closes=Instant(opens + HOUR))

    order = step(carried(window=window), chairs(8), asked(now=NOW))

    assert clock_from(the(order)) == NOW + begins_in * HOUR


def _late(order):
    return EscalateStop(order_id=ORDER, delivery_id=DELIVERY, version=the(order).receipt.told)


def _tables(quantity):
    return SetQuantity(order_id=ORDER, line_id=TABLE, quantity=quantity)


@rule("RT2")
@settings(max_examples=200)
@given(turns())
def test_a_driver_who_sees_something_else_is_told_exactly_that(turn):
    world = a_desk()
    order = world.orders[ORDERS[0]]
    order = _with_driver(order)
    world.put(order)
    how = asked(base_version=order.version)
    decision = decide(order, _on(turn.command, order), how, world)
    if not isinstance(decision, Accepted) or not decision.events:
        return

    after = evolve(order, decision.events, how.touch(Version(order.version + 1)))

    was, now = order.deliveries[0], after.deliveries[0]
    if now.driver_id != ANA or not after.open or now.category in {"done", "failed", "cancelled"}:
        return
    expected = list(differences(order, was, after, now))
    told = [each.edit for each in now.receipt.edits if each.version == after.version]
    assert sorted(map(repr, told)) == sorted(map(repr, expected))
    assert (now.receipt.told == after.version) == bool(expected)


def _with_driver(order):
    first, *rest = order.deliveries
    return replace(order, deliveries=(replace(first, driver_id=ANA, epoch=1), *rest))


def _on(command, order):
    return replace(command, order_id=order.id)
