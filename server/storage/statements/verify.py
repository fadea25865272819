"""The statements that read a journal as it is stored, not as it is meant."""

from sqlalchemy import BindParameter, bindparam, func, select

from server.storage.flavour import Flavour
from server.storage.prepared import Prepared
from server.storage.records import HEAD
from server.storage.tables import aggregates, heads, journal, trims

_TENANT: BindParameter[str] = bindparam("tenant_id")


class VerifyStatements:
    """Compiled once per kind of database."""

    def __init__(self, flavour: Flavour) -> None:
        """Compile for one database."""
        self.head = Prepared(
            select(*(heads.c[name] for name in HEAD)).where(heads.c.tenant_id == _TENANT), flavour
        )
        self.newest = Prepared(
            select(func.max(journal.c.sequence)).where(journal.c.tenant_id == _TENANT), flavour
        )
        self.trim = Prepared(
            select(trims.c.upto, trims.c.nonce, trims.c.hash).where(trims.c.tenant_id == _TENANT),
            flavour,
        )
        self.rows = Prepared(
            select(journal)
            .where(
                journal.c.tenant_id == _TENANT,
                journal.c.sequence > bindparam("after"),
                journal.c.sequence <= bindparam("upto"),
            )
            .order_by(journal.c.sequence)
            .limit(bindparam("limit")),
            flavour,
        )
        self.images = Prepared(
            select(aggregates)
            .where(aggregates.c.tenant_id == _TENANT, aggregates.c.id > bindparam("after"))
            .order_by(aggregates.c.id)
            .limit(bindparam("limit")),
            flavour,
        )
        self.known = Prepared(
            select(aggregates.c.id).where(
                aggregates.c.tenant_id == _TENANT, flavour.one_of(aggregates.c.id, "ids")
            ),
            flavour,
        )
