"""What a session wants done. The session decides, `perform.py` does."""

import msgspec

from protocols.closing import Close
from protocols.from_client import ReportMismatch
from protocols.from_server import FromServer, Person
from protocols.vocabulary import ClientId, Number, SessionId
from server.application.submission import Submission


class Send(msgspec.Struct, frozen=True):
    """Say this to the client."""

    message: FromServer


class Beat(msgspec.Struct, frozen=True):
    """Ping the client, and say how far its channels have come."""


class Deflate(msgspec.Struct, frozen=True):
    """The client understands deflated frames."""


class Shut(msgspec.Struct, frozen=True):
    """Close the socket; None is the normal closure after a `bye`."""

    code: Close | None


class Watch(msgspec.Struct, frozen=True):
    """Begin to follow a channel of the journal."""

    channel: str
    cursor: str | None


class Unwatch(msgspec.Struct, frozen=True):
    """Follow it no more."""

    channel: str


class Join(msgspec.Struct, frozen=True):
    """Begin to follow a presence channel."""

    channel: str


class Part(msgspec.Struct, frozen=True):
    """Follow it no more, and forget what was shown there."""

    channel: str


class Show(msgspec.Struct, frozen=True):
    """What this session's person is doing."""

    channel: str
    person: Person


class Hide(msgspec.Struct, frozen=True):
    """This session's person is doing nothing any more, or is nowhere any more."""

    channel: str
    shown_as: SessionId | None = None
    """The word's session when it is not this one."""


class Locate(msgspec.Struct, frozen=True):
    """Where this session's driver is."""

    channel: str
    person: Person


class Fence(msgspec.Struct, frozen=True):
    """Only one socket speaks for a client: close the older one."""

    client_id: ClientId


class LookUpNumber(msgspec.Struct, frozen=True):
    """Find the client's highest answered number; answered by `Session.greeted`."""

    client_id: ClientId


class Ask(msgspec.Struct, frozen=True):
    """Have a command decided; answered by `Session.answered` or `Session.busy` with the ticket."""

    ticket: int
    submission: Submission


class Settle(msgspec.Struct, frozen=True):
    """The client has the verdicts up to this number; they need not be kept."""

    client_id: ClientId
    number: Number


class Renew(msgspec.Struct, frozen=True):
    """Read a fresh bearer; answered by `Session.renewed`."""

    token: str


class Log(msgspec.Struct, frozen=True):
    """The client shows something else than it was sent: whoever runs the server must learn it."""

    mismatch: ReportMismatch


ToSocket = Send | Beat | Deflate | Shut
ToFeeds = Watch | Unwatch
ToPresence = Join | Part | Show | Hide | Locate
ToOthers = Fence | LookUpNumber | Ask | Settle | Renew | Log

Effect = ToSocket | ToFeeds | ToPresence | ToOthers
