"""`kanvoy` about people: who may sign in, with which password and which roles."""

import argparse
import asyncio
import os
from collections.abc import Awaitable, Callable
from getpass import getpass
from typing import get_args

from protocols.vocabulary import Role
from server import staff
from server.domain.records import Person
from server.settings import Settings
from server.staff import Colleague, NewUser
from server.telemetry.logs import start_logging

Chore = Callable[[argparse.Namespace, Settings], Awaitable[int]]
Add = Callable[[str, Chore, str], argparse.ArgumentParser]


def add_to(add: Add) -> None:
    """Make these commands known."""
    created = _on_person(add("create-user", _create_user, "let a person sign in"))
    created.add_argument("--name", default="")
    _roles(created, says="may be repeated (default: csr)", required=False)
    listed = add("users", _users, "list a tenant's people")
    listed.add_argument("tenant", help="short name of the tenant")
    _on_person(add("set-password", _set_password, "change a password, and sign the devices out"))
    given = _on_person(add("set-roles", _set_roles, "give a person these roles and no others"))
    _roles(given, says="may be repeated", required=True)
    _on_person(add("deactivate", _deactivate, "sign a person out and let them in no more"))
    _on_person(add("activate", _activate, "let a person in again"))


async def _create_user(asked: argparse.Namespace, settings: Settings) -> int:
    person = await staff.create_user(
        settings,
        NewUser(
            slug=asked.tenant,
            email=asked.email,
            name=asked.name or asked.email.partition("@")[0].title(),
            roles=_asked_roles(asked),
            password=await _password(),
        ),
    )
    print(f"{person.name} may sign in as {person.email} with {_listed(person)}.")
    return 0


async def _users(asked: argparse.Namespace, settings: Settings) -> int:
    for colleague in await staff.colleagues(settings, asked.tenant):
        person = colleague.person
        print(f"{person.email:32}  {person.name:24}  {_listed(person)}{_state(colleague)}")
    return 0


async def _set_password(asked: argparse.Namespace, settings: Settings) -> int:
    # It has a line in the security log, on this terminal or where it is sent to.
    start_logging(settings.log_level, settings.log_format)
    person = await staff.set_password(settings, asked.tenant, asked.email, await _password())
    print(f"{person.name} has a new password and is signed out everywhere.")
    return 0


async def _set_roles(asked: argparse.Namespace, settings: Settings) -> int:
    roles = _asked_roles(asked)
    person = await staff.set_roles(settings, asked.tenant, asked.email, roles)
    print(f"{person.name} has {_listed(person)} from now on.")
    return 0


async def _deactivate(asked: argparse.Namespace, settings: Settings) -> int:
    person = await staff.set_active(settings, asked.tenant, asked.email, active=False)
    print(f"{person.name} is signed out and may not sign in.")
    return 0


async def _activate(asked: argparse.Namespace, settings: Settings) -> int:
    person = await staff.set_active(settings, asked.tenant, asked.email, active=True)
    print(f"{person.name} may sign in with {_listed(person)}.")
    return 0


async def _password() -> str:
    # Never an argument: the process list would show it.
    given = os.environ.get("KANVOY_PASSWORD")
    return given if given is not None else await asyncio.to_thread(getpass, "Password: ")


def _asked_roles(asked: argparse.Namespace) -> tuple[Role, ...]:
    return tuple(dict.fromkeys(asked.role or ["csr"]))


def _listed(person: Person) -> str:
    return ", ".join(person.roles)


def _state(colleague: Colleague) -> str:
    if not colleague.person.active:
        return "  (inactive)"
    return "" if colleague.has_password else "  (has no password)"


def _on_person(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("tenant", help="short name of the tenant")
    parser.add_argument("email")
    return parser


def _roles(parser: argparse.ArgumentParser, *, says: str, required: bool) -> None:
    parser.add_argument(
        "--role", action="append", choices=get_args(Role), help=says, required=required
    )
