"""The judgement of a `hello`: which version both speak, and whether the page is ours. [HS]"""

import hmac

from protocols.handshake import Hello, Whoami
from protocols.version import OLDEST_SUPPORTED, PROTOCOL_VERSION
from server.application.principal import Principal

SPOKEN = f"this server speaks {OLDEST_SUPPORTED} to {PROTOCOL_VERSION}"
"""What a client of another age is told."""


def version_for(hello: Hello) -> int | None:
    """The newest protocol version that both sides speak; None when there is none."""
    oldest, newest = hello.protocol
    version = min(newest, PROTOCOL_VERSION)
    return version if version >= max(oldest, OLDEST_SUPPORTED) else None


def is_ours(hello: Hello, principal: Principal) -> bool:
    """Whether the page that speaks is ours and not one that merely borrows the browser's cookie.

    A bearer is never added by the browser itself, so it proves that already. An empty nonce
    proves nothing. Compared in constant time.
    """
    if principal.kind == "bearer":
        return True
    expected = principal.nonce.encode()
    return bool(expected) and hmac.compare_digest(hello.csrf.encode(), expected)


def whoami(principal: Principal) -> Whoami:
    """The signed-in person as `welcome` shows it."""
    actor = principal.actor
    return Whoami(
        id=actor.id,
        name=actor.name,
        tenant_id=actor.tenant_id,
        tenant=principal.tenant,
        roles=actor.roles,
        permissions=tuple(sorted(actor.permissions)),
        call_sign=actor.call_sign,
    )
