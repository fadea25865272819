"""Where we let ourselves be sent to: addresses come from phones, and may point at our own. [WU3]"""

import asyncio
import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

import msgspec
from aiohttp.abc import AbstractResolver, ResolveResult

Address = IPv4Address | IPv6Address


def is_public(address: Address) -> bool:
    """Whether the address belongs to the open internet: not to a house, a machine or a link."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast


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

    async def resolve(self, host: str, port: int) -> list[ResolveResult]:
        """All addresses of the host; raises OSError when there is none or one is not allowed."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
        )
        results = [_result(host, family, protocol, at) for family, _, protocol, _, at in found]
        if not results or not all(self.allows(ip_address(r["host"])) for r in results):
            raise OSError(f"{host} is not of the open internet")
        return results


class OutwardResolver(AbstractResolver):
    """Gives the connection the very addresses that were judged: no name may change in between."""

    def __init__(self, outward: Outward) -> None:
        """Judge by these rules."""
        self._outward = outward

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """See `AbstractResolver`."""
        del family
        return await self._outward.resolve(host, port)

    async def close(self) -> None:
        """See `AbstractResolver`."""


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _ends_in_number(host: str) -> bool:
    last = host.rstrip(".").rpartition(".")[2]
    return last.isdigit() or last.lower().startswith("0x")


def _result(
    host: str,
    family: int,
    protocol: int,
    at: tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes],
) -> ResolveResult:
    return ResolveResult(
        hostname=host,
        host=str(at[0]).partition("%")[0],
        port=int(at[1]),
        family=family,
        proto=protocol,
        flags=socket.AI_NUMERICHOST,
    )
