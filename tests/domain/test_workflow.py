import pytest
from msgspec.structs import replace

from protocols.rejections import Invalid
from protocols.vocabulary import StageId
from server.domain.records import SaveRecord
from server.domain.records_decide import decide_save
from server.domain.workflow.presets import PRESETS
from server.domain.workflow.rules import allowed_from, problems_of, stage_of, transition_between
from server.domain.workflow.state import Stage, Transition
from tests.support.builders import a_workflow, a_world, an_order, asked, refused
from tests.support.rules import rule


@rule("WF1")
@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_a_valid_workflow(name: str):
    workflow = PRESETS[name]()

    assert workflow.id == name
    assert problems_of(workflow) == ()


@rule("WF1")
@pytest.mark.parametrize("name", PRESETS)
def test_every_stage_of_a_preset_can_be_reached_from_the_first(name: str):
    workflow = PRESETS[name]()
    reached = {workflow.stages[0].id}
    for _ in workflow.stages:
        reached |= {
            target for here in reached for target in allowed_from(workflow, here, ("superadmin",))
        }

    assert reached == {stage.id for stage in workflow.stages}


@rule("WF2")
def test_an_arrow_with_roles_is_there_for_them_only():
    workflow = PRESETS["regulated-8"]()
    source, target = StageId("confirmed"), StageId("preparing")

    assert transition_between(workflow, source, target, ("csr",)) is None
    assert transition_between(workflow, source, target, ("owner",)) is not None
    assert target not in allowed_from(workflow, source, ("csr",))


def test_a_stage_is_found_by_its_id():
    assert stage_of(a_workflow(), StageId("ready")) is not None
    assert stage_of(a_workflow(), StageId("gone")) is None


def rules_broken(**fields: object) -> set[str]:
    return {problem.rule for problem in problems_of(replace(a_workflow(), **fields))}


@rule("WF3")
def test_a_workflow_that_makes_no_sense_says_why():
    stage = Stage(id=StageId("only"), name="Only", category="done", soft=5, hard=3)
    astray = Transition(
        id="t", name="T", from_stages=(StageId("nowhere"),), to_stage=StageId("only")
    )

    found = rules_broken(stages=(stage, stage), transitions=(astray, astray))

    assert found == {"unique", "terminal_start", "unknown_stage", "soft_over_hard"}
    assert rules_broken(stages=(), transitions=()) == {"required"}


@rule("WF4")
def test_a_stage_with_cards_in_it_stays_in_the_workflow():
    workflow = a_workflow()
    without = replace(workflow, stages=workflow.stages[1:], transitions=())
    empty, filled = a_world(), a_world(an_order())

    reason = refused(decide_save(workflow, SaveRecord(record=without), asked(), filled))

    assert isinstance(reason, Invalid)
    assert [problem.rule for problem in reason.problems] == ["in_use"]
    decide_ok = decide_save(workflow, SaveRecord(record=without), asked(), empty)
    assert not isinstance(getattr(decide_ok, "reason", None), Invalid)
