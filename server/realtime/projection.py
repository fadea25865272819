"""A channel as a pure function of one aggregate image: is it in, and what does it look like."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import assert_never

import msgspec

from protocols.views import View
from protocols.vocabulary import AggregateId, OrderId
from server.application.images import Images
from server.application.ports import Aggregate
from server.domain.audience import in_channel
from server.domain.orders.state import Order
from server.realtime import delivery_views, record_views, views
from server.realtime.channels import (
    Board,
    BoardPresence,
    Dispatch,
    DriverPresence,
    House,
    OneDisplay,
    OneDriver,
    OneOrder,
    OrderPresence,
    parse,
)

Look = Callable[[Aggregate], View | None]
"""The aggregate's view in the channel; None when it is not a member. Never the clock, never
other aggregates, never the reader: a reader who may see less watches another channel."""


class Projection(msgspec.Struct, frozen=True):
    """What a channel shows."""

    key: str
    """Rows whose membership keys hold this key may concern the channel."""
    look: Look
    only: OrderId | None = None
    """The one order the channel is about; it may be closed and so not in memory."""
    about: AggregateId | None = None
    """The record the channel is about."""
    signed: bool = True
    """Whether ops say who did it; a screen on a wall names no person."""
    counted: bool = False
    """Whether readers check their state by a sum over versions. Then every row of a member is
    told, also one that changes nothing to be seen: all readers must hold the same versions."""
    shows: Callable[[Aggregate], bool] = lambda _: True
    """Whether `look` answers a view, without drawing it."""

    def items(self, images: Images) -> Iterable[Aggregate]:
        """What might be a member, from the images."""
        if self.only is None:
            return images.aggregates()
        order = images.order(self.only)
        return () if order is None else (order,)


def projection(channel: str) -> Projection | None:
    """The projection of a channel name; None for a name that is not a projection."""
    place = parse(channel)
    match place:
        case Board(masked):
            return Projection("board", _looking(channel, partial(views.card, masked=masked)))
        case OneOrder(order_id, masked):
            draw = views.order_masked if masked else views.order_in_full
            look, shows = _looking(channel, draw), partial(in_channel, channel=channel)
            return Projection(f"order:{order_id}", look, only=order_id, shows=shows)
        case OneDriver(driver_id):
            look = _looking(channel, partial(delivery_views.stop, driver_id=driver_id))
            return Projection(channel, look, about=AggregateId(driver_id))
        case Dispatch():
            return Projection("board", _looking(channel, delivery_views.dispatch))
        case House():
            return Projection("records", _of_records(channel))
        case OneDisplay():
            return Projection(
                "board",
                _looking(channel, views.tile),
                signed=False,
                counted=True,
                shows=partial(in_channel, channel=channel),
            )
        case BoardPresence() | OrderPresence() | DriverPresence() | None:
            return None
        case _:
            assert_never(place)


def _looking(channel: str, draw: Callable[[Order], View]) -> Look:
    """Draw what the audience rule lets into the channel."""

    def look(of: Aggregate) -> View | None:
        if not in_channel(of, channel):
            return None
        return draw(of) if isinstance(of, Order) else record_views.record(of)

    return look


def _of_records(channel: str) -> Look:
    """Draw records only; no order is ever a member."""

    def look(of: Aggregate) -> View | None:
        if isinstance(of, Order) or not in_channel(of, channel):
            return None
        return record_views.record(of)

    return look
