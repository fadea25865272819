"""Bodies of the REST side about waking a phone: the key, and where its messages are sent."""

from typing import Annotated

from msgspec import Meta

from protocols.struct import Struct

Endpoint = Annotated[str, Meta(min_length=12, max_length=1_024, pattern=r"^https://[!-~]+$")]
"""Where a browser's push service takes messages for it. Whoever knows it can send there."""

PublicPoint = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{87}=?$")]
"""A point of P-256, uncompressed: 65 bytes as URL-safe base64."""

AuthSecret = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{22}(==)?$")]
"""16 bytes as URL-safe base64."""


class PutPushSubscription(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the browser gave the phone's page. It takes the place of what was there."""

    endpoint: Endpoint
    p256dh: PublicPoint
    auth: AuthSecret


class PushSubscriptionView(Struct, frozen=True, kw_only=True):
    """How the asking phone is woken."""

    key: str
    """Our public key (VAPID), as `PushManager.subscribe` takes it."""
    endpoint: str = ""
    """Where this phone's messages go; empty when it is not woken."""
