"""Which revision of the schema a database stands at, and which one this program needs."""

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from server.storage.migrate import SCRIPTS, on_connection


async def revisions(url: str) -> tuple[str | None, str]:
    """The database's revision (None: empty) and the newest one. Changes nothing."""
    newest = ScriptDirectory(str(SCRIPTS)).get_current_head() or ""
    return await on_connection(url, revision_of), newest


def is_known(revision: str) -> bool:
    """Whether this program can make tables of that revision."""
    return revision in {each.revision for each in ScriptDirectory(str(SCRIPTS)).walk_revisions()}


def revision_of(connection: Connection) -> str | None:
    """The revision of the database behind a connection; None: empty."""
    return MigrationContext.configure(connection).get_current_revision()
