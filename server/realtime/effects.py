"""What a session wants done. The session decides, `perform.py` does."""

from protocols.closing import Close
from protocols.from_client import ReportMismatch
from protocols.from_server import FromServer, Person
from protocols.struct import Struct
from protocols.vocabulary import ClientId, Number, SessionId
from server.application.submission import Submission


class Send(Struct, frozen=True):
    """Say this to the client."""

    message: FromServer


class Beat(Struct, frozen=True):
    """Ping the client, and say how far its channels have come."""


class Deflate(Struct, frozen=True):
    """The client understands deflated frames."""


class Shut(Struct, frozen=True):
    """Close the socket; None is the normal closure after a `bye`."""

    code: Close | None


class Watch(Struct, frozen=True):
    """Begin to follow a channel of the journal."""

    channel: str
    cursor: str | None


class Unwatch(Struct, frozen=True):
    """Follow it no more."""

    channel: str


class Join(Struct, frozen=True):
    """Begin to follow a presence channel."""

    channel: str


class Part(Struct, frozen=True):
    """Follow it no more, and forget what was shown there."""

    channel: str


class Show(Struct, frozen=True):
    """What this session's person is doing."""

    channel: str
    person: Person


class Hide(Struct, frozen=True):
    """This session's person is doing nothing any more, or is nowhere any more."""

    channel: str
    shown_as: SessionId | None = None
    """The word's session when it is not this one."""


class Locate(Struct, frozen=True):
    """Where this session's driver is."""

    channel: str
    person: Person


class Fence(Struct, frozen=True):
    """Only one socket speaks for a client: close the older one."""

    client_id: ClientId


class LookUpNumber(Struct, frozen=True):
    """Find the client's highest answered number; answered by `Session.greeted`."""

    client_id: ClientId


class Ask(Struct, frozen=True):
    """Have a command decided; answered by `Session.answered` or `Session.busy` with the ticket."""

    ticket: int
    submission: Submission


class Settle(Struct, frozen=True):
    """The client has the verdicts up to this number; they need not be kept."""

    client_id: ClientId
    number: Number


class Renew(Struct, frozen=True):
    """Read a fresh bearer; answered by `Session.renewed`."""

    token: str


class Log(Struct, frozen=True):
    """The client shows something else than it was sent: whoever runs the server must learn it."""

    mismatch: ReportMismatch


ToSocket = Send | Beat | Deflate | Shut
ToFeeds = Watch | Unwatch
ToPresence = Join | Part | Show | Hide | Locate
ToOthers = Fence | LookUpNumber | Ask | Settle | Renew | Log

Effect = ToSocket | ToFeeds | ToPresence | ToOthers
