"""Workflows to start from: five ways of working, each a plain value that a tenant then owns."""

from collections.abc import Callable
from itertools import pairwise
from typing import Literal

from msgspec.structs import replace

from protocols.values import ProofNeed
from protocols.vocabulary import Category, FactKind, Role, StageId, WorkflowId
from server.domain.workflow.state import GateKind, Stage, Transition, Workflow

Hue = Literal[
    "new", "confirmed", "preparing", "ready", "transit", "delivered", "problem", "cancelled"
]

_HUES: dict[Category, Hue] = {
    "draft": "new",
    "new": "new",
    "confirmed": "confirmed",
    "preparing": "preparing",
    "ready": "ready",
    "in_transit": "transit",
    "done": "delivered",
    "failed": "problem",
    "cancelled": "cancelled",
}
"""Stages look like what they mean; a tenant may choose otherwise."""

_GATES: dict[Category, tuple[GateKind, ...]] = {
    "confirmed": ("no_hold", "has_lines"),
    "ready": ("no_hold", "no_review"),
    "in_transit": ("no_hold", "has_address", "driver_assigned"),
}
"""What must hold before a card goes forward into a stage of this category."""


_SIGNED = (
    ProofNeed(kind="signature", level="warned"),
    ProofNeed(kind="name", level="off"),
    ProofNeed(kind="photo", level="off"),
)
"""A signature is wished for; a driver at a locked gate takes a photo instead."""

_BOTH_WAYS = (
    ProofNeed(kind="signature", level="required"),
    ProofNeed(kind="photo", level="required"),
)
"""Where every hand-over must be shown to an inspector."""


def _stage(
    identity: str,
    name: str,
    category: Category,
    *,
    soft: int | None = None,
    hard: int | None = None,
    allow_edit: Literal["content", "address", "none"] = "content",
) -> Stage:
    hue = _HUES[category]
    return Stage(
        id=StageId(identity),
        name=name,
        category=category,
        hue=hue,
        icon=hue,
        soft=soft,
        hard=hard,
        allow_edit=allow_edit,
    )


def _step(
    name: str,
    sources: tuple[Stage, ...],
    target: Stage,
    *,
    gates: tuple[GateKind, ...] = (),
    roles: tuple[Role, ...] = (),
    needs_note: bool = False,
) -> Transition:
    kind = name.lower().replace(" ", "-")
    return Transition(
        id=f"{kind}-{sources[0].id}-{target.id}",
        name=name,
        from_stages=tuple(stage.id for stage in sources),
        to_stage=target.id,
        roles=roles,
        gates=gates,
        needs_note=needs_note,
    )


def _by(fact: FactKind, step: Transition) -> Transition:
    """The arrow, walked by what a driver says and by nobody else."""
    return replace(step, auto=fact)


def _on_the_road(ready: tuple[Stage, ...], transit: Stage, done: Stage) -> tuple[Transition, ...]:
    """The arrows that drivers walk: goods leave only with a driver who knows the last change."""
    collected: tuple[GateKind, ...] = ("no_hold", "driver_acked")
    return (
        _by("collected", _step("Collected", ready, transit, gates=collected)),
        _by("delivered", _step("Handed over", (transit,), done)),
    )


def _line_of_work(chain: tuple[Stage, ...]) -> tuple[Transition, ...]:
    """Forward through the chain with gates, and back by one step without."""
    pairs = tuple(pairwise(chain))
    forward = tuple(
        _step("Forward", (here,), there, gates=_GATES.get(there.category, ("no_hold",)))
        for here, there in pairs
    )
    back = tuple(_step("Back", (there,), here) for here, there in pairs)
    return forward + back


def simple_3() -> Workflow:
    """To do, doing, done: for tenants who only want to see their work."""
    stages = (
        _stage("open", "Open", "new"),
        _stage("doing", "In progress", "preparing", soft=20),
        _stage("done", "Done", "done"),
    )
    return Workflow(
        id=WorkflowId("simple-3"),
        name="Simple",
        stages=stages,
        transitions=_line_of_work(stages),
        default=True,
    )


def full_7() -> Workflow:
    """The whole way of a delivered order, from the first look to the door."""
    chain = (
        _stage("new", "New", "new"),
        _stage("confirmed", "Confirmed", "confirmed"),
        _stage("preparing", "Preparing", "preparing", soft=30, hard=60),
        _stage("ready", "Ready", "ready", soft=40),
        _stage("in-transit", "In transit", "in_transit", allow_edit="none"),
        replace(_stage("delivered", "Delivered", "done", allow_edit="none"), proofs=_SIGNED),
    )
    cancelled = _stage("cancelled", "Cancelled", "cancelled", allow_edit="none")
    new, _, preparing, ready, transit, delivered = chain
    return Workflow(
        id=WorkflowId("full-7"),
        name="Full",
        stages=(*chain, cancelled),
        transitions=(
            *_line_of_work(chain),
            _step("Skip", (new,), preparing, gates=("no_hold", "has_lines")),
            _step("Cancel", chain[:5], cancelled, needs_note=True),
            _step("Reopen", (cancelled,), new),
            *_on_the_road((preparing, ready), transit, delivered),
        ),
        default=True,
    )


def ecommerce_5() -> Workflow:
    """A shop's way: delivery either works or fails, and a failed one is tried again."""
    pending = _stage("pending", "Pending", "new")
    processing = _stage("processing", "Processing", "preparing", soft=50)
    shipped = _stage("shipped", "Shipped", "in_transit", allow_edit="address")
    delivered = _stage("delivered", "Delivered", "done", allow_edit="none")
    cancelled = _stage("cancelled", "Cancelled", "cancelled", allow_edit="none")
    chain = (pending, processing, shipped, delivered)
    return Workflow(
        id=WorkflowId("ecommerce-5"),
        name="Shop",
        stages=(*chain, cancelled),
        transitions=(
            *_line_of_work(chain),
            _step("Cancel", (pending, processing, shipped), cancelled, needs_note=True),
            *_on_the_road((processing,), shipped, delivered),
        ),
        default=True,
    )


def omni() -> Workflow:
    """Many channels, few steps: what failed, came back or was abandoned has its own column."""
    opened = _stage("open", "Open", "new")
    ready = _stage("ready", "Ready to ship", "ready", allow_edit="address")
    closed = _stage("closed", "Closed", "done", allow_edit="none")
    failed = _stage("failed", "Failed", "failed", allow_edit="address")
    returned = _stage("returned", "Returned", "cancelled", allow_edit="none")
    abandoned = _stage("abandoned", "Abandoned", "cancelled", allow_edit="none")
    cancelled = _stage("cancelled", "Cancelled", "cancelled", allow_edit="none")
    return Workflow(
        id=WorkflowId("omni"),
        name="Omni-channel",
        stages=(opened, ready, closed, failed, cancelled, returned, abandoned),
        transitions=(
            *_line_of_work((opened, ready, closed)),
            _step("Fail", (ready,), failed, needs_note=True),
            _step("Reopen", (failed,), ready, gates=("no_hold",)),
            _step("Cancel", (opened, ready, failed), cancelled, needs_note=True),
            _step("Return", (closed,), returned, needs_note=True),
            _step("Abandon", (opened,), abandoned),
            _by("delivered", _step("Handed over", (ready,), closed, gates=("driver_acked",))),
            _by("failed", _step("Not delivered", (ready,), failed)),
        ),
        default=True,
    )


def regulated_8() -> Workflow:
    """Nothing leaves unpaid, unchecked or unapproved, and the one who wrote does not approve."""
    draft = _stage("draft", "Draft", "draft")
    payment = _stage("awaiting-payment", "Awaiting payment", "new")
    confirmed = _stage("confirmed", "Confirmed", "confirmed", allow_edit="address")
    preparing = _stage("preparing", "Preparing", "preparing", hard=25, allow_edit="address")
    check = _stage("quality-check", "Quality check", "ready", hard=10, allow_edit="none")
    transit = _stage("in-transit", "In transit", "in_transit", allow_edit="none")
    delivered = replace(
        _stage("delivered", "Delivered", "done", allow_edit="none"), proofs=_BOTH_WAYS
    )
    cancelled = _stage("cancelled", "Cancelled", "cancelled", allow_edit="none")
    bosses: tuple[Role, ...] = ("backoffice", "owner", "superadmin")
    return Workflow(
        id=WorkflowId("regulated-8"),
        name="Regulated",
        stages=(draft, payment, confirmed, preparing, check, transit, delivered, cancelled),
        transitions=(
            _step("Submit", (draft,), payment, gates=("has_lines", "has_address")),
            _step("Confirm", (payment,), confirmed, gates=("payment_method_set", "no_hold")),
            _step("Prepare", (confirmed,), preparing, gates=("approved", "no_hold"), roles=bosses),
            _step("Check", (preparing,), check, gates=("no_hold",)),
            _step("Send", (check,), transit, gates=("no_hold", "no_review", "driver_assigned")),
            _step("Deliver", (transit,), delivered, gates=("no_hold",)),
            _step("Rework", (check,), preparing, needs_note=True),
            _step("Revise", (payment, confirmed), draft, needs_note=True),
            _step(
                "Cancel",
                (draft, payment, confirmed, preparing, check),
                cancelled,
                roles=bosses,
                needs_note=True,
            ),
            _by(
                "collected",
                _step(
                    "Collected",
                    (check,),
                    transit,
                    gates=("no_hold", "no_review", "driver_acked"),
                ),
            ),
            _by("delivered", _step("Handed over", (transit,), delivered, gates=("no_hold",))),
        ),
        default=True,
    )


PRESETS: dict[str, Callable[[], Workflow]] = {
    "simple-3": simple_3,
    "full-7": full_7,
    "ecommerce-5": ecommerce_5,
    "omni": omni,
    "regulated-8": regulated_8,
}
"""Every preset by the id of the workflow it makes."""
