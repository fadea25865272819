"""Channel names: the only place that spells and reads them, and says who may watch which."""

import re
from typing import assert_never

from protocols.struct import Struct
from protocols.vocabulary import DriverId, OrderId
from server.domain.actor import Actor


class Board(Struct, frozen=True):
    """All open orders as cards; masked means without prices."""

    masked: bool = False


class OneOrder(Struct, frozen=True):
    """One order in full; masked means without prices."""

    order_id: OrderId
    masked: bool = False


class OneDriver(Struct, frozen=True):
    """The stops of one driver."""

    driver_id: DriverId


class Dispatch(Struct, frozen=True):
    """All open deliveries as dispatchers plan them; no prices."""


class House(Struct, frozen=True):
    """What phones need to know besides their stops: workflows, settings, hubs."""


class OneDisplay(Struct, frozen=True):
    """All open orders as tiles that name no person, for a screen on a wall."""

    view_id: str


class BoardPresence(Struct, frozen=True):
    """Who looks at the board, and what they are doing."""


class OrderPresence(Struct, frozen=True):
    """Who looks at one order."""

    order_id: OrderId


class DriverPresence(Struct, frozen=True):
    """Where the drivers are, those who say it."""


Place = (
    Board
    | OneOrder
    | OneDriver
    | Dispatch
    | House
    | OneDisplay
    | BoardPresence
    | OrderPresence
    | DriverPresence
)

_NAME = re.compile(
    r"(presence:)?(order|order~masked|driver|display):([0-9a-z][0-9a-z-]{2,63})", re.ASCII
)

DRIVERS = "presence:drivers"

_FIXED: dict[str, Place] = {
    "board": Board(),
    "board~masked": Board(masked=True),
    "dispatch": Dispatch(),
    "house": House(),
    "presence:board": BoardPresence(),
    DRIVERS: DriverPresence(),
}


def parse(name: str) -> Place | None:
    """What a channel name means; None when it means nothing."""
    fixed = _FIXED.get(name)
    if fixed is not None:
        return fixed
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    presence, kind, identifier = found.groups()
    if kind == "order":
        order_id = OrderId(identifier)
        return OrderPresence(order_id) if presence else OneOrder(order_id)
    if presence:
        return None
    if kind == "order~masked":
        return OneOrder(OrderId(identifier), masked=True)
    return OneDriver(DriverId(identifier)) if kind == "driver" else OneDisplay(identifier)


def spell(place: Place) -> str:
    """The name of a channel; `parse` reads it back."""
    if isinstance(place, Board | Dispatch | House | BoardPresence | DriverPresence):
        return next(name for name, fixed in _FIXED.items() if fixed == place)
    match place:
        case OneOrder(order_id, masked):
            return f"order~masked:{order_id}" if masked else f"order:{order_id}"
        case OneDriver(driver_id):
            return f"driver:{driver_id}"
        case OneDisplay(view_id):
            return f"display:{view_id}"
        case OrderPresence(order_id):
            return f"presence:order:{order_id}"
        case _:
            assert_never(place)


def is_presence(name: str) -> bool:
    """Whether the channel is ephemeral: never in the journal."""
    return name.startswith("presence:")


def may_watch(actor: Actor, name: str) -> bool:
    """Whether the actor may watch a channel of this name; a meaningless one nobody may. [AU]

    Whether the thing exists in the actor's tenant is the feed's to say, with the same answer.
    """
    place = parse(name)
    match place:
        # AU39
        case None:
            return False
        # AU40
        case Board(masked=True) | OneOrder(masked=True) | BoardPresence() | OrderPresence():
            return actor.may("order.read")
        case Board() | OneOrder():
            return actor.may("order.read") and actor.may("price.read")
        case OneDriver(driver_id):
            return actor.driver_id == driver_id or actor.may("driver.assign")
        case Dispatch() | DriverPresence():
            return actor.may("driver.assign")
        case House():
            return actor.driver_id is not None or actor.may("order.read")
        case OneDisplay(view_id):
            return actor.view_id == view_id or actor.may("order.read")
        case _:
            assert_never(place)
