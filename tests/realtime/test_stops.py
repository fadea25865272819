"""What a stop tells its driver about the order behind it."""

from msgspec.structs import replace

from protocols.rejections import GateFailed
from protocols.values import Proof
from protocols.vocabulary import Instant, ProofId, StageId, WorkflowId
from server.domain.decision import Accepted
from server.domain.orders.decide import decide
from server.domain.workflow.presets import full_7, regulated_8
from server.domain.workflow.state import Workflow
from server.realtime.delivery_views import stop
from tests.support.builders import NOW, a_world, refused
from tests.support.roads import ANA, by_driver, carried, collect, complete, step
from tests.support.rules import rule


def _wanted(workflow: Workflow) -> set[str]:
    """The proofs without which this workflow takes no "delivered"."""
    (stage,) = (each for each in workflow.stages if each.category == "done")
    return {need.kind for need in stage.proofs if need.level == "required"}


@rule("VI6")
def test_the_proofs_of_the_workflow_that_a_stop_names_are_those_the_server_asks_for():
    usual, strict = full_7(), regulated_8()
    flows = {workflow.id: workflow for workflow in (usual, strict)}
    collected = step(carried(), collect(), by_driver())

    for flow in (usual, strict):
        order = replace(collected, workflow_id=WorkflowId(flow.id), stage_id=StageId("in-transit"))
        seen = stop(order, ANA)
        wanted = _wanted(flows[seen.workflow_id])
        brought = tuple(
            Proof(id=ProofId(f"proof-{kind}"), kind=kind, at=Instant(NOW))  # type: ignore[arg-type]
            for kind in sorted(wanted)
        )
        world = a_world(order, workflows=(usual, strict))

        assert seen.workflow_id == flow.id
        assert isinstance(decide(order, complete(proofs=brought), by_driver(), world), Accepted)
        if wanted:
            refusal = refused(decide(order, complete(proofs=brought[1:]), by_driver(), world))
            assert isinstance(refusal, GateFailed)

    assert _wanted(usual) != _wanted(strict)
