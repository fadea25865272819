"""Questions to a workflow: its stages, its arrows, and whether it makes sense."""

from collections import Counter

from protocols.rejections import Problem
from protocols.vocabulary import TERMINAL, Role, StageId
from server.domain.roles import may_enter
from server.domain.workflow.state import Stage, Transition, Workflow


def stage_of(workflow: Workflow, stage_id: StageId) -> Stage | None:
    """The stage with this id, if the workflow still has it."""
    for stage in workflow.stages:
        if stage.id == stage_id:
            return stage
    return None


def transition_between(
    workflow: Workflow, from_stage: StageId, to_stage: StageId, roles: tuple[Role, ...]
) -> Transition | None:
    """The first arrow between two stages that these roles may walk. [WF]"""
    for transition in workflow.transitions:
        if transition.to_stage != to_stage or from_stage not in transition.from_stages:
            continue
        # RU7: what drivers' facts walk is no way for people
        if transition.auto is not None:
            continue
        # WF2
        if not transition.roles or any(role in transition.roles for role in roles):
            return transition
    return None


def allowed_from(
    workflow: Workflow, from_stage: StageId, roles: tuple[Role, ...]
) -> tuple[StageId, ...]:
    """The stages these roles may move a card to from here, in board order."""
    return tuple(
        stage.id
        for stage in workflow.stages
        if stage.id != from_stage
        and may_enter(roles, stage.category)
        and transition_between(workflow, from_stage, stage.id, roles) is not None
    )


def problems_of(workflow: Workflow) -> tuple[Problem, ...]:
    """What is wrong with a workflow; empty for one that may be published. [WF]"""
    known = {stage.id for stage in workflow.stages}
    found = [
        Problem(field=f"stages.{twin}", rule="unique")
        for twin in _twice([stage.id for stage in workflow.stages])
    ]
    found += [
        Problem(field=f"transitions.{twin}", rule="unique")
        for twin in _twice([transition.id for transition in workflow.transitions])
    ]
    # WF3
    if not workflow.stages:
        found.append(Problem(field="stages", rule="required"))
    elif workflow.stages[0].category in TERMINAL:
        found.append(Problem(field=f"stages.{workflow.stages[0].id}", rule="terminal_start"))
    for transition in workflow.transitions:
        found += [
            Problem(field=f"transitions.{transition.id}", rule="unknown_stage", limit=stage_id)
            for stage_id in (*transition.from_stages, transition.to_stage)
            if stage_id not in known
        ]
    found += [
        Problem(field=f"stages.{stage.id}", rule="soft_over_hard", limit=stage.hard)
        for stage in workflow.stages
        if stage.soft is not None and stage.hard is not None and stage.soft > stage.hard
    ]
    return tuple(found)


def _twice(ids: list[StageId] | list[str]) -> list[str]:
    return [name for name, times in Counter(ids).items() if times > 1]
