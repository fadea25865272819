"""The circumstances of a command: who asks, when, and what the asker had seen."""

from msgspec import field

from protocols.struct import Struct
from protocols.vocabulary import FieldGroup, Instant, Version
from server.domain.actor import Actor
from server.domain.orders.state import Touch


class Asked(Struct, frozen=True, kw_only=True):
    """Everything about the asking that is not the command itself."""

    actor: Actor
    now: Instant
    base_version: Version = Version(0)
    base_groups: dict[FieldGroup, Version] = field(default_factory=dict)
    over: Version = Version(0)
    own: frozenset[Version] = frozenset()
    """Versions that the asker's own earlier commands made, on which this one builds knowingly."""
    fact: bool = False

    def base(self, group: FieldGroup) -> Version:
        """The newest version of this group the asker has seen or chose to override."""
        return max(self.base_groups.get(group, self.base_version), self.over)

    def knew(self, group: FieldGroup, version: Version) -> bool:
        """Whether a write of the group, at that version, is no surprise to the asker."""
        return version <= self.base(group) or version in self.own

    def insists(self, version: Version) -> bool:
        """Whether the asker wants it whatever was written at that version."""
        return self.fact or version <= self.over or version in self.own

    def touch(self, version: Version) -> Touch:
        """The mark this asker leaves on what changes at that version."""
        return Touch(version=version, by_id=self.actor.id, by_name=self.actor.name, at=self.now)
