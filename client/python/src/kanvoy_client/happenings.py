"""What a session tells the program that drives it."""

from dataclasses import dataclass
from typing import TypeAlias

from kanvoy_client._wire.from_server import Receipt, Rejected
from kanvoy_client._wire.handshake import Welcome
from kanvoy_client._wire.vocabulary import Number
from kanvoy_client.channel import Key


@dataclass(frozen=True)
class Welcomed:
    """The server accepted us; channels and commands follow."""

    welcome: Welcome


@dataclass(frozen=True)
class Changed:
    """A channel moved on; these things may look different now."""

    channel: str
    touched: tuple[Key, ...]


@dataclass(frozen=True)
class Whole:
    """The channel is exactly the state at its cursor."""

    channel: str


@dataclass(frozen=True)
class Purged:
    """The channel is no longer watched and all it gave is forgotten."""

    channel: str
    cause: str


@dataclass(frozen=True)
class Repaired:
    """A frame did not fit, so the channel was asked for again: a bug that somebody should see."""

    channel: str
    why: str


@dataclass(frozen=True)
class Met:
    """Who is there changed."""

    channel: str


@dataclass(frozen=True)
class Answered:
    """A command has its verdict."""

    verdict: Receipt | Rejected


@dataclass(frozen=True)
class Renumbered:
    """The server has forgotten us, so we go on under a new identity: old number → new number."""

    numbers: dict[Number, Number]


@dataclass(frozen=True)
class TokenWanted:
    """Call `authenticate` with a fresh token within so many seconds."""

    within: float


@dataclass(frozen=True)
class Draining:
    """The node goes away; reconnect after so many seconds."""

    after: float


@dataclass(frozen=True)
class Complaint:
    """The server names a trouble outside the commands."""

    code: str
    detail: str


@dataclass(frozen=True)
class HangUp:
    """Close the socket with 1000 and tell the session it was lost."""

    why: str


Happening: TypeAlias = (
    Welcomed
    | Changed
    | Whole
    | Purged
    | Repaired
    | Met
    | Answered
    | Renumbered
    | TokenWanted
    | Draining
    | Complaint
    | HangUp
)
