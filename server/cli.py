"""`kanvoy`: serve, demo, migrate, doctor, verify, create-tenant, create-user."""

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from getpass import getpass
from pathlib import Path
from typing import get_args

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from protocols.vocabulary import Currency, Role
from server import chores, demo_run, doctor
from server.app import new_loop, serve
from server.application.ports import StorageBusy
from server.chores import CannotDo, NewTenant, NewUser
from server.domain.workflow.presets import PRESETS
from server.settings import BadSetting, Settings, from_environment
from server.storage.open import open_storage
from server.storage.verify import verify

Chore = Callable[[argparse.Namespace, Settings], Awaitable[int]]

_MARKS = {"fine": "✓", "doubtful": "!", "broken": "✗"}


def main(arguments: list[str] | None = None) -> int:
    """Do what the arguments say; answers the exit code. A mistake is one line with the way on."""
    asked = _parser().parse_args(arguments)
    chore: Chore = asked.chore
    try:
        with asyncio.Runner(loop_factory=new_loop()) as runner:
            return runner.run(_do(chore, asked))
    except KeyboardInterrupt:
        return 130
    except (BadSetting, CannotDo) as problem:
        return _failed(str(problem))
    except StorageBusy:
        return _failed("the database is busy; is another program writing? Try again.")
    except (OSError, SQLAlchemyError) as problem:
        said = str(problem).splitlines()[0]
        return _failed(f"{said}. `kanvoy doctor` looks into it.")


async def _do(chore: Chore, asked: argparse.Namespace) -> int:
    return await chore(asked, _settings(asked))


def _failed(says: str) -> int:
    print(f"kanvoy: {says}", file=sys.stderr)
    return 2


def _settings(asked: argparse.Namespace) -> Settings:
    settings = from_environment(os.environ)
    given = {
        name: value
        for name in ("host", "port", "data")
        if (value := getattr(asked, name, None)) is not None
    }
    return msgspec.structs.replace(settings, **given)


async def _serve(asked: argparse.Namespace, settings: Settings) -> int:
    del asked
    await chores.bring_up(settings)
    print(f"Kanvoy serves {settings.address}", flush=True)
    await serve(settings)
    return 0


async def _demo(asked: argparse.Namespace, settings: Settings) -> int:
    return await demo_run.run(settings, fresh=asked.fresh, tell=_tell)


async def _migrate(asked: argparse.Namespace, settings: Settings) -> int:
    del asked
    await chores.bring_up(settings)
    print("The schema is up to date.")
    return 0


async def _doctor(asked: argparse.Namespace, settings: Settings) -> int:
    del asked
    broken = 0
    async for finding in doctor.examine(settings):
        print(f"{_MARKS[finding.state]} {finding.about}: {finding.says}")
        if finding.mend:
            print(f"    → {finding.mend}")
        broken += finding.state == "broken"
    return 1 if broken else 0


async def _verify(asked: argparse.Namespace, settings: Settings) -> int:
    del asked
    found = 0
    async with open_storage(settings.database) as storage:
        for tenant in await storage.accounts.tenants():
            problems = await verify(storage.database, tenant.id)
            print(f"{_MARKS['broken' if problems else 'fine']} {tenant.slug}")
            for problem in problems:
                print(f"    {problem}")
            found += len(problems)
    print("Every journal is whole." if not found else f"{found} problems; restore a backup.")
    return 1 if found else 0


async def _create_tenant(asked: argparse.Namespace, settings: Settings) -> int:
    tenant = await chores.create_tenant(
        settings,
        NewTenant(
            slug=asked.slug,
            name=asked.name or asked.slug,
            currency=Currency(asked.currency),
            workflow=asked.workflow,
            locale=asked.locale,
        ),
    )
    print(f"Founded {tenant.name} ({tenant.slug}).")
    print(f"Next: kanvoy create-user {tenant.slug} you@example.com --role owner --role user")
    return 0


async def _create_user(asked: argparse.Namespace, settings: Settings) -> int:
    # Never an argument: the process list would show it.
    given = os.environ.get("KANVOY_PASSWORD")
    password = given if given is not None else await asyncio.to_thread(getpass, "Password: ")
    person = await chores.create_user(
        settings,
        NewUser(
            slug=asked.tenant,
            email=asked.email,
            name=asked.name or asked.email.partition("@")[0].title(),
            roles=tuple(dict.fromkeys(asked.role or ["csr"])),
            password=password,
        ),
    )
    print(f"{person.name} may sign in as {person.email} with {', '.join(person.roles)}.")
    return 0


def _tell(line: str) -> None:
    print(line, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kanvoy",
        description="A multi-tenant order board that is live for everyone who looks at it.",
        epilog="Settings come from KANVOY_* variables; see docs/operations.",
    )
    chores_ = parser.add_subparsers(required=True, metavar="COMMAND")
    serving = _chore(chores_, "serve", _serve, "serve this installation")
    demo = _chore(chores_, "demo", _demo, "serve two filled tenants for looking around")
    demo.add_argument("--fresh", action="store_true", help="forget what was done in the demo")
    for listening in (serving, demo):
        listening.add_argument("--host", help="address to listen on (default: 127.0.0.1)")
        listening.add_argument("--port", type=int, help="port to listen on (default: 8000)")
        listening.add_argument("--data", type=Path, help="folder of the embedded database")
    _chore(chores_, "migrate", _migrate, "bring the database's schema up to date")
    _chore(chores_, "doctor", _doctor, "say what is misconfigured and how to mend it")
    _chore(chores_, "verify", _verify, "prove that every journal is whole")
    _tenant_arguments(_chore(chores_, "create-tenant", _create_tenant, "found a tenant"))
    _user_arguments(_chore(chores_, "create-user", _create_user, "let a person sign in"))
    return parser


def _tenant_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("slug", help="short name, for addresses and logs")
    parser.add_argument("--name", default="", help="name as people see it")
    parser.add_argument("--currency", default="EUR", help="ISO code (default: EUR)")
    parser.add_argument("--locale", default="en", help="for dates and money (default: en)")
    parser.add_argument("--workflow", default="full-7", help=f"one of {', '.join(PRESETS)}")


def _user_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("tenant", help="short name of the tenant")
    parser.add_argument("email")
    parser.add_argument("--name", default="")
    parser.add_argument(
        "--role", action="append", choices=get_args(Role), help="may be repeated (default: csr)"
    )


def _chore(
    chores_: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    chore: Chore,
    says: str,
) -> argparse.ArgumentParser:
    parser = chores_.add_parser(name, help=says, description=says)
    parser.set_defaults(chore=chore)
    return parser


if __name__ == "__main__":
    sys.exit(main())
