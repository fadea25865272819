"""The order's card follows its deliveries along the workflow's own arrows."""

from msgspec.structs import replace

from protocols.commands import MoveOrder
from protocols.deliveries import MergeDeliveries, SettleClaim, SplitDelivery
from protocols.rejections import GateFailed, Invalid, NoTransition
from protocols.values import Take
from protocols.vocabulary import DeliveryId, StageId, WorkflowId
from server.domain.decision import Accepted
from server.domain.orders.decide import decide
from server.domain.orders.delivery_events import DeliveryCollected
from server.domain.workflow.presets import PRESETS, omni, regulated_8, simple_3
from server.domain.workflow.rules import problems_of
from server.domain.workflow.state import Workflow
from tests.support.builders import a_world, accepted, an_actor, asked, refused
from tests.support.roads import (
    CHAIR,
    DELIVERY,
    ORDER,
    acknowledged,
    by_driver,
    carried,
    collect,
    complete,
    given_to_tom,
    step,
)
from tests.support.rules import rule


def within(order, workflow: Workflow, stage_id: str):
    """The order in a stage of another workflow."""
    return replace(order, workflow_id=WorkflowId(workflow.id), stage_id=StageId(stage_id))


@rule("RU1")
def test_a_workflow_without_arrows_for_drivers_is_moved_by_people_alone():
    flow = simple_3()
    order = within(carried(), flow, "doing")

    events = accepted(decide(order, collect(), by_driver(), a_world(order, workflows=(flow,))))

    assert [type(event) for event in events] == [DeliveryCollected]


@rule("RU2")
def test_delivering_what_was_never_said_to_be_collected_walks_both_arrows():
    order = carried()

    decision = decide(order, complete(), by_driver(), a_world(order))

    assert isinstance(decision, Accepted)
    moves = [event for event in decision.events if hasattr(event, "to_stage")]
    assert [(move.to_stage, move.cause) for move in moves] == [
        ("in-transit", "collected"),
        ("delivered", "delivered"),
    ]


@rule("RU2")
def test_a_workflow_may_know_only_the_end():
    flow = omni()
    order = within(carried(), flow, "ready")

    after = step(order, complete(), by_driver(), a_world(order, workflows=(flow,)))

    assert after.stage_id == "closed"


@rule("RU5")
def test_a_required_proof_holds_the_end_back_and_a_wished_one_only_warns():
    order = step(carried(), collect(), by_driver())
    unsigned = decide(order, complete(proofs=()), by_driver(), a_world(order))

    flow = regulated_8()
    strict = within(order, flow, "in-transit")
    refusal = refused(decide(strict, complete(), by_driver(), a_world(strict, workflows=(flow,))))

    assert isinstance(unsigned, Accepted)
    assert unsigned.warnings == ("no_signature",)
    assert isinstance(refusal, GateFailed)
    assert [gate.gate for gate in refusal.gates] == ["proof_given:photo"]


@rule("RU7")
def test_people_do_not_walk_the_arrows_of_drivers():
    flow = omni()
    order = within(carried(), flow, "ready")
    driverless = replace(flow, transitions=tuple(t for t in flow.transitions if t.auto))
    move = MoveOrder(order_id=ORDER, from_stage=StageId("ready"), to_stage=StageId("closed"))
    how = asked(an_actor(roles=("owner",)))

    refusal = refused(decide(order, move, how, a_world(order, workflows=(driverless,))))

    assert isinstance(refusal, NoTransition)


@rule("WF1")
def test_the_presets_with_their_arrows_for_drivers_are_still_valid():
    assert [problems_of(make()) for make in PRESETS.values()] == [()] * len(PRESETS)


@rule("CM2")
def test_a_claim_about_what_nobody_remembers_to_have_taken_over_is_only_noted():
    split = SplitDelivery(
        order_id=ORDER,
        delivery_id=DELIVERY,
        new_id=DeliveryId("del-2"),
        take=(Take(line_id=CHAIR, quantity=2),),
    )
    order = given_to_tom(step(carried(), split))
    order = step(order, acknowledged(order), by_driver())
    order = step(order, complete(chairs=4), by_driver(offline=True))
    merge = MergeDeliveries(order_id=ORDER, into_id=DeliveryId("del-2"), from_ids=(DELIVERY,))
    order = replace(step(order, merge, asked(base_version=order.version)), gone=())
    claim = order.claims[0].id

    believed = SettleClaim(order_id=ORDER, claim_id=claim, accept=True)
    noted = SettleClaim(order_id=ORDER, claim_id=claim, accept=False)

    assert isinstance(refused(decide(order, believed, asked(), a_world(order))), Invalid)
    assert step(order, noted).claims == ()
