"""From which address a request really comes."""

from collections.abc import Sequence as Series
from ipaddress import ip_address
from typing import Any

from litestar import Request

from server.settings import Network, Settings

AnyRequest = Request[Any, Any, Any]


def peer_of(request: AnyRequest, settings: Settings) -> str:
    """The asker's address; empty when the server does not tell its peers."""
    peer = request.client.host if request.client else ""
    forwarded = request.headers.getall("x-forwarded-for", [])
    return address_of(peer, forwarded, settings.trusted_proxies)


def address_of(peer: str, forwarded: Series[str], trusted: Series[Network]) -> str:
    """The nearest address that is not one of our own proxies.

    `X-Forwarded-For` is believed only as far as trusted hands wrote it: from the right, each entry
    was added by the one after it. Whatever stands further left is the asker's own invention.
    """
    nearest = peer
    hops = [hop.strip() for line in forwarded for hop in line.split(",")]
    while hops and _is_trusted(nearest, trusted):
        said = hops.pop()
        if not _is_address(said):
            break
        nearest = said
    return nearest


def _is_trusted(address: str, trusted: Series[Network]) -> bool:
    return _is_address(address) and any(ip_address(address) in network for network in trusted)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
