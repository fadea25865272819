"""Which revision of the schema a database stands at, and which one this program needs."""

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from server.storage.migrate import SCRIPTS, on_connection


async def revisions(url: str) -> tuple[str | None, str]:
    """The database's revision (None: empty) and the newest one. Changes nothing."""
    newest = ScriptDirectory(str(SCRIPTS)).get_current_head() or ""
    return await on_connection(url, _revision), newest


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
