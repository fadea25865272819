"""The statements about journals, aggregates and verdicts, except those that store a batch."""

from sqlalchemy import BindParameter, bindparam, delete, func, select, update

from server.storage.flavour import Flavour
from server.storage.prepared import Prepared
from server.storage.records import HEAD
from server.storage.tables import aggregates, clients, heads, journal, verdicts

_TENANT: BindParameter[str] = bindparam("tenant_id")
_HEAD = [heads.c[name] for name in HEAD]
_BODY = (journal.c.hash, journal.c.body)


class JournalStatements:
    """Compiled once per store."""

    def __init__(self, flavour: Flavour) -> None:
        """Compile everything for one database."""
        self.flavour = flavour
        self._heads()
        self._aggregates()
        self._rows()
        self._row_facts()
        self._verdicts()

    def _heads(self) -> None:
        flavour = self.flavour
        self.head = Prepared(select(*_HEAD).where(heads.c.tenant_id == _TENANT), flavour)
        self.heads = Prepared(
            select(heads.c.tenant_id, *_HEAD).where(flavour.one_of(heads.c.tenant_id, "tenants")),
            flavour,
        )
        self.bump_epoch = Prepared(
            update(heads)
            .where(heads.c.tenant_id == _TENANT, heads.c.epoch == bindparam("seen"))
            .values(epoch=heads.c.epoch + 1),
            flavour,
        )

    def _aggregates(self) -> None:
        self.open_aggregates = Prepared(
            select(aggregates.c.image).where(aggregates.c.tenant_id == _TENANT, aggregates.c.open),
            self.flavour,
        )
        self.aggregates = Prepared(
            select(aggregates.c.image).where(
                aggregates.c.tenant_id == _TENANT, self.flavour.one_of(aggregates.c.id, "ids")
            ),
            self.flavour,
        )

    def _rows(self) -> None:
        self.rows_after = Prepared(
            select(*_BODY)
            .where(journal.c.tenant_id == _TENANT, journal.c.sequence > bindparam("after"))
            .order_by(journal.c.sequence)
            .limit(bindparam("limit")),
            self.flavour,
        )
        self.rows_of = Prepared(
            select(*_BODY)
            .where(
                journal.c.tenant_id == _TENANT,
                journal.c.aggregate_id == bindparam("aggregate_id"),
                journal.c.sequence < bindparam("before"),
            )
            .order_by(journal.c.sequence.desc())
            .limit(bindparam("limit")),
            self.flavour,
        )
        self.rows_by = Prepared(
            select(*_BODY)
            .where(
                journal.c.tenant_id == _TENANT,
                journal.c.client_id == bindparam("client_id"),
                journal.c.number == bindparam("number"),
            )
            .order_by(journal.c.sequence),
            self.flavour,
        )

    def _row_facts(self) -> None:
        self.nonce_at = Prepared(
            select(journal.c.nonce).where(
                journal.c.tenant_id == _TENANT, journal.c.sequence == bindparam("sequence")
            ),
            self.flavour,
        )
        self.first_kept = Prepared(
            select(func.min(journal.c.sequence)).where(journal.c.tenant_id == _TENANT),
            self.flavour,
        )
        self.touched = Prepared(
            select(journal.c.kind, journal.c.aggregate_id, func.max(journal.c.version))
            .where(
                journal.c.tenant_id == _TENANT,
                journal.c.sequence > bindparam("after"),
                journal.c.sequence <= bindparam("upto"),
                self.flavour.holds(journal.c["keys"], "key"),
            )
            .group_by(journal.c.kind, journal.c.aggregate_id),
            self.flavour,
        )

    def _verdicts(self) -> None:
        of_client = (
            verdicts.c.tenant_id == _TENANT,
            verdicts.c.client_id == bindparam("client_id"),
        )
        self.last_number = Prepared(
            select(clients.c.last_number).where(
                clients.c.tenant_id == _TENANT, clients.c.client_id == bindparam("client_id")
            ),
            self.flavour,
        )
        self.verdicts = Prepared(
            select(verdicts.c.number, verdicts.c.verdict).where(
                *of_client, self.flavour.one_of(verdicts.c.number, "numbers")
            ),
            self.flavour,
        )
        self.forget_verdicts = Prepared(
            delete(verdicts).where(*of_client, verdicts.c.number <= bindparam("upto")),
            self.flavour,
        )
        self.prune_verdicts = Prepared(
            delete(verdicts).where(
                verdicts.c.tenant_id == _TENANT, verdicts.c.at < bindparam("before")
            ),
            self.flavour,
        )
