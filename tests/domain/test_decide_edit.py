import pytest
from msgspec.structs import replace

from protocols.commands import (
    AddLines,
    AddNote,
    ChangeLabels,
    FlagReview,
    NewLine,
    OrderCommand,
    RemoveNote,
    SetAddress,
    SetCustom,
    SetCustomer,
    SetDiscount,
    SetPayment,
    SetPriority,
    SetWindow,
)
from protocols.rejections import Forbidden, Invalid, Stale
from protocols.values import Address, Party, PercentOff, Window
from protocols.vocabulary import (
    DeliveryId,
    DiscountId,
    FieldGroup,
    Instant,
    LabelId,
    LineId,
    NoteId,
    OrderId,
    Version,
)
from server.domain.orders.decide import decide
from server.domain.orders.evolve import evolve
from server.domain.orders.groups import touched, value_of
from server.domain.orders.merge import (
    CUSTOM_LIMIT,
    DISCOUNT_LIMIT,
    NOTE_LIMIT,
    NOTED_LIMIT,
    WRITTEN_LIMIT,
)
from server.domain.orders.state import Order
from tests.support.builders import (
    NOW,
    a_delivery,
    a_discount,
    a_note,
    a_world,
    accepted,
    an_actor,
    an_order,
    asked,
    at_stage,
    refused,
    touched_by_ben,
)
from tests.support.rules import rule

ORDER = OrderId("ord-1")
WINDOW = Window(opens=Instant(1), closes=Instant(2))

WORDS: list[tuple[str, OrderCommand, object]] = [
    ("customer", SetCustomer(order_id=ORDER, customer=Party(name="Ida")), Party(name="Ida")),
    (
        "shipping_address",
        SetAddress(order_id=ORDER, which="shipping", address=Address(city="Nice")),
        Address(city="Nice"),
    ),
    (
        "billing_address",
        SetAddress(order_id=ORDER, which="billing", address=Address(city="Nice")),
        Address(city="Nice"),
    ),
    (
        "window:del-1",
        SetWindow(order_id=ORDER, delivery_id=DeliveryId("del-1"), window=WINDOW),
        WINDOW,
    ),
    ("priority", SetPriority(order_id=ORDER, priority=3), 3),
    ("payment", SetPayment(order_id=ORDER, payment_method="cash"), "cash"),
    ("custom:gate", SetCustom(order_id=ORDER, key="gate", value="4b"), "4b"),
    ("review", FlagReview(order_id=ORDER, reason="odd address"), "odd address"),
]


def done(order: Order, command: OrderCommand) -> Order:
    events = accepted(decide(order, command, asked(), a_world(order)))
    return evolve(order, events, asked().touch(Version(order.version + 1)))


@rule("ED2")
@pytest.mark.parametrize(("group", "command", "value"), WORDS, ids=[each[0] for each in WORDS])
def test_a_change_of_one_group_sets_it_and_merges_with_all_others(
    group: str, command: OrderCommand, value: object
):
    others = [name for name, _, _ in WORDS if name != group]
    order = touched_by_ben(an_order(), *others)

    after = done(order, command)

    assert value_of(after, FieldGroup(group)) == value
    assert after.touches[FieldGroup(group)] == asked().touch(Version(3))
    assert (after.version, after.updated_by) == (3, "Mei")


@rule("ED1")
@pytest.mark.parametrize(("group", "command", "value"), WORDS, ids=[each[0] for each in WORDS])
def test_a_change_of_what_somebody_changed_is_stale(
    group: str, command: OrderCommand, value: object
):
    order = touched_by_ben(an_order(), group)

    reason = refused(decide(order, command, asked(), a_world(order)))

    assert isinstance(reason, Stale)
    assert (reason.conflicts[0].group, reason.conflicts[0].mine) == (group, value)


@rule("ED3")
@pytest.mark.parametrize(("group", "command", "value"), WORDS, ids=[each[0] for each in WORDS])
def test_the_same_words_again_do_nothing(group: str, command: OrderCommand, value: object):
    order = touched_by_ben(done(an_order(), command), group, version=3)

    assert accepted(decide(order, command, asked(), a_world(order))) == ()


@rule("ED4")
def test_a_stage_may_close_contents_and_leave_addresses_open():
    order = at_stage(an_order(), "ready", "ready")
    done_order = at_stage(an_order(), "delivered", "done")
    command = SetAddress(order_id=ORDER, which="shipping", address=Address(city="Nice"))

    assert accepted(decide(order, command, asked(), a_world(order)))
    assert isinstance(refused(decide(done_order, command, asked(), a_world(done_order))), Invalid)


@rule("ED4")
def test_marks_stay_open_on_a_done_order_and_in_a_stage_that_is_gone():
    order = at_stage(an_order(), "delivered", "done")
    lost = at_stage(an_order(), "nowhere", "ready")
    ranked = SetPriority(order_id=ORDER, priority=3)
    named = SetCustomer(order_id=ORDER, customer=Party(name="Ida"))

    assert accepted(decide(order, ranked, asked(), a_world(order)))
    assert accepted(decide(lost, named, asked(), a_world(lost)))


@rule("ED10")
def test_a_window_opens_before_it_closes():
    order = an_order()
    backwards = Window(opens=Instant(2), closes=Instant(1))

    for delivery, window in (("del-1", backwards), ("del-x", WINDOW)):
        command = SetWindow(order_id=ORDER, delivery_id=DeliveryId(delivery), window=window)
        assert isinstance(refused(decide(order, command, asked(), a_world(order))), Invalid)


def test_a_window_may_be_taken_away():
    order = an_order(deliveries=(a_delivery(window=WINDOW),))

    after = done(order, SetWindow(order_id=ORDER, delivery_id=DeliveryId("del-1"), window=None))

    assert after.deliveries[0].window is None


def test_a_customer_without_a_name_is_invalid():
    order = an_order()
    command = SetCustomer(order_id=ORDER, customer=Party(name=" "))

    assert isinstance(refused(decide(order, command, asked(), a_world(order))), Invalid)


def test_empty_text_takes_a_custom_field_and_a_review_away():
    order = an_order(custom={"gate": "4b"}, review="odd")

    plain = done(order, SetCustom(order_id=ORDER, key="gate", value=""))
    after = done(plain, FlagReview(order_id=ORDER, reason=" "))

    assert (after.custom, after.review) == ({}, None)


@rule("WF5")
def test_only_who_may_approve_writes_the_approval():
    order = an_order()
    command = SetCustom(order_id=ORDER, key="approved", value="yes")
    meek = asked(an_actor(without=["order.approve"]))

    assert refused(decide(order, command, meek, a_world(order))) == Forbidden(
        permission="order.approve"
    )
    assert accepted(decide(order, command, asked(), a_world(order)))


@rule("ED5")
def test_own_fields_do_not_grow_without_end():
    order = an_order(custom={f"key_{index}": "x" for index in range(CUSTOM_LIMIT)})
    command = SetCustom(order_id=ORDER, key="one_more", value="x")

    assert isinstance(refused(decide(order, command, asked(), a_world(order))), Invalid)


def labels(add: str = "", remove: str = "") -> ChangeLabels:
    return ChangeLabels(
        order_id=ORDER,
        add=[LabelId(each) for each in add.split()],
        remove=[LabelId(each) for each in remove.split()],
    )


@rule("NT1")
def test_a_label_that_nobody_defined_is_invalid():
    order = an_order()

    assert isinstance(refused(decide(order, labels("odd"), asked(), a_world(order))), Invalid)


@rule("NT2")
def test_labels_merge_in_any_order():
    order = touched_by_ben(an_order(labels=(LabelId("old"),)), "labels")

    one = done(done(order, labels("urgent")), labels("fragile", "old"))
    other = done(done(order, labels("fragile", "old")), labels("urgent"))

    assert one.labels == other.labels == ("fragile", "urgent")


@rule("NT2")
def test_labels_that_are_there_already_are_nothing_new():
    order = an_order(labels=(LabelId("urgent"),))

    assert accepted(decide(order, labels("urgent", "fragile"), asked(), a_world(order))) == ()


def test_a_note_says_who_wrote_it_and_never_conflicts():
    order = touched_by_ben(an_order(notes=(a_note(),)), "notes")
    command = AddNote(order_id=ORDER, note_id=NoteId("note-2"), text="Left", for_driver=True)

    after = done(order, command)

    note = after.notes[1]
    assert (note.text, note.by_id, note.by_name, note.at) == ("Left", "mei", "Mei", NOW)
    assert note.for_driver


@rule("NT3")
def test_a_note_is_not_written_twice():
    order = an_order(notes=(a_note(),))
    command = AddNote(order_id=ORDER, note_id=NoteId("note-1"), text="Again")

    assert isinstance(refused(decide(order, command, asked(), a_world(order))), Invalid)


@rule("ED5")
def test_notes_do_not_grow_without_end():
    order = an_order(notes=tuple(a_note(f"note-{index}") for index in range(NOTE_LIMIT)))
    command = AddNote(order_id=ORDER, note_id=NoteId("note-x"), text="One more")

    assert isinstance(refused(decide(order, command, asked(), a_world(order))), Invalid)


@rule("ED5")
def test_all_notes_together_have_a_longest_length():
    long = "x" * 4_000
    full = tuple(a_note(f"note-{index}", text=long) for index in range(NOTED_LIMIT // 4_000))
    order = an_order(notes=full)
    command = AddNote(order_id=ORDER, note_id=NoteId("note-x"), text="One more")

    assert isinstance(refused(decide(order, command, asked(), a_world(order))), Invalid)


@rule("ED5")
def test_discounts_do_not_grow_without_end():
    many = tuple(a_discount(f"disc-{index}") for index in range(DISCOUNT_LIMIT))
    order = an_order(discounts=many)
    command = SetDiscount(
        order_id=ORDER, discount_id=DiscountId("one-more"), reduction=PercentOff(basis_points=1)
    )

    assert isinstance(refused(decide(order, command, asked(), a_world(order))), Invalid)


@rule("ED5")
def test_lines_that_come_and_go_do_not_make_an_order_grow_without_end():
    gone = (f"line:gone-{index}" for index in range(WRITTEN_LIMIT))
    order = touched_by_ben(an_order(), *gone, version=1)
    new = NewLine(line_id=LineId("one-more"), quantity=1, name="Chair", unit_price=1)
    more = AddLines(order_id=ORDER, lines=[new])
    urgent = SetPriority(order_id=ORDER, priority=3)

    assert isinstance(refused(decide(order, more, asked(), a_world(order))), Invalid)
    assert accepted(decide(order, urgent, asked(), a_world(order)))


REMOVAL = RemoveNote(order_id=ORDER, note_id=NoteId("note-1"))


@rule("NT4")
def test_a_note_that_is_gone_is_not_removed_again():
    order = an_order()

    assert accepted(decide(order, REMOVAL, asked(), a_world(order))) == ()


@rule("NT5")
def test_a_note_is_removed_by_its_author_or_a_moderator():
    order = an_order(notes=(a_note(),))
    own = replace(order, notes=(a_note(by_id="mei"),))
    meek = asked(an_actor(without=["note.moderate"]))

    assert refused(decide(order, REMOVAL, meek, a_world(order))) == Forbidden(
        permission="note.moderate"
    )
    assert done(order, REMOVAL).notes == ()
    (event,) = accepted(decide(own, REMOVAL, meek, a_world(own)))
    assert touched(event) == ("notes",)
