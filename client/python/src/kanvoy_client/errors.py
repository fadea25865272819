"""What can go wrong between this client and a server.

KanvoyError
├── Stopped        the server closed for good; coming back unchanged would not help
├── Violation      the server said something this client cannot make sense of
├── Refused        a command was refused, for those who prefer an exception
├── NotWatched     the server does not let us watch a channel
└── SignInFailed   no credentials
    └── NoAnswer   the server could not be asked; later it may
"""

from kanvoy_client._wire.from_server import Rejected


class KanvoyError(Exception):
    """Everything this package raises on purpose."""


class Stopped(KanvoyError):
    """The session is over: a final close code, or the client was closed."""

    def __init__(self, code: int) -> None:
        """Remember the close code, which says why."""
        super().__init__(f"the session ended for good (close code {code})")
        self.code = code


class Violation(KanvoyError):
    """A frame that is no message of this protocol version."""


class Refused(KanvoyError):
    """A command was refused; `rejected.rejection` says why and how to go on."""

    def __init__(self, rejected: Rejected) -> None:
        """Remember the answer."""
        super().__init__(f"command {rejected.number} was refused: {rejected.rejection}")
        self.rejected = rejected


class NotWatched(KanvoyError):
    """The channel is not ours to watch, or does not exist: the answer is the same."""

    def __init__(self, channel: str, cause: str) -> None:
        """Remember which and why."""
        super().__init__(f"{channel} is not watched: {cause}")
        self.channel = channel
        self.cause = cause


class SignInFailed(KanvoyError):
    """The server did not accept the e-mail address and password, or could not be asked."""


class NoAnswer(SignInFailed):
    """Nobody answered, or nobody who could: the same again later is right."""
