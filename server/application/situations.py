"""The situation of a tenant, taken from its images at one moment."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, tzinfo
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from protocols.values import Point
from protocols.vocabulary import DriverId, Instant, TenantId
from server.application.images import Images
from server.domain.dispatch.errands import Held, held_of
from server.domain.dispatch.situation import Free, Situation, free_errands
from server.domain.fleet import Driver, Hub, Vehicle, Zone

_SLICE = 200
"""Orders looked at before sockets get their turn: about 2 ms."""


class Whereabouts(Protocol):
    """Where drivers are, by their phones' last word."""

    def positions(self, tenant_id: TenantId) -> Mapping[DriverId, Point]:
        """Those who said so within the last minute, to this node. Never blocks."""


async def situation_of(
    images: Images, now: Instant, positions: Mapping[DriverId, Point], *, with_free: bool
) -> Situation:
    """Look around. Everything is as of the moment of the call, however long the looking takes."""
    settings = images.settings
    orders = tuple(images.open_orders.values())
    fleet = [r for r in images.all_records.values() if isinstance(r, Driver | Vehicle | Zone | Hub)]
    runs: dict[DriverId, list[Held]] = {}
    free: list[Free] = []
    for place, order in enumerate(orders, start=1):
        for delivery in order.deliveries:
            held = held_of(order, delivery, settings)
            if held is not None:
                runs.setdefault(held.driver_id, []).append(held)
        free += free_errands(order, settings) if with_free else ()
        if place % _SLICE == 0:
            await asyncio.sleep(0)
    return Situation(
        now=now,
        zone=zone_of(settings.time_zone),
        settings=settings,
        drivers=tuple(each for each in fleet if isinstance(each, Driver)),
        zones=tuple(each for each in fleet if isinstance(each, Zone)),
        vehicles={each.id: each for each in fleet if isinstance(each, Vehicle)},
        hubs={
            each.id: each.address.point
            for each in fleet
            if isinstance(each, Hub) and each.address.point is not None
        },
        positions=positions,
        runs={
            driver_id: tuple(sorted(run, key=lambda held: held.place))
            for driver_id, run in runs.items()
        },
        free=tuple(free),
    )


def zone_of(name: str) -> tzinfo:
    """The time zone of this name; UTC for names that nobody knows."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC
