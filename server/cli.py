"""`kanvoy`: serves an installation, looks after it, and founds tenants."""

import argparse
import asyncio
import os
import sqlite3
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from sqlalchemy.exc import SQLAlchemyError
from structlog import get_logger

from protocols.vocabulary import Currency
from server import (
    chores,
    cli_backup,
    cli_devices,
    cli_staff,
    cli_verify,
    demo_run,
    demo_scale,
    doctor,
)
from server.app import CannotServe, serve
from server.application.ports import StorageBusy
from server.chores import NewTenant
from server.desk import CannotDo, bring_up, must_be_bound
from server.domain.workflow.presets import PRESETS
from server.listening import CannotListen, listen
from server.settings import BadSetting, Settings, from_environment
from server.system import new_loop
from server.workers import Crew

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
    except (BadSetting, CannotDo, CannotListen, CannotServe) as problem:
        return _failed(str(problem))
    except StorageBusy:
        return _failed("the database is busy; is another program writing? Try again.")
    except OSError as problem:
        return _failed(f"{_first_line(problem)}. `kanvoy doctor` looks into it.")


async def _do(chore: Chore, asked: argparse.Namespace) -> int:
    settings = _settings(asked)
    try:
        return await chore(asked, settings)
    except (OSError, SQLAlchemyError, sqlite3.Error) as problem:
        raise CannotDo(_no_database(settings, problem)) from problem


def _no_database(settings: Settings, problem: Exception) -> str:
    """What an operator needs of a database's error: where it is, and which variable says so."""
    at = urlsplit(settings.database)
    where, said = settings.database, "KANVOY_DATA"
    if not settings.embedded:
        where, said = f"{at.hostname or ''}:{at.port or 5432}{at.path}", "KANVOY_DATABASE_URL"
    return f"{where} ({said}): {_first_line(problem)}. `kanvoy doctor` looks into it."


def _first_line(problem: Exception) -> str:
    return str(problem).splitlines()[0] if str(problem) else type(problem).__name__


def _failed(says: str) -> int:
    print(f"kanvoy: {says}", file=sys.stderr)
    return 2


def _settings(asked: argparse.Namespace) -> Settings:
    settings = from_environment(os.environ)
    given = {
        name: value
        for name in ("host", "port", "data", "workers")
        if (value := getattr(asked, name, None)) is not None
    }
    return msgspec.structs.replace(settings, **given)


async def _serve(asked: argparse.Namespace, settings: Settings) -> int:
    del asked
    # First of all: a second server shall not touch the schema under the first one.
    sockets = listen(settings)
    await must_be_bound(settings)
    await bring_up(settings)
    if settings.workers > 1:
        await Crew(settings, sockets, lambda: _serving(settings)).run()
    else:
        await serve(settings, sockets, lambda: _serving(settings))
    return 0


def _serving(settings: Settings) -> None:
    if settings.log_format == "json":
        get_logger().info("serving", address=settings.address)
    else:
        _tell(f"Kanvoy serves {settings.address}")


async def _demo(asked: argparse.Namespace, settings: Settings) -> int:
    if asked.scale:
        return await demo_scale.run(demo_run.at_home(settings), tell=_tell)
    return await demo_run.run(settings, fresh=asked.fresh, tell=_tell)


async def _migrate(asked: argparse.Namespace, settings: Settings) -> int:
    del asked
    await bring_up(settings)
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
    demo.add_argument("--scale", action="store_true", help="two nodes on PostgreSQL and Valkey")
    for listening in (serving, demo):
        listening.add_argument("--host", help="address to listen on (default: 127.0.0.1)")
        listening.add_argument("--port", type=int, help="port to listen on (default: 8000)")
        listening.add_argument("--data", type=Path, help="folder of the embedded database")
    serving.add_argument("--workers", type=int, help="processes that share the port (default: 1)")
    _chore(chores_, "migrate", _migrate, "bring the database's schema up to date")
    _chore(chores_, "doctor", _doctor, "say what is misconfigured and how to mend it")
    _tenant_arguments(_chore(chores_, "create-tenant", _create_tenant, "found a tenant"))
    cli_staff.add_to(lambda name, chore, says: _chore(chores_, name, chore, says))
    cli_devices.add_to(lambda name, chore, says: _chore(chores_, name, chore, says))
    cli_verify.add_to(lambda name, chore, says: _chore(chores_, name, chore, says))
    cli_backup.add_to(lambda name, chore, says: _chore(chores_, name, chore, says))
    return parser


def _tenant_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("slug", help="short name, for addresses and logs")
    parser.add_argument("--name", default="", help="name as people see it")
    parser.add_argument("--currency", default="EUR", help="ISO code (default: EUR)")
    parser.add_argument("--locale", default="en", help="for dates and money (default: en)")
    parser.add_argument("--workflow", default="full-7", help=f"one of {', '.join(PRESETS)}")


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
