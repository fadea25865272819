"""Dropping old rows of a journal: the only way in which its triggers let a row go."""

from sqlalchemy import BigInteger, Text, bindparam, delete, func, select

from protocols.vocabulary import Sequence, TenantId
from server.storage.database import Database, Scope
from server.storage.flavour import Flavour
from server.storage.prepared import Prepared, Query
from server.storage.tables import journal, trims

_TENANT = bindparam("tenant_id", type_=Text)
_UPTO = bindparam("upto", type_=BigInteger)
_RECORDED = ("tenant_id", "upto", "nonce", "hash")


async def trim(database: Database, tenant_id: TenantId, upto: Sequence) -> None:
    """Drop every row up to this one, and put on record what the first kept row follows.

    Nothing happens when there is no such row (any more). What is trimmed is gone for good: images
    stay, timelines begin later, and readers from before get a snapshot.
    """
    flavour = database.flavour
    statements = _called(flavour) if flavour.dialect.name == "postgresql" else _written(flavour)
    bound = {"tenant_id": tenant_id, "upto": upto}
    await database.write(Scope(tenant_id), *(_bound(each, bound) for each in statements))


def _bound(statement: Prepared, bound: dict[str, object]) -> Query:
    return statement.bind(**bound)


def _called(flavour: Flavour) -> list[Prepared]:
    """A function of the tables' owner: who serves may have no right to delete rows."""
    return [Prepared(select(func.trim_journal(_TENANT, _UPTO)), flavour)]


def _written(flavour: Flavour) -> list[Prepared]:
    last = select(journal.c.tenant_id, journal.c.sequence, journal.c.nonce, journal.c.hash).where(
        journal.c.tenant_id == _TENANT, journal.c.sequence == _UPTO
    )
    recorded = flavour.insert(trims).from_select(list(_RECORDED), last)
    recorded = recorded.on_conflict_do_update(
        index_elements=["tenant_id"],
        set_={name: recorded.excluded[name] for name in _RECORDED[1:]},
    )
    on_record = select(trims.c.upto).where(trims.c.tenant_id == _TENANT).scalar_subquery()
    gone = delete(journal).where(journal.c.tenant_id == _TENANT, journal.c.sequence <= on_record)
    return [Prepared(recorded, flavour), Prepared(gone, flavour)]
