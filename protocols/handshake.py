"""The first words on a socket: who the client is, where it stood, and what the server allows."""

from typing import Annotated, Literal

from msgspec import Meta, field

from protocols.struct import Struct
from protocols.vocabulary import (
    COUNT,
    ID,
    ClientId,
    Instant,
    Number,
    PersonId,
    SessionId,
    ShortText,
    TenantId,
)

Channel = Annotated[str, Meta(max_length=100, pattern=r"^[a-z][a-z~:0-9-]*$")]
"""`board`, `board~masked`, `order:<id>`, `order~masked:<id>`, `driver:<id>`, `display:<view>`,
`presence:board`, `presence:order:<id>`."""

Cursor = Annotated[str, Meta(max_length=64, pattern=r"^[0-9]+\.[0-9]+\.[0-9]+$")]
"""`epoch.sequence.nonce`; opaque to applications."""


class Wanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One channel to watch, from a cursor on, or from a snapshot when there is none."""

    channel: Channel
    cursor: Cursor | None = None


class App(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which program speaks."""

    kind: Literal["board", "driver", "wallboard", "sdk"]
    version: ShortText = ""


class Hello(
    Struct,
    frozen=True,
    kw_only=True,
    tag_field="type",
    tag="hello",
    forbid_unknown_fields=True,
):
    """First frame of a client, at most 5 s after the socket opened."""

    protocol: tuple[int, int]
    """Oldest and newest protocol version the client speaks."""
    client_id: Annotated[ClientId, ID]
    app: App
    capabilities: Annotated[list[Literal["deflate"]], Meta(max_length=8)] = field(
        default_factory=list
    )
    schema: ShortText = ""
    """Fingerprint of the messages the client was built with; informational."""
    csrf: ShortText = ""
    """The session's nonce; required when a cookie authenticated the socket."""
    last_number: Annotated[Number, COUNT] = Number(0)
    """Highest number the client ever issued."""
    receipts_seen: Annotated[Number, COUNT] = Number(0)
    """All verdicts up to this number are safe with the client and need not be kept."""
    subscriptions: Annotated[list[Wanted], Meta(max_length=16)] = field(default_factory=list)


class Whoami(Struct, frozen=True, kw_only=True):
    """The signed-in person and what it may do."""

    id: PersonId
    name: str
    tenant_id: TenantId
    tenant: str
    roles: tuple[str, ...]
    """Words of `Role`; a client must bear new ones."""
    permissions: tuple[str, ...]
    """Words of `Permission`; a client must bear new ones."""
    call_sign: str = ""
    """What a driver is called where no name may stand, such as "Van 3"; only drivers have one."""


class Limits(Struct, frozen=True, kw_only=True):
    """What this socket may do before it is slowed down or closed."""

    frame_bytes: int
    subscriptions: int
    commands_per_second: int
    commands_burst: int
    unacknowledged: int


class Welcome(Struct, frozen=True, kw_only=True, tag_field="type", tag="welcome"):
    """Answer to `hello`. Verdicts of resent commands follow as usual frames."""

    protocol: int
    session_id: SessionId
    server_time: Instant
    user: Whoami
    limits: Limits
    ping_seconds: float
    pong_seconds: float
    last_number: Number
    """Highest number of this client that has a verdict; the client resends the ones above."""
    build: str = ""
    """Changes when the server serves another build of the browser apps."""
