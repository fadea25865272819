"""What a record looks like to those who see it."""

from typing import assert_never

from protocols.record_views import (
    DisplayView,
    DriverView,
    HubView,
    PersonView,
    PlanItemView,
    PlanRestView,
    PlanView,
    SettingsView,
    StageView,
    TransitionView,
    VehicleView,
    WorkflowView,
    ZoneView,
)
from protocols.views import View
from server.domain.fleet import Display, Driver, Hub, Plan, Vehicle, Zone
from server.domain.records import Company, Customer, Person, Product, Record, Settings
from server.domain.workflow.state import Workflow


def record(of: Record) -> View | None:
    """A record on the board; customers, companies and products are looked up, not watched."""
    match of:
        case Workflow():
            return workflow(of)
        case Person():
            return PersonView(id=of.id, name=of.name, roles=of.roles, active=of.active)
        case Driver():
            return driver(of)
        case Settings():
            return SettingsView(
                name=of.name,
                currency=of.currency,
                locale=of.locale,
                time_zone=of.time_zone,
                number_prefix=of.number_prefix,
                price_mode=of.price_mode,
                labels=of.labels,
                acknowledge_seconds=of.acknowledge_seconds,
                service_seconds=of.service_seconds,
                tile_url=of.tile_url,
                tile_attribution=of.tile_attribution,
            )
        case Vehicle() | Zone() | Hub() | Display() | Plan():
            return _of_fleet(of)
        case Customer() | Company() | Product():
            return None


def workflow(of: Workflow) -> WorkflowView:
    """The columns in order and the arrows between them."""
    return WorkflowView(
        id=of.id,
        name=of.name,
        stages=tuple(
            StageView(
                id=s.id,
                name=s.name,
                category=s.category,
                hue=s.hue,
                icon=s.icon,
                soft=s.soft,
                hard=s.hard,
                sla_minutes=s.sla_minutes,
                allow_edit=s.allow_edit,
                proofs=s.proofs,
            )
            for s in of.stages
        ),
        transitions=tuple(
            TransitionView(
                id=t.id,
                name=t.name,
                from_stages=t.from_stages,
                to_stage=t.to_stage,
                roles=t.roles,
                gates=t.gates,
                needs_note=t.needs_note,
                auto=t.auto,
            )
            for t in of.transitions
        ),
        default=of.default,
    )


def driver(of: Driver) -> DriverView:
    """A driver as dispatchers see one."""
    return DriverView(
        id=of.id,
        name=of.name,
        phone=of.phone,
        call_sign=of.call_sign,
        zones=of.zones,
        skills=of.skills,
        hub_id=of.hub_id,
        vehicle_id=of.vehicle_id,
        shifts=of.shifts,
        days_off=of.days_off,
        max_stops=of.max_stops,
        active=of.active,
    )


def _of_fleet(of: Vehicle | Zone | Hub | Display | Plan) -> View:
    match of:
        case Vehicle():
            return VehicleView(
                id=of.id, name=of.name, plate=of.plate, capacity=of.capacity, active=of.active
            )
        case Zone():
            return ZoneView(
                id=of.id,
                name=of.name,
                countries=of.countries,
                postcodes=of.postcodes,
                polygon=of.polygon,
                hub_id=of.hub_id,
            )
        case Hub():
            return HubView(id=of.id, name=of.name, address=of.address)
        case Display():
            return display(of)
        case Plan():
            return plan(of)
        case _:
            assert_never(of)


def display(of: Display) -> DisplayView:
    """What a display is told to show."""
    return DisplayView(
        id=of.id,
        name=of.name,
        layout=of.layout,
        stages=of.stages,
        scale=of.scale,
        page_seconds=of.page_seconds,
        sound=of.sound,
        active=of.active,
    )


def plan(of: Plan) -> PlanView:
    """A proposal as dispatchers see it."""
    return PlanView(
        id=of.id,
        state=of.state,
        by_name=of.by_name,
        at=of.at,
        items=tuple(
            PlanItemView(
                order_id=item.order_id,
                delivery_id=item.delivery_id,
                from_driver=item.from_driver,
                epoch=item.epoch,
                to_driver=item.to_driver,
                position=item.position,
                arrives=item.arrives,
                outcome=item.outcome,
            )
            for item in of.items
        ),
        unassigned=tuple(
            PlanRestView(order_id=r.order_id, delivery_id=r.delivery_id, reason=r.reason)
            for r in of.unassigned
        ),
        seconds=of.seconds,
        metres=of.metres,
        cost_before=of.cost_before,
        problem=of.problem,
    )
