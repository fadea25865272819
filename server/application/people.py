"""Persons as their journal says, what their roles grant, and news of those that changed."""

from collections.abc import Callable
from collections.abc import Sequence as Series
from weakref import WeakSet

import msgspec

from protocols.vocabulary import Permission, PersonId, TenantId
from server.application.images import Change
from server.application.journal import Journal
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
        self._watched: WeakSet[Journal] = WeakSet()

    async def person(self, tenant_id: TenantId, person_id: PersonId) -> Person | None:
        """The person's record as of the last applied row."""
        journal = await self._node.journal(tenant_id)
        if journal not in self._watched:
            self._watched.add(journal)
            journal.listen(_Watch(journal, self._changed))
        return journal.images.person(person_id)

    def permissions(self, person: Person) -> frozenset[Permission]:
        """What the union of the person's roles grants under the installation's preset."""
        return permissions(person.roles, self._preset)


class _Watch:
    """Listens to one journal for persons whose standing changes."""

    def __init__(self, journal: Journal, changed: Changed) -> None:
        self._tenant_id = journal.tenant_id
        self._images = journal.images
        self._changed = changed
        self._known = self._people()

    def applied(self, changes: Series[Change]) -> None:
        """Tell of each person that may now do more, or less, or nothing."""
        for change in changes:
            if isinstance(change.after, Person):
                self._compare(self._known.get(change.after.id), change.after)
                self._known[change.after.id] = change.after

    def reset(self) -> None:
        """Another history may know other roles, or nothing of a person. [AU10]"""
        before, self._known = self._known, self._people()
        for person_id, person in before.items():
            gone = msgspec.structs.replace(person, active=False)
            self._compare(person, self._known.get(person_id, gone))

    def _people(self) -> dict[PersonId, Person]:
        return {person.id: person for person in self._images.records(Person)}

    def _compare(self, before: Person | None, after: Person) -> None:
        if before and _standing(before) != _standing(after):
            self._changed(self._tenant_id, after)


def _standing(person: Person) -> tuple[object, ...]:
    """What a person's rights hang on."""
    return (person.roles, person.active, person.driver_id)
