"""Bodies of the REST side about phones and displays: pairing, tokens, tickets, the list."""

from typing import Annotated, Literal

from msgspec import Meta

from protocols.handshake import Whoami
from protocols.struct import Struct
from protocols.vocabulary import ID, DriverId, Instant, ShortText, ViewId

DeviceKind = Literal["driver", "display"]

Code = Annotated[str, Meta(min_length=8, max_length=16, pattern=r"^[A-Za-z -]*$")]
"""Eight letters in two groups; case, blanks and the dash do not matter."""

Secret = Annotated[str, Meta(min_length=16, max_length=100, pattern=r"^[!-~]*$")]


class _Asked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all bodies of requests share: unknown fields are refused."""


class Pairing(_Asked, frozen=True, kw_only=True):
    """Make a one-time code: for a driver's phone, or for displays of a view."""

    kind: DeviceKind
    driver_id: Annotated[DriverId, ID] | None = None
    view_id: Annotated[ViewId, ID] | None = None


class PairingView(Struct, frozen=True, kw_only=True):
    """A one-time code. It is shown once; only its hash is stored."""

    code: str
    url: str
    """The page that takes the code out of its fragment, which no server ever sees."""
    qr: str
    """The address as an SVG path of one-unit modules; see `qr_size`."""
    qr_size: int
    """Modules along each side, with the quiet zone."""
    expires_at: Instant


class Claim(_Asked, frozen=True, kw_only=True):
    """A phone or a display shows the code it was given."""

    code: Code
    name: ShortText = ""
    """What the list of devices calls it."""


class DeviceTokens(Struct, frozen=True, kw_only=True):
    """What a phone signs its requests with, and what it gets the next ones with."""

    device_id: str
    driver_id: DriverId
    access_token: str
    access_expires_at: Instant
    refresh_token: str
    """Works once; see SPEC, section 8."""
    user: Whoami


class Refresh(_Asked, frozen=True, kw_only=True):
    """Ask for the next tokens."""

    refresh_token: Secret


class DisplaySession(Struct, frozen=True, kw_only=True):
    """A display is let in; its cookie came with the answer."""

    user: Whoami
    csrf: str
    view_id: ViewId
    expires_at: Instant


class AskDisplay(_Asked, frozen=True, kw_only=True):
    """A display asks to be let in."""

    name: ShortText = ""


class DisplayCode(Struct, frozen=True, kw_only=True):
    """What a display shows until an administrator has typed it."""

    device_code: str
    """The display's secret: with it, and only with it, it gets in."""
    user_code: str
    url: str
    """Where an administrator approves; the code is in its fragment, which no server sees."""
    qr: str
    """The address as a QR code: the path of its dark modules, in unit squares."""
    qr_size: int
    """Modules per side, with the margin."""
    interval_seconds: int
    expires_at: Instant


class PollDisplay(_Asked, frozen=True, kw_only=True):
    """Has somebody typed the code?"""

    device_code: Secret


class Pending(Struct, frozen=True, kw_only=True):
    """Not yet."""

    status: Literal["pending"] = "pending"


class LookUpDisplay(_Asked, frozen=True, kw_only=True):
    """Which display shows this code?"""

    user_code: Code


class AskingDisplay(Struct, frozen=True, kw_only=True):
    """Where the display that shows a code is, for the administrator to recognise it."""

    name: str
    address: str
    agent: str
    asked_at: Instant


class ApproveDisplay(_Asked, frozen=True, kw_only=True):
    """Let the display that shows this code in."""

    user_code: Code
    view_id: Annotated[ViewId, ID]
    name: ShortText = ""


class DeviceView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One paired device."""

    id: str
    kind: DeviceKind
    name: str
    driver_id: DriverId | None = None
    view_id: ViewId | None = None
    paired_at: Instant
    seen_at: Instant
    address: str = ""
    agent: str = ""
    online: bool = False
    """Whether a socket of it is open on the node that answers."""


class Devices(Struct, frozen=True, kw_only=True):
    """The devices that may come in, newest first."""

    items: tuple[DeviceView, ...]


class TicketView(Struct, frozen=True, kw_only=True):
    """Opens one socket, once, within half a minute."""

    ticket: str
    expires_at: Instant
