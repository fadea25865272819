"""Bodies of the REST side about who brings what: candidates and plans."""

from typing import Annotated, Literal

from msgspec import Meta

from protocols.struct import Struct
from protocols.vocabulary import ID, DeliveryId, DriverId, OrderId, PlanId, ZoneId


class CandidateView(Struct, frozen=True, kw_only=True):
    """One driver for one delivery."""

    driver_id: DriverId
    name: str
    available: bool
    reasons: tuple[str, ...]
    """Why not: `inactive`, `zone_not_served`, `no_skill`, `day_off`, `off_shift`, `break`,
    `over_capacity`, `max_stops`."""
    stops: int
    """How many the driver has already, this one not counted."""
    metres: int | None
    """By road from the nearest place where the driver is or goes anyway; null: nobody knows."""


class Candidates(Struct, frozen=True, kw_only=True):
    """All drivers: available ones first, then the nearest."""

    items: tuple[CandidateView, ...]


class AskPlan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Have a plan made: who should bring what within the next 24 hours."""

    seconds: Annotated[int, Meta(ge=1, le=10)] = 5
    """How long to look for a better one."""
    scope: Literal["unassigned", "all"] = "unassigned"
    """`all`: what an earlier plan gave out may go to another driver too."""
    zone_id: Annotated[ZoneId, ID] | None = None
    """Only deliveries in this zone."""
    driver_ids: Annotated[tuple[Annotated[DriverId, ID], ...], Meta(max_length=500)] | None = None
    """Only to these drivers."""


class PlanAsked(Struct, frozen=True, kw_only=True):
    """The plan's id. What becomes of it is told as a record of the kind `plan`."""

    id: PlanId


class CommitPlan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Give out what a plan proposes."""

    items: Annotated[tuple[Annotated[DeliveryId, ID], ...], Meta(max_length=5_000)] | None = None
    """Only these deliveries; the others stay proposed."""
    resolve: bool = True
    """Whether what changed meanwhile is planned anew."""


class CommittedItem(Struct, frozen=True, kw_only=True):
    """What became of one delivery of the plan."""

    order_id: OrderId
    delivery_id: DeliveryId
    outcome: Literal["applied", "stale"]
    """`stale`: somebody was faster, and that stands."""


class Committed(Struct, frozen=True, kw_only=True):
    """What became of a plan, item by item."""

    items: tuple[CommittedItem, ...]
    plan_id: PlanId | None = None
    """The next plan, for what was stale; null when nothing is left to plan."""
