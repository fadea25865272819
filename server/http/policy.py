"""What pages may load, and the headers around every answer. [HT]"""

from litestar.types import BeforeMessageSendHookHandler, Message, Scope

_EVERYWHERE = (
    "default-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "object-src 'none'",
    "require-trusted-types-for 'script'",
)
_TEMPLATES = "trusted-types svelte-trusted-html"
"""Svelte's templates pass through this one policy of its runtime."""

CONTENT_SECURITY_POLICY = "; ".join((*_EVERYWHERE, _TEMPLATES))
"""No inline code, no foreign host; the socket too falls under 'self'."""

DRIVER_POLICY = f"{CONTENT_SECURITY_POLICY} kanvoy-worker"
"""A phone's page starts its service worker, whose address must pass through a named policy.

The worker, the manifest and the fonts fall under 'self'; photos are drawn on canvases. So this
one name is all that the driver's app needs besides what every page has.
"""

_TILES = "kanvoy_tiles"
"""Where a handler leaves the origin for the hook that writes the headers."""

_SECURITY_HEADERS = (
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(self), geolocation=(self), microphone=()"),
)


def map_policy(origin: str) -> str:
    """The policy of a page that shows a map of tiles from one foreign origin. [TS]

    Tiles are fetched, and drawn as pictures where a browser does not decode them itself. The
    map library starts its worker by a plain address, so the page needs a default policy for
    script addresses; ours lets this one worker pass.
    """
    return "; ".join(
        (
            *_EVERYWHERE,
            f"img-src 'self' {origin}",
            f"connect-src 'self' {origin}",
            f"{_TEMPLATES} default",
        )
    )


def allow_tiles(scope: Scope, origin: str) -> None:
    """Have the answer to this request carry the policy for tiles from this origin."""
    scope["state"][_TILES] = origin


def security_headers(*, secure: bool) -> BeforeMessageSendHookHandler:
    """Every answer, also an error, carries the headers that let nothing foreign in."""
    sent = [(name.encode(), value.encode()) for name, value in _SECURITY_HEADERS]
    if secure:
        sent.append((b"strict-transport-security", b"max-age=31536000"))

    async def add(message: Message, scope: Scope) -> None:
        if message["type"] == "http.response.start":
            policy = (b"content-security-policy", _policy_of(scope).encode())
            message["headers"] = [*message.get("headers", ()), policy, *sent]

    return add


def _policy_of(scope: Scope) -> str:
    if f"{scope['path']}/".startswith("/driver/"):
        return DRIVER_POLICY
    origin = scope.get("state", {}).get(_TILES)
    return map_policy(origin) if isinstance(origin, str) else CONTENT_SECURITY_POLICY
