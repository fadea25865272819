"""What all intents share."""

from typing import Annotated

from protocols.struct import Struct
from protocols.vocabulary import COUNT, ID, DeliveryId, OrderId


class Intent(Struct, frozen=True, kw_only=True, tag_field="kind", forbid_unknown_fields=True):
    """Something a client may ask for; the tag `kind` says what."""


class OnOrder(Intent, frozen=True, kw_only=True):
    """An intent about one order."""

    order_id: Annotated[OrderId, ID]


class OnDelivery(OnOrder, frozen=True, kw_only=True):
    """An intent about one delivery of an order."""

    delivery_id: Annotated[DeliveryId, ID]


class OnStop(OnDelivery, frozen=True, kw_only=True):
    """A driver's intent about a delivery that was in their hands."""

    epoch: Annotated[int, COUNT]
    """The assignment epoch the driver saw; who was superseded is not believed blindly."""
