from msgspec.structs import replace

from protocols.vocabulary import DiscountId, FieldGroup, Minor, NoteId, Version
from server.domain.orders.events import (
    ChargeSet,
    DiscountSet,
    NoteAdded,
    OrderPlaced,
    OrderRestored,
    PriorityChanged,
    StageChanged,
)
from server.domain.orders.evolve import evolve
from server.domain.orders.groups import last_touch, touched, value_of
from server.domain.orders.state import Charge
from tests.support.builders import NOW, a_delivery, a_discount, a_note, an_order, asked


def test_a_placed_order_is_as_given():
    order = an_order(version=1)

    placed = evolve(None, (OrderPlaced(order=order),), asked().touch(Version(1)))

    assert placed == order
    assert touched(OrderPlaced(order=order)) == ()


def test_all_events_of_a_row_make_one_version():
    charge = ChargeSet(charge="service", amount=Minor(100), was=Minor(0))
    priority = PriorityChanged(priority=3, was=1)
    stamp = asked().touch(Version(8))

    after = evolve(an_order(version=7), (charge, priority), stamp)

    assert after.version == 8
    assert after.touches == {
        FieldGroup("charge:service"): stamp,
        FieldGroup("priority"): stamp,
    }
    assert after.totals.charges == 100


def test_money_is_not_recomputed_when_none_changed():
    order = replace(an_order(), totals=replace(an_order().totals, total=Minor(1)))

    after = evolve(order, (PriorityChanged(priority=3, was=1),), asked().touch(Version(2)))

    assert after.totals.total == 1


def test_deliveries_go_where_their_order_goes():
    order = an_order(deliveries=(a_delivery(), a_delivery("del-2")))
    move = StageChanged(
        from_stage=order.stage_id,
        from_category="new",
        from_rank=order.rank,
        to_stage=order.stage_id,
        to_category="done",
        rank=order.rank,
    )
    later = asked(now=NOW + 5).touch(Version(2))

    after = evolve(order, (move,), later)

    assert [delivery.category for delivery in after.deliveries] == ["done", "done"]
    assert after.stage_since == NOW + 5


def test_charges_discounts_and_notes_stand_in_the_same_order_whoever_came_first():
    order = an_order()
    stamp = asked().touch(Version(2))
    events = (
        DiscountSet(discount=a_discount("disc-2")),
        DiscountSet(discount=a_discount("disc-1")),
        ChargeSet(charge="service", amount=Minor(1), was=Minor(0)),
        ChargeSet(charge="delivery_fee", amount=Minor(2), was=Minor(0)),
        NoteAdded(note=a_note("note-2")),
        NoteAdded(note=a_note("note-1")),
    )

    after, other = evolve(order, events, stamp), evolve(order, events[::-1], stamp)

    assert after == other
    assert [each.id for each in after.discounts] == [DiscountId("disc-1"), DiscountId("disc-2")]
    assert after.charges[0] == Charge(charge="delivery_fee", amount=Minor(2))
    assert [note.id for note in after.notes] == [NoteId("note-1"), NoteId("note-2")]


def test_restoring_brings_back_only_what_was_asked():
    order = an_order(deleted=True, archived=True)

    after = evolve(order, (OrderRestored(was_deleted=True),), asked().touch(Version(2)))

    assert (after.deleted, after.archived) == (False, True)
    assert value_of(order, FieldGroup("life")) == "deleted"
    assert value_of(after, FieldGroup("life")) == "archived"


def test_what_nobody_touched_was_touched_by_its_creator():
    touch = last_touch(an_order(), FieldGroup("stage"))

    assert (touch.version, touch.by_name) == (1, "Mei")


def test_parts_that_are_gone_have_no_value():
    order = an_order()

    names = ("window:del-x", "assignment:del-x", "quantity:line-x", "price:line-x", "line:line-x")
    assert [value_of(order, FieldGroup(name)) for name in names] == [None] * 5
