"""Whether PostgreSQL's second wall between tenants binds the role that we serve with."""

from sqlalchemy import Connection, text

from server.storage.migrate import on_connection

_BOUNDLESS = text(
    "SELECT rolname FROM pg_roles WHERE rolname IN (current_user, session_user) "
    "AND (rolsuper OR rolbypassrls) LIMIT 1"
)


async def boundless_role(url: str) -> str | None:
    """The role of this address, iff row-level security does not bind it. SQLite has no roles."""
    if url.startswith("sqlite"):
        return None
    return await on_connection(url, _boundless)


def _boundless(connection: Connection) -> str | None:
    return connection.execute(_BOUNDLESS).scalar_one_or_none()
