"""Persons as their journal says, what their roles grant, and news of those that changed."""

from collections.abc import Callable
from collections.abc import Sequence as Series

from protocols.vocabulary import Permission, PersonId, TenantId
from server.application.images import Change
from server.application.node import Node
from server.domain.records import Person
from server.domain.roles import RolePreset, permissions

Changed = Callable[[TenantId, Person], None]
"""Called when a person's standing is another one: other roles, or no longer active."""


class JournalPeople:
    """Reads the Person records that this node's images hold; a changed role acts at once.

    Whoever was looked up here is watched from then on: `changed` is called in the same step in
    which the row is applied, so no request and no socket goes on with rights that are gone.
    """

    def __init__(self, node: Node, preset: RolePreset, changed: Changed = lambda *_: None) -> None:
        """Look into this node's journals."""
        self._node = node
        self._preset = preset
        self._changed = changed
        self._watched: dict[TenantId, _Watch] = {}

    async def person(self, tenant_id: TenantId, person_id: PersonId) -> Person | None:
        """The person's record as of the last applied row."""
        journal = await self._node.journal(tenant_id)
        if tenant_id not in self._watched:
            self._watched[tenant_id] = _Watch(tenant_id, self._changed)
            journal.listen(self._watched[tenant_id])
        return journal.images.person(person_id)

    def permissions(self, person: Person) -> frozenset[Permission]:
        """What the union of the person's roles grants under the installation's preset."""
        return permissions(person.roles, self._preset)


class _Watch:
    """Listens to one journal for persons whose standing changes."""

    def __init__(self, tenant_id: TenantId, changed: Changed) -> None:
        self._tenant_id = tenant_id
        self._changed = changed

    def applied(self, changes: Series[Change]) -> None:
        """Tell of each person that may now do more, or less, or nothing."""
        for change in changes:
            before, after = change.before, change.after
            if not isinstance(before, Person) or not isinstance(after, Person):
                continue
            if (before.roles, before.active) != (after.roles, after.active):
                self._changed(self._tenant_id, after)

    def reset(self) -> None:
        """Another history: every reader starts over anyway."""
