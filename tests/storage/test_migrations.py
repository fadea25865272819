"""The history of the schema leads to the tables of the code, and back."""

import asyncio

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect

from server.storage.migrate import migrate, on_connection, unmigrate
from server.storage.revisions import revisions
from server.storage.tables import metadata


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_url(request: pytest.FixtureRequest, tmp_path) -> str:
    """A database in which nothing was ever created."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/empty.db"
    return request.getfixturevalue("postgres_database").url


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, metadata))


def _tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names()) - {"alembic_version"}


def test_the_newest_revision_is_what_the_code_expects(empty_url: str):
    asyncio.run(migrate(empty_url))

    assert asyncio.run(on_connection(empty_url, _differences)) == []
    stands, newest = asyncio.run(revisions(empty_url))
    assert stands == newest


def test_migrating_again_changes_nothing(empty_url: str):
    asyncio.run(migrate(empty_url))
    asyncio.run(migrate(empty_url))

    assert asyncio.run(on_connection(empty_url, _tables)) == set(metadata.tables)


def test_the_way_back_leaves_nothing_and_the_way_up_works_again(empty_url: str):
    asyncio.run(migrate(empty_url))

    asyncio.run(unmigrate(empty_url))

    assert asyncio.run(on_connection(empty_url, _tables)) == set()
    assert asyncio.run(revisions(empty_url))[0] is None
    asyncio.run(migrate(empty_url))
    assert asyncio.run(on_connection(empty_url, _tables)) == set(metadata.tables)
