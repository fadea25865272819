import pytest
from msgspec.structs import replace

from protocols.values import Address, Window
from protocols.vocabulary import DriverId, FieldGroup, Instant, PersonId, StageId, Version
from server.domain.orders.state import Hold, Order, Touch
from server.domain.workflow.gates import failing
from server.domain.workflow.state import GateKind, Transition
from tests.support.builders import NOW, a_delivery, an_order
from tests.support.rules import rule


def shut(gate: GateKind, order: Order) -> bool:
    arrow = Transition(
        id="t", name="T", from_stages=(), to_stage=StageId("new"), gates=(gate,), overridable=False
    )
    found = failing(arrow, order)
    assert all(each.gate == gate and each.fix and not each.overridable for each in found)
    return bool(found)


HOLD = Hold(reason="unpaid", by_id=PersonId("ben"), by_name="Ben", at=NOW)
WINDOW = Window(opens=Instant(1), closes=Instant(2))

CASES: list[tuple[GateKind, Order, Order]] = [
    ("has_lines", an_order(), an_order(lines=())),
    ("has_address", an_order(), an_order(shipping_address=Address(city="Lyon"))),
    ("has_window", an_order(deliveries=(a_delivery(window=WINDOW),)), an_order()),
    ("driver_assigned", an_order(deliveries=(a_delivery(driver_id=DriverId("ana")),)), an_order()),
    ("no_hold", an_order(), an_order(hold=HOLD)),
    ("no_review", an_order(), an_order(review="address looks odd")),
    ("payment_method_set", an_order(payment_method="cash"), an_order()),
]


@rule("MV9")
@pytest.mark.parametrize(("gate", "passes", "fails"), CASES, ids=[case[0] for case in CASES])
def test_a_gate_holds_or_names_what_would_help(gate: GateKind, passes: Order, fails: Order):
    assert not shut(gate, passes)
    assert shut(gate, fails)


def test_what_is_picked_up_needs_no_address_and_no_driver():
    order = an_order(shipping_address=Address(), deliveries=(a_delivery(method="pickup"),))

    assert not shut("has_address", order)
    assert not shut("driver_assigned", order)


def approved(*, by: str, version: int, value: str = "yes") -> Order:
    quantity = Touch(version=Version(3), by_id=PersonId("mei"), by_name="Mei", at=NOW)
    approval = Touch(version=Version(version), by_id=PersonId(by), by_name=by, at=NOW)
    return an_order(
        custom={"approved": value} if value else {},
        touches={
            FieldGroup("quantity:line-1"): quantity,
            FieldGroup("notes"): replace(quantity, version=Version(9)),
            FieldGroup("custom:approved"): approval,
        },
    )


@rule("WF6")
def test_an_approval_holds_for_the_content_it_was_given_for():
    assert not shut("approved", approved(by="ben", version=4))
    assert shut("approved", approved(by="ben", version=2))


@rule("WF6")
def test_nobody_approves_what_they_wrote():
    assert shut("approved", approved(by="mei", version=4))


@rule("WF6")
def test_without_an_approval_nothing_is_approved():
    assert shut("approved", an_order())
    assert shut("approved", approved(by="ben", version=4, value=""))
