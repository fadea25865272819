"""The statements that read a journal as it is stored, not as it is meant."""

from sqlalchemy import BindParameter, bindparam, select

from server.storage.flavour import Flavour
from server.storage.prepared import Prepared
from server.storage.records import HEAD
from server.storage.tables import aggregates, heads, journal

_TENANT: BindParameter[str] = bindparam("tenant_id")


class VerifyStatements:
    """Compiled for each verification; it takes long anyway."""

    def __init__(self, flavour: Flavour) -> None:
        """Compile for one database."""
        self.head = Prepared(
            select(*(heads.c[name] for name in HEAD)).where(heads.c.tenant_id == _TENANT), flavour
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
            select(aggregates.c.id, aggregates.c.image)
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
