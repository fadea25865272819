"""The statements about tenants, credentials, signed-in devices and failed attempts."""

from sqlalchemy import BindParameter, ColumnElement, Table, bindparam, delete, func, select, update

from server.storage.flavour import Flavour
from server.storage.prepared import Prepared
from server.storage.tables import credentials, heads, login_failures, sign_ins, tenants

_TENANT: BindParameter[str] = bindparam("tenant_id")
_NOW: BindParameter[int] = bindparam("now")


def _given(column: ColumnElement[str]) -> ColumnElement[bool]:
    """The column is what is bound under its own name."""
    return column == bindparam(column.key)


def _own(table: Table, name: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return table.c.tenant_id == _TENANT, _given(table.c[name])


class AccountStatements:
    """Compiled once per adapter."""

    def __init__(self, flavour: Flavour) -> None:
        """Compile everything for one database."""
        self.flavour = flavour
        self._tenants()
        self._credentials()
        self._devices()
        self._device_changes()
        self._failures()

    def _tenants(self) -> None:
        flavour, insert = self.flavour, self.flavour.insert
        self.create_tenant = Prepared(
            insert(tenants).on_conflict_do_nothing().returning(tenants.c.id), flavour
        )
        # In the same transaction: a tenant that was there before has its head already.
        self.create_head = Prepared(
            insert(heads)
            .from_select(
                [column.name for column in heads.columns],
                select(*(bindparam(column.name, type_=column.type) for column in heads.columns))
                .select_from(tenants)
                .where(tenants.c.id == _TENANT),
            )
            .on_conflict_do_nothing(),
            flavour,
        )
        self.tenant = Prepared(select(tenants).where(tenants.c.id == _TENANT), flavour)
        self.tenant_by_slug = Prepared(select(tenants).where(_given(tenants.c.slug)), flavour)
        self.tenants = Prepared(select(tenants).order_by(tenants.c.slug), flavour)

    def _credentials(self) -> None:
        flavour = self.flavour
        insert = flavour.insert(credentials)
        newer = ("email", "password_hash", "changed_at")
        self.put_credential = Prepared(
            insert.on_conflict_do_update(
                index_elements=["tenant_id", "person_id"],
                set_={name: insert.excluded[name] for name in newer},
            ),
            flavour,
        )
        own = _own(credentials, "person_id")
        self.drop_credential = Prepared(delete(credentials).where(*own), flavour)
        self.credential = Prepared(select(credentials).where(*own), flavour)
        self.credentials_here = Prepared(
            select(credentials).where(*_own(credentials, "email")), flavour
        )
        # tenant: all of them, somebody signs in who named none
        self.credentials_everywhere = Prepared(
            select(credentials)
            .where(_given(credentials.c.email))
            .order_by(credentials.c.tenant_id),
            flavour,
        )

    def _devices(self) -> None:
        flavour, valid = self.flavour, sign_ins.c.expires_at > _NOW
        self.open_sign_in = Prepared(flavour.insert(sign_ins), flavour)
        # tenant: the token is what tells it
        self.sign_in_by_token = Prepared(
            select(sign_ins).where(_given(sign_ins.c.token_hash), valid), flavour
        )
        self.sign_in = Prepared(select(sign_ins).where(*_own(sign_ins, "id"), valid), flavour)
        self.sign_ins_of = Prepared(
            select(sign_ins)
            .where(*_own(sign_ins, "person_id"), valid)
            .order_by(sign_ins.c.created_at, sign_ins.c.id),
            flavour,
        )
        self.valid_sign_ins = Prepared(
            select(sign_ins.c.id).where(
                sign_ins.c.tenant_id == _TENANT, flavour.one_of(sign_ins.c.id, "ids"), valid
            ),
            flavour,
        )

    def _device_changes(self) -> None:
        flavour, own = self.flavour, _own(sign_ins, "id")
        self.see_sign_in = Prepared(
            update(sign_ins)
            .where(sign_ins.c.tenant_id == _TENANT, sign_ins.c.id == bindparam("sign_in_id"))
            .values(seen_at=bindparam("seen_at"), expires_at=bindparam("expires_at")),
            flavour,
        )
        self.revoke_sign_in = Prepared(delete(sign_ins).where(*own), flavour)
        self.revoke_person = Prepared(
            delete(sign_ins)
            .where(*_own(sign_ins, "person_id"), sign_ins.c.id != bindparam("keep"))
            .returning(sign_ins.c.id),
            flavour,
        )
        self.prune_sign_ins = Prepared(
            delete(sign_ins).where(sign_ins.c.tenant_id == _TENANT, sign_ins.c.expires_at <= _NOW),
            flavour,
        )

    def _failures(self) -> None:
        flavour, at = self.flavour, login_failures.c.at
        of_subject = _given(login_failures.c.subject)
        self.note_failure = Prepared(
            flavour.insert(login_failures).values(subject=bindparam("subject"), at=bindparam("at")),
            flavour,
        )
        self.failures = Prepared(
            select(func.count(), func.max(at)).where(of_subject, at >= bindparam("since")), flavour
        )
        self.forget_failures = Prepared(delete(login_failures).where(of_subject), flavour)
        self.prune_failures = Prepared(
            delete(login_failures).where(at < bindparam("before")), flavour
        )
