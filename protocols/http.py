"""Bodies of the REST side. What moves lives on the socket; this is the door beside it."""

from typing import Annotated, Any, Literal

from msgspec import field

from protocols.handshake import Whoami
from protocols.record_views import CustomerView, ProductView
from protocols.rejections import Rejection
from protocols.struct import Struct
from protocols.views import OrderView
from protocols.vocabulary import (
    EMAIL,
    PASSWORD,
    DriverId,
    Instant,
    OrderId,
    Sequence,
    ShortText,
    Version,
    ViewId,
)

PROBLEM_TYPE = "urn:kanvoy:problem:"
"""Every problem's `type` is this and its `code`; a name, not an address."""


DependencyState = Literal["ok", "degraded", "down"]
"""degraded: the node serves, but somebody should look · down: it must get no work."""


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a request was not served (RFC 9457). Programs read `code`, people `title`."""

    type: str
    title: str
    status: int
    code: str
    detail: str = ""
    rejection: Rejection | None = None
    """What the rules said, when it was a rule that refused."""
    retry_after: float | None = None
    """Seconds after which the same request may be served."""
    incident: str = ""
    """Under this id the server's log tells what went wrong."""
    tenants: tuple[str, ...] = ()
    """Of `several_tenants`: the short names to choose from."""
    dependencies: dict[str, DependencyState] = field(default_factory=dict)
    """Of `not_ready`: how everything is that the node depends on."""


class Password(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who wants to come in, and the proof."""

    email: Annotated[str, EMAIL]
    password: Annotated[str, PASSWORD]
    tenant: ShortText = ""
    """Short name of the tenant; needed only when the same address works for several."""


class SessionView(Struct, frozen=True, kw_only=True):
    """Who is signed in here, and what a page must repeat to prove that it is ours."""

    user: Whoami
    csrf: str
    """For `hello.csrf` and the header `X-Kanvoy-Csrf`."""
    expires_at: Instant
    driver_id: DriverId | None = None
    """Of a driver's phone."""
    view_id: ViewId | None = None
    """Of a display."""


class TokenView(Struct, frozen=True, kw_only=True):
    """A bearer token. It is shown once and never stored in clear."""

    token: str
    user: Whoami
    expires_at: Instant


class Found(Struct, frozen=True, kw_only=True):
    """One order in full with its version."""

    id: OrderId
    version: Version
    view: OrderView


class Customers(Struct, frozen=True, kw_only=True):
    """Customers that match, best first."""

    items: tuple[CustomerView, ...]


class Products(Struct, frozen=True, kw_only=True):
    """Products that match, best first."""

    items: tuple[ProductView, ...]


class TimelineChange(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that became another."""

    kind: str
    """The event's type, such as `order.quantity_changed`; clients make the words from it."""
    what: str = ""
    """The field group it changed, as in `OrderView.marks`; a line's name is in the order."""
    before: Any = None
    after: Any = None
    """Values in the shape of the order's view."""
    note: str = ""


class TimelineEntry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one command did to the order: who, when, and every change."""

    sequence: Sequence
    version: Version
    at: Instant
    by_id: str
    by_name: str
    via: str
    cause: str = ""
    changes: tuple[TimelineChange, ...]


class Timeline(Struct, frozen=True, kw_only=True):
    """A page of an order's history, newest first. `before` asks for the next; none is the end."""

    items: tuple[TimelineEntry, ...]
    before: Sequence | None


class Health(Struct, frozen=True, kw_only=True):
    """The node lives."""

    status: str
    version: str
    uptime_seconds: float


class Ready(Struct, frozen=True, kw_only=True):
    """The node should get work."""

    status: str
    version: str
    uptime_seconds: float
    dependencies: dict[str, DependencyState]
    """`database`, `disk`, `bus`, `node`; none is down."""


class StageTiming(Struct, frozen=True, kw_only=True):
    """How long one stage of commands takes; the ends of the classes that hold the quantiles."""

    stage: str
    count: int
    p50: float | None
    """Seconds; none when nothing was counted yet."""
    p99: float | None


class ChannelLag(Struct, frozen=True, kw_only=True):
    """Readers of one kind of channel, and by how many rows the last one is behind."""

    channel: str
    readers: int
    rows: int


class Operations(Struct, frozen=True, kw_only=True):
    """How one node serves one tenant; counts grow while the node holds the tenant's journal."""

    sockets: dict[str, int]
    """Live sockets by audience."""
    verdicts: dict[str, int]
    """`changed`, `unchanged`, or the code of a rejection."""
    resyncs: dict[str, int]
    """By cause."""
    stages: tuple[StageTiming, ...]
    lag: tuple[ChannelLag, ...]
