"""How much one socket may ask for. [LM]"""

from protocols.handshake import Limits
from server.application.pace import COMMANDS_BURST, COMMANDS_PER_SECOND
from server.domain.actor import Actor

FRAME_BYTES = 64 * 1024
"""What OWASP and Centrifugo allow too; the largest command, a bulk of 500 moves, needs 60 KB."""

SMALL_FRAME_BYTES = 16 * 1024
"""Drivers and displays never send bulks."""

SUBSCRIPTIONS = 16
UNANSWERED = 32
"""A client keeps at most so many commands unacknowledged, so more is not one of ours."""

KEPT = 64
"""Messages kept between `hello` and `welcome`: an honest client waits with its commands."""

REFUSALS = 10
"""So many `busy` in a row say that the client does not wait."""

FRAMES_PER_SECOND = 100
FRAMES_BURST = 300
"""Five times what an honest client sends when it resends a full outbox twice."""

PRESENCE_PER_SECOND = 10
PRESENCE_BURST = 20

POSITION_SECONDS = 5.0
"""A van in town goes 60 m meanwhile; a dispatcher need not know better."""

MISMATCH_SECONDS = 60.0
"""A screen that is wrong all the time must not fill the log."""

SOCKETS_PER_PERSON = 20
ADMITTED_PER_SECOND = 150
ADMITTED_BURST = 300

HIGH_WATER = 48 * 1024
"""Below the feed's 64 KiB: whoever the feed left behind is certainly told when it has drained."""

LOW_WATER = 16 * 1024
"""A socket with less unsent counts as caught up."""


def frame_limit(actor: Actor) -> int:
    """The largest frame this actor may send."""
    small = all(role in {"driver", "display"} for role in actor.roles)
    return SMALL_FRAME_BYTES if small else FRAME_BYTES


def limits_of(actor: Actor) -> Limits:
    """What `welcome` tells the client about its limits."""
    return Limits(
        frame_bytes=frame_limit(actor),
        subscriptions=SUBSCRIPTIONS,
        commands_per_second=COMMANDS_PER_SECOND,
        commands_burst=COMMANDS_BURST,
        unacknowledged=UNANSWERED,
    )
