from typing import Any

import pytest
from msgspec.structs import replace

from protocols.commands import CopyOrder, CreateOrder, NewCharge, NewLine
from protocols.rejections import Forbidden, Invalid
from protocols.values import Address, AmountOff, Party, Window
from protocols.vocabulary import (
    Currency,
    CustomerId,
    DeliveryId,
    DriverId,
    Instant,
    LabelId,
    LineId,
    Minor,
    OrderId,
    Permission,
    PersonId,
    ProductId,
)
from server.domain.decision import Accepted
from server.domain.orders.decide import decide
from server.domain.orders.events import OrderPlaced
from server.domain.orders.state import Charge, Order
from tests.support.builders import (
    DictWorld,
    a_discount,
    a_driver,
    a_line,
    a_person,
    a_product,
    a_workflow,
    a_world,
    accepted,
    an_actor,
    an_order,
    asked,
    refused,
    some_settings,
)
from tests.support.rules import rule


def create(**fields: Any) -> CreateOrder:
    given: dict[str, Any] = {
        "order_id": OrderId("ord-new"),
        "delivery_id": DeliveryId("del-new"),
        "customer_id": CustomerId("cust-1"),
    }
    return CreateOrder(**(given | fields))


def copy(**fields: Any) -> CopyOrder:
    given: dict[str, Any] = {
        "order_id": OrderId("ord-new"),
        "delivery_id": DeliveryId("del-new"),
        "copied_id": OrderId("ord-1"),
    }
    return CopyOrder(**(given | fields))


def placed(command: CreateOrder | CopyOrder, world: DictWorld) -> Order:
    (event,) = accepted(decide(None, command, asked(), world))
    assert isinstance(event, OrderPlaced)
    return event.order


def problems(
    command: CreateOrder | CopyOrder, world: DictWorld | None = None
) -> set[tuple[str, str]]:
    reason = refused(decide(None, command, asked(), world or a_world()))
    assert isinstance(reason, Invalid)
    return {(problem.field, problem.rule) for problem in reason.problems}


@rule("CR6")
def test_a_new_order_lies_on_top_of_the_first_stage():
    world = a_world(an_order())

    order = placed(create(lines=[product_line()]), world)

    assert (order.number, order.version, order.stage_id, order.category) == (1_002, 1, "new", "new")
    assert order.rank < world.orders[OrderId("ord-1")].rank
    assert [(each.id, each.driver_id, each.epoch) for each in order.deliveries] == [
        ("del-new", None, 0)
    ]
    assert order.totals.total == 2_400
    assert order.customer == Party(name="Rosa", customer_id="cust-1")
    assert order.shipping_address.city == "Lyon"


def product_line(**fields: Any) -> NewLine:
    given: dict[str, Any] = {
        "line_id": LineId("line-a"),
        "quantity": 2,
        "product_id": ProductId("prod-1"),
    }
    return NewLine(**(given | fields))


def test_a_new_order_is_as_its_creator_said():
    command = create(
        customer=Party(name="Rosa at work"),
        shipping_address=Address(city="Paris"),
        billing_address=Address(city="Nice"),
        driver_id=DriverId("ana"),
        csr_id=PersonId("ben"),
        labels=[LabelId("urgent"), LabelId("fragile")],
        charges=[NewCharge(charge="delivery_fee", amount=500)],
        note="Ring twice",
        window=Window(opens=Instant(1), closes=Instant(2)),
    )

    order = placed(command, a_world())

    assert order.customer == Party(name="Rosa at work", customer_id="cust-1")
    assert (order.shipping_address.city, order.csr_id) == ("Paris", "ben")
    assert order.billing_address == Address(city="Nice")
    assert order.labels == ("fragile", "urgent")
    assert order.charges == (Charge(charge="delivery_fee", amount=Minor(500)),)
    assert [note.text for note in order.notes] == ["Ring twice"]
    (delivery,) = order.deliveries
    assert (delivery.driver_id, delivery.epoch) == ("ana", 1)


def test_a_customer_needs_no_record():
    order = placed(create(customer_id=None, customer=Party(name="Walk-in")), a_world())

    assert (order.customer.name, order.shipping_address) == ("Walk-in", Address())


@rule("CR1")
def test_an_id_that_something_bears_is_not_given_again():
    order = an_order("ord-new")

    reason = refused(decide(order, create(), asked(), a_world(order)))

    assert isinstance(reason, Invalid)
    assert problems(create(order_id=OrderId("settings"))) == {("order_id", "exists")}


@rule("CR3")
def test_wrong_values_are_named_all_at_once():
    command = create(
        customer_id=CustomerId("nobody"),
        csr_id=PersonId("nobody"),
        driver_id=DriverId("nobody"),
        window=Window(opens=Instant(2), closes=Instant(2)),
        currency=Currency("euro"),
        labels=[LabelId("unheard-of")],
        charges=[NewCharge(charge="service", amount=1)] * 2,
        lines=[product_line(product_id=ProductId("prod-x"))],
    )

    found = problems(command)

    assert found == {
        ("customer_id", "unknown"),
        ("csr_id", "unknown"),
        ("driver_id", "unknown"),
        ("window", "opens_before_closes"),
        ("currency", "pattern"),
        ("labels", "unknown"),
        ("charges", "unique"),
        ("lines.0.product_id", "unknown"),
    }


@pytest.mark.parametrize("customer", [None, Party(name=" ")])
def test_a_customer_has_a_name(customer: Party | None):
    assert problems(create(customer_id=None, customer=customer)) == {("customer", "required")}


def test_inactive_people_and_drivers_get_nothing():
    world = a_world(records=(a_person(active=False), a_driver(active=False)))
    command = create(
        customer_id=None,
        customer=Party(name="Rosa"),
        csr_id=PersonId("ben"),
        driver_id=DriverId("ana"),
    )

    assert problems(command, world) == {("csr_id", "inactive"), ("driver_id", "inactive")}


@rule("ED5")
def test_a_line_worth_too_much_is_invalid():
    line = product_line(quantity=1_000_000, unit_price=10**9)

    assert problems(create(lines=[line])) == {("quantity:line-a", "amount_limit")}


@rule("CR2")
@pytest.mark.parametrize(
    ("field", "missing", "named"),
    [
        ({"driver_id": DriverId("ana")}, ["driver.assign"], "driver.assign"),
        ({"csr_id": PersonId("ben")}, ["csr.assign"], "csr.assign"),
        ({}, ["order.create"], "order.create"),
        ({"lines": [product_line(unit_price=5)]}, ["price.override"], "price.override"),
        ({"lines": [product_line(discount=9_000)]}, ["discount.unlimited"], "discount.unlimited"),
    ],
)
def test_creating_is_no_side_door(field: dict[str, Any], missing: list[Permission], named: str):
    decision = decide(None, create(**field), asked(an_actor(without=missing)), a_world())

    reason = refused(decision)

    assert isinstance(reason, Forbidden)
    assert reason.permission == named


@rule("MO11")
def test_in_another_currency_the_catalogue_has_no_prices():
    command = create(currency=Currency("USD"), lines=[product_line()])

    assert problems(command) == {("lines.0.unit_price", "required")}
    priced = create(currency=Currency("USD"), lines=[product_line(unit_price=7)])
    assert placed(priced, a_world()).totals.net == 14


@rule("CR7")
def test_a_full_stage_only_warns_about_a_new_order():
    workflow = a_workflow()
    first = replace(workflow.stages[0], hard=1)
    full = replace(workflow, stages=(first, *workflow.stages[1:]))

    decision = decide(None, create(), asked(), a_world(an_order(), workflows=(full,)))

    assert isinstance(decision, Accepted)
    assert decision.warnings == ("wip_soft",)


def sold_order(**fields: Any) -> Order:
    line = a_line(product_id=ProductId("prod-1"), unit_price=Minor(700))
    gone = a_line("line-2", product_id=ProductId("prod-gone"))
    given: dict[str, Any] = {
        "lines": (line, gone, a_line("line-3")),
        "discounts": (a_discount(reduction=AmountOff(amount=100)),),
        "custom": {"approved": "yes", "gate": "4"},
    }
    return an_order(**(given | fields))


@rule("CR5")
def test_a_copy_at_current_prices_has_the_catalogues_and_no_discounts():
    order = placed(copy(), a_world(sold_order()))

    assert [line.unit_price for line in order.lines] == [1_000, 1_000, 1_000]
    assert (order.discounts, order.custom) == ((), {"gate": "4"})
    assert (order.copied_from, order.customer.name, order.version) == ("ord-1", "Rosa", 1)


@rule("CR5")
def test_a_copy_that_keeps_prices_keeps_the_discounts():
    order = placed(copy(prices="keep"), a_world(sold_order()))

    assert [line.unit_price for line in order.lines] == [700, 1_000, 1_000]
    assert len(order.discounts) == 1


@rule("CR5")
def test_what_the_catalogue_cannot_price_keeps_its_price():
    retired = a_product(active=False)
    dollars = sold_order(currency=Currency("USD"))

    again = placed(copy(), a_world(sold_order(), records=(retired,)))
    foreign = placed(copy(), a_world(dollars))

    assert again.lines[0].unit_price == 700
    assert (foreign.currency, foreign.lines[0].unit_price) == ("USD", 700)


@rule("CR4")
@pytest.mark.parametrize("orders", [(), (an_order(deleted=True),)])
def test_only_what_exists_is_copied(orders: tuple[Order, ...]):
    assert problems(copy(), a_world(*orders)) == {("copied_id", "unknown")}


def test_an_order_takes_the_settings_of_its_tenant():
    settings = some_settings(price_mode="gross", tax_rounding="rate_group")

    order = placed(create(), a_world(settings=settings))

    assert (order.price_mode, order.tax_rounding) == ("gross", "rate_group")
