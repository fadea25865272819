import pytest

from protocols.commands import AddLines, NewLine, RemoveLine, SetPrice, SetQuantity
from protocols.rejections import Forbidden, Invalid, InvalidAfterMerge, Stale
from protocols.values import PercentOff
from protocols.vocabulary import LineId, Minor, OrderId, ProductId, Version
from server.domain.orders.decide import decide
from server.domain.orders.events import (
    DiscountSet,
    LineRemoved,
    LinesAdded,
    PriceChanged,
    QuantityChanged,
)
from server.domain.orders.evolve import evolve
from server.domain.orders.groups import stale
from server.domain.orders.merge import LINE_LIMIT
from server.domain.orders.state import Order
from tests.support.builders import (
    a_discount,
    a_line,
    a_product,
    a_world,
    accepted,
    an_actor,
    an_order,
    asked,
    at_stage,
    refused,
    some_settings,
    touched_by_ben,
)
from tests.support.rules import rule

ORDER, LINE = OrderId("ord-1"), LineId("line-1")


def quantity(count: int, line: LineId = LINE) -> SetQuantity:
    return SetQuantity(order_id=ORDER, line_id=line, quantity=count)


def repriced(amount: int, line: LineId = LINE) -> SetPrice:
    return SetPrice(order_id=ORDER, line_id=line, unit_price=amount, reason="agreed")


def removal(line: LineId = LINE) -> RemoveLine:
    return RemoveLine(order_id=ORDER, line_id=line, reason="sold out")


def addition(*lines: NewLine) -> AddLines:
    return AddLines(order_id=ORDER, lines=list(lines))


def test_another_quantity_on_a_line():
    order = an_order()

    events = accepted(decide(order, quantity(5), asked(), a_world(order)))

    assert events == (QuantityChanged(line_id=LINE, quantity=5, was=2),)


def test_another_price_on_a_line():
    order = an_order()

    events = accepted(decide(order, repriced(900), asked(), a_world(order)))

    assert events == (
        PriceChanged(line_id=LINE, unit_price=Minor(900), was=Minor(1_000), reason="agreed"),
    )


@rule("ED1")
def test_a_quantity_that_somebody_changed_since_is_stale():
    order = touched_by_ben(an_order(), "quantity:line-1")

    reason = refused(decide(order, quantity(5), asked(), a_world(order)))

    assert isinstance(reason, Stale)
    (conflict,) = reason.conflicts
    assert (conflict.group, conflict.theirs, conflict.mine) == ("quantity:line-1", 2, 5)
    assert (conflict.by_id, conflict.by_name, conflict.version) == ("ben", "Ben", 2)


@rule("ED1")
@pytest.mark.parametrize(
    "seen",
    [
        {"base_version": Version(2)},
        {"base_groups": {"quantity:line-1": Version(2)}},
        {"over": Version(2)},
        {"own": frozenset({Version(2)})},
        {"fact": True},
    ],
)
def test_who_saw_it_or_insists_changes_it(seen: dict[str, object]):
    order = touched_by_ben(an_order(), "quantity:line-1")

    assert accepted(decide(order, quantity(5), asked(**seen), a_world(order)))


@rule("ED1")
def test_a_field_that_was_open_longer_than_the_screen_has_its_own_base():
    order = touched_by_ben(an_order(), "quantity:line-1")
    older = asked(base_version=Version(2), base_groups={"quantity:line-1": Version(1)})

    assert isinstance(refused(decide(order, quantity(5), older, a_world(order))), Stale)


@rule("ED3")
def test_the_same_quantity_again_does_nothing():
    order = touched_by_ben(an_order(), "quantity:line-1")

    assert accepted(decide(order, quantity(2), asked(), a_world(order))) == ()


@rule("ED4")
@pytest.mark.parametrize(
    "order",
    [
        at_stage(an_order(), "in-transit", "in_transit"),
        at_stage(an_order(), "delivered", "done"),
    ],
)
def test_a_closed_stage_refuses_other_quantities(order: Order):
    reason = refused(decide(order, quantity(5), asked(), a_world(order)))

    assert isinstance(reason, Invalid)
    assert reason.problems[0].rule == "closed_stage"


@rule("ED6")
def test_a_stage_that_was_closed_meanwhile_is_named_with_its_closer():
    order = touched_by_ben(at_stage(an_order(), "delivered", "done"), "stage")

    reason = refused(decide(order, quantity(5), asked(), a_world(order)))

    assert isinstance(reason, InvalidAfterMerge)
    assert reason.problems[0].rule == "closed_stage"
    assert [(each.group, each.theirs, each.by_name) for each in reason.conflicts] == [
        ("stage", "delivered", "Ben")
    ]


@rule("ED5", "ED6")
def test_two_edits_that_are_fine_alone_are_refused_when_impossible_together():
    dear = an_order(lines=(a_line(unit_price=Minor(10**9)),))
    order = touched_by_ben(dear, "price:line-1")

    reason = refused(decide(order, quantity(1_000_000), asked(), a_world(order)))
    alone = refused(decide(dear, quantity(1_000_000), asked(), a_world(dear)))

    assert isinstance(reason, InvalidAfterMerge)
    assert reason.problems[0].rule == "amount_limit"
    assert reason.conflicts[0].group == "price:line-1"
    assert isinstance(alone, Invalid)


@rule("ED7")
@pytest.mark.parametrize("command", [quantity(5), repriced(9), removal()])
def test_a_change_of_a_line_that_was_removed_since_is_stale(command: SetQuantity):
    order = touched_by_ben(an_order(lines=()), "line:line-1")

    reason = refused(decide(order, command, asked(), a_world(order)))

    assert isinstance(reason, Stale)
    assert reason.conflicts[0].theirs is None


@rule("ED7")
def test_a_change_of_a_line_that_never_was_is_invalid():
    order = touched_by_ben(an_order(lines=()), "line:line-1")

    unknown = decide(order, quantity(5, LineId("line-x")), asked(), a_world(order))
    insisting = decide(order, quantity(5), asked(over=Version(2)), a_world(order))

    assert isinstance(refused(unknown), Invalid)
    assert isinstance(refused(insisting), Invalid)


def test_a_removed_line_takes_its_discounts_with_it():
    own, general = a_discount("disc-1", line="line-1"), a_discount("disc-2")
    order = an_order(discounts=(own, general))

    events = accepted(decide(order, removal(), asked(), a_world(order)))
    after = evolve(order, events, asked().touch(Version(2)))

    assert events == (
        LineRemoved(line=order.lines[0], position=0, discounts=(own,), reason="sold out"),
    )
    assert (after.lines, after.discounts) == ((), (general,))
    assert set(after.touches) == {"line:line-1", "discount:disc-1"}


@rule("ED8")
@pytest.mark.parametrize("group", ["quantity:line-1", "price:line-1", "discount:disc-1"])
def test_removing_a_line_that_somebody_worked_on_is_stale(group: str):
    order = touched_by_ben(an_order(discounts=(a_discount(line="line-1"),)), group)

    reason = refused(decide(order, removal(), asked(), a_world(order)))

    assert isinstance(reason, Stale)
    assert [each.group for each in reason.conflicts] == [group]


def added(identity: str = "line-9", **fields: object) -> NewLine:
    given: dict[str, object] = {
        "line_id": LineId(identity),
        "quantity": 3,
        "product_id": ProductId("prod-1"),
    }
    return NewLine(**(given | fields))  # type: ignore[arg-type]


def test_added_lines_have_the_catalogues_words_and_prices():
    order = an_order()

    events = accepted(decide(order, addition(added(discount=500)), asked(), a_world(order)))

    lines, discount = events
    assert isinstance(lines, LinesAdded)
    (line,) = lines.lines
    assert (line.name, line.sku, line.unit_price, line.list_price) == (
        "Oak table",
        "OAK-1",
        1_000,
        1_000,
    )
    assert discount == DiscountSet(
        discount=a_discount("line-9", PercentOff(basis_points=500), line="line-9")
    )


def test_free_text_needs_words_and_a_price():
    order = an_order()
    free = added(product_id=None, name="Gift wrap", unit_price=250, tax_rate=700)

    (event,) = accepted(decide(order, addition(free), asked(), a_world(order)))

    assert isinstance(event, LinesAdded)
    assert (event.lines[0].name, event.lines[0].unit_price, event.lines[0].tax_rate) == (
        "Gift wrap",
        250,
        700,
    )


@rule("ED9")
def test_lines_that_make_no_sense_say_why():
    order = an_order()
    world = a_world(order, records=(a_product(active=False),))
    command = addition(
        added("line-1"),
        added(product_id=ProductId("prod-x")),
        added("line-8", product_id=None),
        added("line-8", product_id=None, name="Twice", unit_price=1),
    )

    reason = refused(decide(order, command, asked(), world))

    assert isinstance(reason, Invalid)
    assert [(problem.field, problem.rule) for problem in reason.problems] == [
        ("lines.0.line_id", "exists"),
        ("lines.0.product_id", "inactive"),
        ("lines.1.product_id", "unknown"),
        ("lines.2.name", "required"),
        ("lines.2.unit_price", "required"),
        ("lines.3.line_id", "exists"),
    ]


@rule("MO11")
def test_an_order_in_the_old_price_mode_needs_prices_of_its_own():
    order = an_order(price_mode="gross")

    reason = refused(decide(order, addition(added()), asked(), a_world(order)))

    assert isinstance(reason, Invalid)
    assert reason.problems[0].field == "lines.0.unit_price"


@rule("MO7")
@pytest.mark.parametrize("fields", [{"unit_price": 1}, {"tax_rate": 0}])
def test_another_price_than_the_catalogues_needs_permission(fields: dict[str, object]):
    order = an_order()
    meek = asked(an_actor(without=["price.override"]))

    reason = refused(decide(order, addition(added(**fields)), meek, a_world(order)))

    assert reason == Forbidden(permission="price.override")
    assert accepted(decide(order, addition(added(unit_price=1_000)), meek, a_world(order)))
    assert refused(decide(order, repriced(1), meek, a_world(order))) == reason


@rule("MO10")
def test_added_lines_are_no_way_around_the_discount_limit():
    order = an_order()
    meek = asked(an_actor(without=["discount.unlimited"]))
    world = a_world(order, settings=some_settings(discount_limit=1_000))

    over, within = addition(added(discount=1_001)), addition(added(discount=1_000))

    assert refused(decide(order, over, meek, world)) == Forbidden(permission="discount.unlimited")
    assert accepted(decide(order, within, meek, world))


@rule("ED5")
def test_an_order_does_not_grow_without_end():
    order = an_order(lines=tuple(a_line(f"line-{index}") for index in range(LINE_LIMIT)))

    reason = refused(decide(order, addition(added("line-x")), asked(), a_world(order)))

    assert isinstance(reason, Invalid)
    assert reason.problems[0].rule == "count_limit"


@rule("ED2")
def test_quantity_and_price_of_one_line_merge():
    order = an_order()
    world = a_world(order)

    def after(*commands: SetQuantity | SetPrice) -> Order:
        now = order
        for command in commands:
            events = accepted(decide(now, command, asked(), world))
            now = evolve(now, events, asked().touch(Version(now.version + 1)))
        return now

    one, other = after(quantity(5), repriced(9)), after(repriced(9), quantity(5))

    assert one.lines == other.lines
    assert one.totals == other.totals
    assert one.totals.lines == 45


def test_a_refusal_names_the_order():
    reason = refused(stale(an_order(), ()))

    assert isinstance(reason, Stale)
    assert reason.aggregate_id == "ord-1"
