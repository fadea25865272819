"""Doors that let borrowed rights in, one at a time: X15 must see each of them."""

from collections.abc import Callable
from ipaddress import ip_network
from typing import Any

import msgspec

from protocols.vocabulary import Instant
from server.application.devices import Ticket
from server.settings import Settings
from tests.experiments.borrowed import Defects
from tests.support.site import OURS, Ground


class ByPrefix(frozenset[str]):
    """Origins that are ours because they begin like ours."""

    def __contains__(self, origin: object) -> bool:
        """Compare the beginning."""
        return isinstance(origin, str) and origin.startswith(OURS)


class ByHost(frozenset[str]):
    """Origins that are ours whatever their case and scheme."""

    def __contains__(self, origin: object) -> bool:
        """Compare the host as browsers never send it."""
        return str(origin).lower().endswith("://orders.example")


class Doubled:
    """Hands a ticket out before it is taken away."""

    def __init__(self, real: Any) -> None:
        self._real = real
        self._seen: dict[bytes, Ticket] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    async def open_ticket(self, ticket: Ticket) -> None:
        """Remember it here, too."""
        self._seen[ticket.ticket_hash] = ticket
        await self._real.open_ticket(ticket)

    async def take_ticket(self, ticket_hash: bytes, now: Instant) -> Ticket | None:
        """Look, and only then take."""
        found = self._seen.get(ticket_hash)
        await self._real.take_ticket(ticket_hash, now)
        self._seen.pop(ticket_hash, None)
        return found if found is not None and found.expires_at > now else None


def _doubled(ground: Ground) -> Ground:
    return msgspec.structs.replace(ground, devices=Doubled(ground.devices))


def _settings(**changes: object) -> Settings:
    return msgspec.structs.replace(Settings(origins=frozenset({OURS})), **changes)


DEFECTS: dict[str, tuple[Callable[[], Defects], str]] = {
    "compares the beginning of an origin": (
        lambda: Defects(_settings(origins=ByPrefix({OURS}))), "opened a socket"
    ),
    "forgives case and scheme": (
        lambda: Defects(_settings(origins=ByHost({OURS}))), "was served"
    ),
    "believes every proxy header": (
        lambda: Defects(_settings(trusted_proxies=(ip_network("0.0.0.0/0"),))),
        "x-forwarded-for: {}",
    ),
    "takes a ticket twice": (lambda: Defects(flaw=_doubled), "came in with one"),
}  # fmt: skip
"""What each bug is, and the words of what must be found."""
