"""Who a credential speaks for, and the live sockets that must hear when it no longer does."""

from typing import Literal, Protocol

from protocols.struct import Struct
from protocols.vocabulary import Instant, PersonId, TenantId
from server.domain.actor import Actor

Kind = Literal["cookie", "bearer"]
"""How the credential travels: a browser adds a cookie by itself, a program adds a header."""

Way = Literal["cookie", "display", "bearer", "ticket"]
"""What may come in with a request: a page without a cookie opens a socket with a ticket.

`display` is a cookie too, the one of displays: it speaks for a display and never for a person.
"""


class Principal(Struct, frozen=True, kw_only=True):
    """A signed-in person on one device, with the rights that held when the credential was read."""

    actor: Actor
    tenant: str
    """The tenant's name, for people."""
    sign_in_id: str
    """The device (`SignIn.id`); opens nothing."""
    kind: Kind
    nonce: str
    """What a page must repeat in `hello.csrf` to prove that it is ours; unused for bearers."""
    expires_at: Instant

    @property
    def tenant_id(self) -> TenantId:
        """Whose things are theirs."""
        return self.actor.tenant_id

    @property
    def person_id(self) -> PersonId:
        """Who they are, for logs and limits."""
        return self.actor.id

    @property
    def device_id(self) -> str:
        """`sign_in_id`, as the log calls it."""
        return self.sign_in_id


class Authenticator(Protocol):
    """Turns a token into the principal it speaks for."""

    async def authenticate(self, kind: Way, token: str) -> Principal | None:
        """The principal; None when the token is unknown, expired or revoked: one answer.

        Never answers from a cache that a finished revocation has not reached.
        """

    async def still(self, principal: Principal) -> Principal | None:
        """The same device as it is now; None when it was revoked meanwhile."""


class Sockets(Protocol):
    """The live sockets of this node, by whom they serve. All calls return at once and never fail.

    Whoever revokes calls these after the revocation is durable. A socket that was being
    authenticated meanwhile reads its credential again before it opens, so none slips through.
    """

    def close_sign_in(self, tenant_id: TenantId, sign_in_id: str) -> None:
        """Close the sockets of one device: nothing is sent to them any more."""

    def sign_ins(self, tenant_id: TenantId) -> frozenset[str]:
        """The devices of a tenant that have a socket here."""

    def close_person(
        self, tenant_id: TenantId, person_id: PersonId, *, keep: str | None = None
    ) -> None:
        """Close all sockets of a person, except those of the device `keep`."""
