"""The sockets of this node: whom they serve, which speaks for a client, how all are ended."""

import asyncio
from collections.abc import Sequence as Series
from typing import Protocol

from protocols.closing import Close
from protocols.vocabulary import ClientId, Instant, PersonId, SessionId, TenantId
from server.application.ports import Clock, Ids
from server.application.principal import Principal
from server.realtime.limits import SOCKETS_PER_PERSON

CHECK_SECONDS = 8.0
"""Between two looks for lost revocations: 10 s are promised, the look itself included. [MN10]"""

PersonKey = tuple[TenantId, PersonId]
ClientKey = tuple[TenantId, PersonId, ClientId]
"""The person belongs to it: client ids are seen by colleagues, who must not cut each other off."""


class Socket(Protocol):
    """One live socket as the roster sees it."""

    @property
    def session_id(self) -> SessionId:
        """Its session: never used twice."""

    @property
    def principal(self) -> Principal:
        """Whom it serves now."""

    def close(self, code: Close) -> None:
        """End it."""

    def drain(self, after: float) -> None:
        """Ask it to move to another node after so many seconds."""


class Validity(Protocol):
    """Who can say which devices are still let in."""

    async def valid_sign_ins(
        self, tenant_id: TenantId, ids: Series[str], now: Instant
    ) -> frozenset[str]:
        """Which of these are neither expired nor revoked."""


class Roster:
    """Who is connected here. Implements the application's port `Sockets`."""

    def __init__(self, ids: Ids) -> None:
        """Nobody is."""
        self._ids = ids
        self._sockets: dict[SessionId, Socket] = {}
        self._of_person: dict[PersonKey, int] = {}
        self._speaking: dict[ClientKey, Socket] = {}
        self._empty = asyncio.Event()
        self._empty.set()
        self.revocations = 0
        """Grows with every revocation: whoever read a credential before one reads it again."""

    def __len__(self) -> int:
        return len(self._sockets)

    def tenants(self) -> frozenset[TenantId]:
        """The tenants that have a socket here."""
        return frozenset(tenant_id for tenant_id, _ in self._of_person)

    def audiences(self, tenant_id: TenantId | None = None) -> dict[str, int]:
        """How many sockets serve desks, drivers and displays: of one tenant, or of all."""
        found = {"desk": 0, "driver": 0, "display": 0}
        for socket in self._sockets.values():
            actor = socket.principal.actor
            if tenant_id in (None, actor.tenant_id):
                device = "display" if actor.view_id is not None else "driver"
                desk = actor.view_id is None and actor.driver_id is None
                found["desk" if desk else device] += 1
        return found

    def is_full(self, principal: Principal) -> bool:
        """Whether the person has as many sockets as one may have. [LM9]"""
        return self._of_person.get(_person(principal), 0) >= SOCKETS_PER_PERSON

    def join(self, socket: Socket) -> None:
        """A socket opened."""
        self._sockets[socket.session_id] = socket
        person = _person(socket.principal)
        self._of_person[person] = self._of_person.get(person, 0) + 1
        self._empty.clear()

    def leave(self, socket: Socket, client_id: ClientId | None) -> None:
        """A socket is gone. The one that replaced it is not touched. [HS9]"""
        if self._sockets.pop(socket.session_id, None) is None:
            return
        person = _person(socket.principal)
        self._of_person[person] -= 1
        if not self._of_person[person]:
            del self._of_person[person]
        if client_id is not None and self._speaking.get((*person, client_id)) is socket:
            del self._speaking[*person, client_id]
        if not self._sockets:
            self._empty.set()

    def claim(self, client_id: ClientId, socket: Socket) -> Socket | None:
        """From here on this socket speaks for the client; answers the one that did before."""
        key = (*_person(socket.principal), client_id)
        before = self._speaking.get(key)
        self._speaking[key] = socket
        return before if before is not socket else None

    def close_sign_in(self, tenant_id: TenantId, sign_in_id: str) -> None:
        """Close the sockets of one device. [AU36]"""
        self.revocations += 1
        for socket in tuple(self._sockets.values()):
            principal = socket.principal
            if (principal.actor.tenant_id, principal.sign_in_id) == (tenant_id, sign_in_id):
                socket.close(Close.REVOKED)

    def close_person(
        self, tenant_id: TenantId, person_id: PersonId, *, keep: str | None = None
    ) -> None:
        """Close all sockets of a person, except those of the device `keep`. [AU36]"""
        self.revocations += 1
        for socket in tuple(self._sockets.values()):
            principal = socket.principal
            if _person(principal) == (tenant_id, person_id) and principal.sign_in_id != keep:
                socket.close(Close.REVOKED)

    def close_subject(self, tenant_id: TenantId, subject: str) -> None:
        """Close the sockets of a driver's phones, or of the displays of a view. [DV10]"""
        self.revocations += 1
        for socket in tuple(self._sockets.values()):
            actor = socket.principal.actor
            if actor.tenant_id == tenant_id and subject in (actor.driver_id, actor.view_id):
                socket.close(Close.REVOKED)

    def sign_ins(self, tenant_id: TenantId) -> frozenset[str]:
        """The devices of a tenant that have a socket here."""
        principals = [socket.principal for socket in self._sockets.values()]
        return frozenset(p.sign_in_id for p in principals if p.actor.tenant_id == tenant_id)

    def move_person(self, tenant_id: TenantId, person_id: PersonId) -> None:
        """Have a person's sockets come again at once, with the rights that hold now. [AU10]"""
        self.revocations += 1
        for socket in tuple(self._sockets.values()):
            if _person(socket.principal) == (tenant_id, person_id):
                socket.close(Close.MOVED)

    async def check(self, accounts: Validity, clock: Clock) -> None:
        """Close the sockets of devices that are signed out or expired, however we missed it.

        Called every `CHECK_SECONDS`, because news between two nodes may be lost.
        """
        devices: dict[TenantId, dict[str, None]] = {}
        for socket in self._sockets.values():
            principal = socket.principal
            devices.setdefault(principal.actor.tenant_id, {})[principal.sign_in_id] = None
        for tenant_id, ids in devices.items():
            valid = await accounts.valid_sign_ins(tenant_id, tuple(ids), clock.now())
            for sign_in_id in ids:
                if sign_in_id not in valid:
                    self.close_sign_in(tenant_id, sign_in_id)

    async def drain(self, spread: float) -> None:
        """Ask every socket to move within `spread` seconds; returns when all are gone. [CL2]

        Cancellation: the sockets stay asked and are closed when their time has come.
        """
        for socket in tuple(self._sockets.values()):
            socket.drain(self._ids.uniform(0.0, spread))
        await self._empty.wait()


def _person(principal: Principal) -> PersonKey:
    return principal.actor.tenant_id, principal.actor.id
