"""Bodies of the REST side about pictures: announced, sent in parts, asked after."""

from typing import Annotated

from msgspec import Meta

from protocols.struct import Struct
from protocols.vocabulary import (
    ID,
    LARGEST_UPLOAD,
    DeliveryId,
    OrderId,
    UploadId,
    UploadKind,
    UploadPlace,
)


class Announce(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A picture will come. The phone drew the id, and a proof may name it before it is here."""

    id: Annotated[UploadId, ID]
    kind: UploadKind
    bytes: Annotated[int, Meta(ge=1, le=LARGEST_UPLOAD)]
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
    """Of what is sent; what is kept is another picture, made from it."""
    order_id: Annotated[OrderId, ID]
    delivery_id: Annotated[DeliveryId, ID]


class UploadState(Struct, frozen=True, kw_only=True):
    """How much of it is here. Go on from `offset`."""

    id: UploadId
    offset: int
    bytes: int
    state: UploadPlace
    reason: str = ""
    """Why it was refused: `broken`, `not_a_picture`, `too_many_pixels`, `wrong_hash`, …"""
