"""One numbered command on its way to a verdict."""

from msgspec import field

from protocols.commands import Command
from protocols.struct import Struct
from protocols.vocabulary import ClientId, FieldGroup, Instant, Number, Version
from server.domain.actor import Actor
from server.domain.orders.escalate import EscalateStop
from server.domain.records import SaveRecord


class Submission(Struct, frozen=True, kw_only=True):
    """What is asked, by whom, and what the asker had seen.

    The actor comes from the credential, never from the message; all else is the asker's word.
    """

    actor: Actor
    client_id: ClientId
    number: Number
    command: Command | SaveRecord | EscalateStop
    base_version: Version = Version(0)
    base_groups: dict[FieldGroup, Version] = field(default_factory=dict)
    over: Version = Version(0)
    depends_on: tuple[Number, ...] = ()
    fact: bool = False
    at: Instant | None = None
    """When it happened, if the system imports a past; the clock's now otherwise."""
    asked_in: str = ""
    """The session or the request that brought it, as the log names it."""


def belonging_to(actor: Actor, client_id: ClientId) -> ClientId:
    """A client's name within its tenant: bound to its person.

    Changes carry the client id for all to see. Bound to the person, it lets nobody else take its
    numbers, read its verdicts or undo what it did. The dot cannot occur in what clients send.
    """
    return ClientId(f"{actor.id}.{client_id}")


def as_told(client_id: ClientId) -> ClientId:
    """The name the client gave itself."""
    return ClientId(client_id.rpartition(".")[2])
