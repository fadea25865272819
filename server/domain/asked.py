"""The circumstances of a command: who asks, when, and what the asker had seen."""

import msgspec

from protocols.vocabulary import FieldGroup, Instant, Version
from server.domain.actor import Actor


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about the asking that is not the command itself."""

    actor: Actor
    now: Instant
    base_version: Version = Version(0)
    base_groups: dict[FieldGroup, Version] = {}
    over: Version = Version(0)
    fact: bool = False

    def base(self, group: FieldGroup) -> Version:
        """The newest version of this group the asker has seen or chose to override."""
        return max(self.base_groups.get(group, self.base_version), self.over)
