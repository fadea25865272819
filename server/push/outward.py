"""Where we let ourselves be sent to: addresses come from phones, and may point at our own. [WU3]"""

import asyncio
import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

import msgspec

Address = IPv4Address | IPv6Address


def is_public(address: Address) -> bool:
    """Whether the address belongs to the open internet: not to a house, a machine or a link."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """One address of a host, as it was judged."""

    host: str
    port: int
    family: int
    protocol: int


class Outward(msgspec.Struct, frozen=True, kw_only=True):
    """The schemes and addresses that are far enough away."""

    schemes: frozenset[str] = frozenset({"https"})
    allows: Callable[[Address], bool] = is_public

    def host(self, endpoint: str) -> str | None:
        """The host of an endpoint that may be one; None for what is none by its looks."""
        try:
            parts = urlsplit(endpoint)
            host, _ = parts.hostname, parts.port
        except ValueError:
            return None
        if parts.scheme not in self.schemes or not host or "@" in parts.netloc or parts.fragment:
            return None
        literal = _literal(host)
        if literal is not None:
            return host if self.allows(literal) else None
        # 0x7f000001 and 2130706433 are spellings of addresses, and no name ends in a number.
        return host if not _ends_in_number(host) else None

    async def resolve(self, host: str, port: int) -> list[Place]:
        """All addresses of the host; raises OSError when there is none or one is not allowed."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
        )
        places = [_place(family, protocol, at) for family, _, protocol, _, at in found]
        if not places or not all(self.allows(ip_address(each.host)) for each in places):
            raise OSError(f"{host} is not of the open internet")
        return places


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _ends_in_number(host: str) -> bool:
    last = host.rstrip(".").rpartition(".")[2]
    return last.isdigit() or last.lower().startswith("0x")


def _place(
    family: int,
    protocol: int,
    at: tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes],
) -> Place:
    host = str(at[0]).partition("%")[0]
    return Place(host=host, port=int(at[1]), family=family, protocol=protocol)
