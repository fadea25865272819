"""Addresses with their place on the map: what somebody knew, else what the house knows."""

from msgspec.structs import replace

from protocols.values import Address
from server.domain.world import World


def located(address: Address, before: Address | None, world: World) -> Address:
    """The address with a point that belongs to its lines. [ED]

    A screen that changes the street sends the old point along; it must not outlive its street.
    """
    # ED14
    if before is not None and address.point is not None and address.point == before.point:
        moved = replace(address, point=None) != replace(before, point=None)
        address = replace(address, point=None) if moved else address
    return replace(address, point=world.locate(address))
