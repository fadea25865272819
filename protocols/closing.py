"""Close codes. The range says what to do, so that old clients obey codes they do not know."""

from enum import IntEnum


class Close(IntEnum):
    """4000–4099: do not come back · 4100–4199: back off, resume · 4200–4299: come back at once."""

    PROTOCOL_ERROR = 4000
    VERSION_UNSUPPORTED = 4001
    FRAME_TOO_LARGE = 4002
    FORBIDDEN = 4003
    REVOKED = 4004
    REPLACED = 4005
    ORIGIN = 4006
    UNAUTHENTICATED = 4007

    SERVER_ERROR = 4100
    OVERLOADED = 4101
    SLOW = 4102
    HELLO_TIMEOUT = 4103
    RATE = 4104
    NO_PONG = 4105

    DRAIN = 4200
    TOKEN_EXPIRED = 4201
    MOVED = 4202


FINAL = range(4000, 4100)
AT_ONCE = range(4200, 4300)
"""All other codes, ours or of RFC 6455: back off and resume."""


def may_retry(code: int) -> bool:
    """Whether a client should come back by itself after this close code."""
    return code not in FINAL
