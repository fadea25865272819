from typing import Any

import pytest
from msgspec.structs import replace

from protocols.commands import MoveOrder, ReorderOrder
from protocols.rejections import (
    Forbidden,
    GateFailed,
    Invalid,
    NoTransition,
    Stale,
    WipExceeded,
)
from protocols.vocabulary import DriverId, OrderId, Rank, StageId, Version
from server.domain.decision import Accepted
from server.domain.orders.decide import decide
from server.domain.orders.delivery_events import DriverAssigned
from server.domain.orders.events import RankChanged, StageChanged
from server.domain.orders.state import Order
from server.domain.workflow.presets import omni, regulated_8
from server.domain.workflow.state import Workflow
from tests.support.builders import (
    a_delivery,
    a_workflow,
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


def move(to: str = "confirmed", **fields: Any) -> MoveOrder:
    given: dict[str, Any] = {
        "order_id": OrderId("ord-1"),
        "from_stage": StageId("new"),
        "to_stage": StageId(to),
    }
    return MoveOrder(**(given | fields))


def test_a_card_goes_to_the_bottom_of_the_next_stage():
    below = at_stage(an_order("ord-2", rank=Rank("a5")), "confirmed", "confirmed")
    order = an_order()

    events = accepted(decide(order, move(), asked(), a_world(order, below)))

    assert events == (
        StageChanged(
            from_stage=StageId("new"),
            from_category="new",
            from_rank=Rank("a0"),
            to_stage=StageId("confirmed"),
            to_category="confirmed",
            rank=Rank("a6"),
        ),
    )


def test_a_card_goes_between_the_cards_it_was_dropped_between():
    above = at_stage(an_order("ord-2", rank=Rank("a1")), "confirmed", "confirmed")
    below = at_stage(an_order("ord-3", rank=Rank("a2")), "confirmed", "confirmed")
    order = an_order()
    command = move(after_id=OrderId("ord-2"), before_id=OrderId("ord-3"))

    (event,) = accepted(decide(order, command, asked(), a_world(order, above, below)))

    assert isinstance(event, StageChanged)
    assert "a1" < event.rank < "a2"


@rule("MV1")
def test_a_move_into_a_stage_that_does_not_exist_is_invalid():
    order = an_order()

    assert isinstance(refused(decide(order, move("gone"), asked(), a_world(order))), Invalid)


@rule("MV2")
def test_a_move_to_where_the_card_is_already_does_nothing():
    order = touched_by_ben(at_stage(an_order(), "confirmed", "confirmed"), "stage")

    assert accepted(decide(order, move(), asked(), a_world(order))) == ()


@rule("MV2")
def test_a_move_to_where_the_card_is_already_places_it_when_a_neighbour_is_named():
    order = at_stage(an_order(rank=Rank("a3")), "confirmed", "confirmed")
    other = at_stage(an_order("ord-2", rank=Rank("a5")), "confirmed", "confirmed")
    command = move(after_id=OrderId("ord-2"))

    (event,) = accepted(decide(order, command, asked(), a_world(order, other)))

    assert event == RankChanged(rank=Rank("a6"), was=Rank("a3"))


def elsewhere() -> Order:
    return touched_by_ben(at_stage(an_order(), "preparing", "preparing"), "stage", version=4)


@rule("MV3")
def test_a_move_of_a_card_that_somebody_put_elsewhere_is_stale():
    order = elsewhere()

    reason = refused(decide(order, move(), asked(base_version=Version(9)), a_world(order)))

    assert isinstance(reason, Stale)
    (conflict,) = reason.conflicts
    assert (conflict.group, conflict.theirs, conflict.mine) == ("stage", "preparing", "confirmed")
    assert (conflict.by_name, conflict.version, reason.current_version) == ("Ben", 4, 4)


@rule("MV3")
@pytest.mark.parametrize(
    "how", [{"over": Version(4)}, {"fact": True}, {"own": frozenset({Version(4)})}]
)
def test_who_insists_or_knows_moves_it_from_where_it_is(how: dict[str, Any]):
    order = elsewhere()

    (event,) = accepted(decide(order, move(), asked(**how), a_world(order)))

    assert isinstance(event, StageChanged)
    assert (event.from_stage, event.to_stage) == ("preparing", "confirmed")


@rule("MV3")
def test_a_card_that_nobody_moved_but_lies_elsewhere_is_stale_too():
    order = at_stage(an_order(), "preparing", "preparing")

    reason = refused(decide(order, move(), asked(), a_world(order)))

    assert isinstance(reason, Stale)
    assert reason.conflicts[0].by_name == "Mei"


@rule("MV3")
def test_other_changes_of_the_order_do_not_disturb_a_move():
    order = touched_by_ben(an_order(), "quantity:line-1", "customer")

    assert accepted(decide(order, move(), asked(), a_world(order)))


@rule("MV4")
def test_a_reorder_between_its_own_neighbours_does_nothing():
    order = an_order(rank=Rank("a1"))
    world = a_world(order, an_order("ord-2", rank=Rank("a0")), an_order("ord-3", rank=Rank("a2")))
    stays = ReorderOrder(order_id=order.id, after_id=OrderId("ord-2"))
    goes = ReorderOrder(order_id=order.id, before_id=OrderId("ord-2"))

    assert accepted(decide(order, stays, asked(), world)) == ()
    (event,) = accepted(decide(order, goes, asked(), world))
    assert isinstance(event, RankChanged)
    assert event.rank < "a0"


@rule("MV4")
def test_a_reorder_wins_over_any_other():
    order = touched_by_ben(an_order(), "rank", "stage", version=7)
    world = a_world(order, an_order("ord-2", rank=Rank("a5")))
    command = ReorderOrder(order_id=order.id, after_id=OrderId("ord-2"))

    assert accepted(decide(order, command, asked(), world))


@rule("MV20")
def test_a_card_for_a_gap_that_is_used_up_goes_to_the_bottom():
    low, high = Rank("a" + "0" * 600 + "1"), Rank("a" + "0" * 600 + "2")
    first, second, last = (
        an_order(name, rank=rank) for name, rank in (("s-1", low), ("s-2", high), ("s-3", "a8"))
    )
    order = an_order(rank=Rank("a9"))
    world = a_world(order, first, second, last)
    between = ReorderOrder(order_id=order.id, after_id=OrderId("s-1"))

    (event,) = accepted(decide(order, between, asked(), world))

    assert isinstance(event, RankChanged)
    assert event.rank > "a8"
    assert len(event.rank) < 5


@rule("MV5")
def test_moving_to_cancelled_needs_the_permission_to_cancel():
    order = an_order()
    actor = an_actor(without=["order.cancel"])

    reason = refused(decide(order, move("cancelled", note="x"), asked(actor), a_world(order)))

    assert reason == Forbidden(permission="order.cancel")


@rule("MV6")
def test_a_move_without_an_arrow_names_the_ways_on():
    order = an_order()

    reason = refused(decide(order, move("delivered"), asked(), a_world(order)))

    assert reason == NoTransition(
        from_stage=StageId("new"),
        to_stage=StageId("delivered"),
        allowed=(StageId("confirmed"), StageId("preparing"), StageId("cancelled")),
    )


@rule("MV6")
def test_the_warehouse_does_not_confirm():
    order = an_order()
    actor = an_actor(roles=("warehouse",))

    reason = refused(decide(order, move(), asked(actor), a_world(order)))

    assert isinstance(reason, NoTransition)
    assert reason.allowed == ("preparing",)


@rule("MV7")
def test_an_arrow_that_needs_a_note_is_not_walked_without():
    order = an_order()

    reason = refused(decide(order, move("cancelled", note=" "), asked(), a_world(order)))

    assert isinstance(reason, Invalid)
    assert reason.problems[0].field == "note"


@rule("MV8")
def test_a_cancelled_order_calls_its_drivers_back():
    order = an_order(
        deliveries=(a_delivery(driver_id=DriverId("ana"), epoch=3), a_delivery("del-2"))
    )

    events = accepted(decide(order, move("cancelled", note="x"), asked(), a_world(order)))

    recall, step = events
    assert isinstance(recall, DriverAssigned)
    assert (recall.driver_id, recall.was, recall.epoch) == (None, "ana", 4)
    assert isinstance(step, StageChanged)


@rule("MV9")
def test_a_shut_gate_refuses_the_move_with_a_way_on():
    order = an_order(lines=())

    reason = refused(decide(order, move(), asked(), a_world(order)))

    assert isinstance(reason, GateFailed)
    assert [(gate.gate, gate.fix) for gate in reason.gates] == [("has_lines", "add_lines")]


@rule("MV10")
def test_an_overridden_gate_is_named_in_the_event():
    order = an_order(lines=())

    decision = decide(order, move(note="Lines follow by phone"), asked(), a_world(order))

    (event,) = accepted(decision)
    assert isinstance(event, StageChanged)
    assert event.overridden == ("has_lines",)
    assert isinstance(decision, Accepted)
    assert decision.warnings == ("gate_overridden",)


@rule("MV10")
def test_overriding_a_gate_needs_permission_and_an_arrow_that_lets_it():
    order = an_order(lines=())
    workflow = a_workflow()
    strict = tuple(replace(arrow, overridable=False) for arrow in workflow.transitions)
    world = a_world(order, workflows=(replace(workflow, transitions=strict),))
    command = move(note="Lines follow by phone")
    meek = an_actor(without=["gate.override"])

    assert isinstance(refused(decide(order, command, asked(meek), a_world(order))), GateFailed)
    assert isinstance(refused(decide(order, command, asked(), world)), GateFailed)


def crowded(**limits: int) -> Workflow:
    workflow = a_workflow()
    stages = tuple(
        replace(each, **{"soft": None, "hard": None, **limits}) if each.id == "confirmed" else each
        for each in workflow.stages
    )
    return replace(workflow, stages=stages)


@rule("MV11")
def test_a_full_stage_takes_no_more_cards():
    order = an_order()
    other = at_stage(an_order("ord-2"), "confirmed", "confirmed")
    world = a_world(order, other, workflows=(crowded(hard=1),))
    meek = an_actor(without=["wip.override"])

    reason = refused(decide(order, move(), asked(meek), world))
    decision = decide(order, move(), asked(), world)

    assert reason == WipExceeded(stage_id=StageId("confirmed"), limit=1, count=1)
    assert isinstance(decision, Accepted)
    assert decision.warnings == ("wip_overridden",)


@rule("MV12")
def test_a_crowded_stage_only_warns():
    order = an_order()
    other = at_stage(an_order("ord-2"), "confirmed", "confirmed")
    crowd = a_world(order, other, workflows=(crowded(soft=1, hard=9),))
    space = a_world(order, workflows=(crowded(soft=1, hard=9),))

    warned, fine = decide(order, move(), asked(), crowd), decide(order, move(), asked(), space)

    assert isinstance(warned, Accepted)
    assert isinstance(fine, Accepted)
    assert (warned.warnings, fine.warnings) == (("wip_soft",), ())


def test_an_arrow_without_gates_is_free():
    order = replace(
        at_stage(an_order(), "failed", "failed"),
        workflow_id=omni().id,
    )
    command = MoveOrder(
        order_id=order.id,
        from_stage=StageId("failed"),
        to_stage=StageId("cancelled"),
        note="lost",
    )

    assert accepted(decide(order, command, asked(), a_world(order, workflows=(omni(),))))


@rule("WF6")
def test_preparing_in_a_regulated_workflow_needs_an_approval():
    order = replace(at_stage(an_order(), "confirmed", "confirmed"), workflow_id=regulated_8().id)
    command = MoveOrder(
        order_id=order.id, from_stage=StageId("confirmed"), to_stage=StageId("preparing")
    )

    reason = refused(decide(order, command, asked(), a_world(order, workflows=(regulated_8(),))))

    assert isinstance(reason, GateFailed)
    assert reason.gates[0].gate == "approved"
