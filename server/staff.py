"""Who may sign in, changed by hand: each change goes the one write path or through `Accounts`.

A running server follows by itself: a changed record moves or closes the person's sockets with its
next look at the journal, a device that was signed out loses them within ten seconds.
"""

from collections.abc import Callable
from getpass import getuser
from typing import Annotated

import msgspec

from protocols.vocabulary import EMAIL, PASSWORD, PersonId, Role
from server.application.accounts import Tenant
from server.application.sign_in import fold
from server.desk import CannotDo, Desk, bring_up, must_be_there, open_desk
from server.domain.records import Person
from server.settings import Settings
from server.telemetry.security import PasswordChanged, SecurityLines

SHORTEST_PASSWORD = 12
"""Length is what counts (NIST SP 800-63B), and there is no second factor yet."""


class NewUser(msgspec.Struct, frozen=True, kw_only=True):
    """A person who shall sign in."""

    slug: str
    email: str
    name: str
    roles: tuple[Role, ...]
    password: str


class Colleague(msgspec.Struct, frozen=True, kw_only=True):
    """A person's record, and whether a password is kept for it."""

    person: Person
    has_password: bool


async def create_user(settings: Settings, wanted: NewUser) -> Person:
    """Let a person of a tenant sign in."""
    _check_email(wanted.email)
    _check_password(wanted.password)
    await bring_up(settings)
    async with open_desk(settings) as desk:
        tenant = await desk.tenant(wanted.slug)
        person = Person(
            id=PersonId(desk.ids.uuid()),
            email=wanted.email,
            name=wanted.name,
            roles=wanted.roles,
        )
        # The password first: a person's record without one would only clutter the pickers.
        password = wanted.password
        if not await desk.entrance.set_password(tenant.id, person.id, person.email, password):
            raise CannotDo(
                f"{wanted.email} is in {tenant.slug} already; `kanvoy set-password`, `set-roles` "
                "and `activate` change what is there"
            )
        await desk.save(tenant.id, person)
        return person


async def colleagues(settings: Settings, slug: str) -> list[Colleague]:
    """Everybody of a tenant, by name."""
    await must_be_there(settings)
    async with open_desk(settings) as desk:
        tenant = await desk.tenant(slug)
        images = await desk.node.images(tenant.id)
        people = sorted(images.records(Person), key=lambda one: (one.name, one.email))
        accounts = desk.storage.accounts
        return [
            Colleague(
                person=person,
                has_password=await accounts.credential(tenant.id, person.id) is not None,
            )
            for person in people
        ]


async def set_password(settings: Settings, slug: str, email: str, password: str) -> Person:
    """Change a person's password; every device is signed out, for one may be a thief's."""
    _check_password(password)
    await must_be_there(settings)
    async with open_desk(settings) as desk:
        tenant, person = await _person(desk, slug, email)
        await desk.entrance.set_password(tenant.id, person.id, email, password)
        await desk.storage.accounts.revoke_person(tenant.id, person.id)
        event = PasswordChanged(tenant_id=tenant.id, person_id=person.id, by=getuser())
        SecurityLines().note(event)
        return person


async def set_roles(settings: Settings, slug: str, email: str, roles: tuple[Role, ...]) -> Person:
    """Give a person these roles and no others."""
    return await _changed(
        settings, slug, email, lambda person: msgspec.structs.replace(person, roles=roles)
    )


async def set_active(settings: Settings, slug: str, email: str, *, active: bool) -> Person:
    """Let a person in again, or sign all devices out and let them in no more."""
    return await _changed(
        settings, slug, email, lambda person: msgspec.structs.replace(person, active=active)
    )


async def _changed(
    settings: Settings, slug: str, email: str, change: Callable[[Person], Person]
) -> Person:
    await must_be_there(settings)
    async with open_desk(settings) as desk:
        tenant, before = await _person(desk, slug, email)
        after = change(before)
        if after != before:
            await desk.save(tenant.id, after)
        if not after.active:
            await desk.storage.accounts.revoke_person(tenant.id, after.id)
        return after


async def _person(desk: Desk, slug: str, email: str) -> tuple[Tenant, Person]:
    tenant = await desk.tenant(slug)
    found = await desk.storage.accounts.credentials_by_email(fold(email), tenant_id=tenant.id)
    person = await desk.people.person(tenant.id, found[0].person_id) if found else None
    if person is None:
        raise CannotDo(f"{email} is nobody in {slug}; `kanvoy users {slug}` lists everybody")
    return tenant, person


def _check_email(email: str) -> None:
    try:
        msgspec.convert(email, Annotated[str, EMAIL])
    except msgspec.ValidationError as problem:
        said = f"nobody can sign in as {email!r}"
        raise CannotDo(f"{said}; an e-mail such as anna@acme.example is expected") from problem


def _check_password(password: str) -> None:
    if len(password) < SHORTEST_PASSWORD:
        raise CannotDo(f"the password is too short; {SHORTEST_PASSWORD} characters are the least")
    try:
        msgspec.convert(password, Annotated[str, PASSWORD])
    except msgspec.ValidationError as problem:
        raise CannotDo("the password is too long; 200 characters are the most") from problem
