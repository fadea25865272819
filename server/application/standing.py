"""For which drivers and views devices may speak, and as whom. [DV]"""

import msgspec

from protocols.vocabulary import DriverId, PersonId
from server.application.devices import DeviceKind
from server.application.images import Images
from server.domain.fleet import Display, Driver
from server.domain.records import Person


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A driver or a view that is active."""

    kind: DeviceKind
    name: str
    call_sign: str = ""
    person_id: PersonId | None = None
    """The colleague who is this driver, when the house has linked one."""


def standings(images: Images) -> dict[str, Standing]:
    """All drivers and views that devices may speak for, by id; ids are unique in a tenant."""
    linked = _linked(images)
    found: dict[str, Standing] = {}
    for driver in images.records(Driver):
        person = linked.get(driver.id)
        # AU10 for phones: a colleague who is let in nowhere is not let in as a driver either.
        if driver.active and (person is None or person.active):
            found[driver.id] = Standing(
                kind="driver",
                name=driver.name,
                call_sign=driver.call_sign,
                person_id=None if person is None else person.id,
            )
    for display in images.records(Display):
        if display.active:
            found[display.id] = Standing(kind="display", name=display.name)
    return found


def _linked(images: Images) -> dict[DriverId, Person]:
    """Who is which driver; of several the first who is active."""
    linked: dict[DriverId, Person] = {}
    for person in images.records(Person):
        if person.driver_id is None:
            continue
        known = linked.get(person.driver_id)
        if known is None or (person.active and not known.active):
            linked[person.driver_id] = person
    return linked
