"""Where a real map's tiles come from, and what a page must be allowed to ask for them. [TS]"""

import re

from protocols.rejections import Problem

_ADDRESS = re.compile(
    r"(?P<origin>(?P<scheme>https?)://(?P<host>\[[0-9a-f:]+\]|[a-z0-9]([a-z0-9.-]*[a-z0-9])?)"
    r"(:(?P<port>[0-9]{1,5}))?)/(?P<path>[A-Za-z0-9._~!$&()*+=:@%{}/?-]*)"
)
"""Scheme, host and port as browsers spell them. Nothing in it can end a word of a policy."""

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
_PLACES = ("{z}", "{x}", "{y}")
_LARGEST_PORT = 65_535


def tile_origin(address: str) -> str | None:
    """The origin that tiles come from; None for no address and for one nobody may load from."""
    found = _ADDRESS.fullmatch(address)
    return found["origin"] if found and tile_problem(address) is None else None


def tile_problem(address: str) -> Problem | None:
    """Why pages may not load tiles from here; None when they may, and when there is none."""
    if not address:
        return None
    found = _ADDRESS.fullmatch(address)
    if found is None or not 0 < int(found["port"] or 1) <= _LARGEST_PORT:
        return Problem(field="tile_url", rule="address")
    # Plain http would show everybody on the way where this house delivers.
    if found["scheme"] == "http" and found["host"] not in _LOOPBACK:
        return Problem(field="tile_url", rule="https")
    if not _is_style(found["path"]) and not all(place in found["path"] for place in _PLACES):
        return Problem(field="tile_url", rule="places", limit="{z}/{x}/{y}")
    return None


def _is_style(path: str) -> bool:
    return path.partition("?")[0].endswith(".json")
