"""The tables. Every key begins with the tenant, so no row can be reached without naming it."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pk",
        "fk": "%(table_name)s_%(referred_table_name)s_fk",
        "uq": "%(table_name)s_%(column_0_name)s_uq",
    }
)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _whole(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def _bytes(name: str) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=False)


tenants = Table(
    "tenants",
    metadata,
    _text("id"),
    _text("slug"),
    _text("name"),
    _whole("created_at"),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("slug"),
)

heads = Table(
    "heads",
    metadata,
    _text("tenant_id"),
    _whole("epoch"),
    _whole("sequence"),
    _whole("nonce"),
    _bytes("hash"),
    _whole("next_number"),
    PrimaryKeyConstraint("tenant_id"),
    ForeignKeyConstraint(["tenant_id"], ["tenants.id"], ondelete="CASCADE"),
    sqlite_with_rowid=False,
)

# The four tables that a batch writes have no foreign key to their tenant: the fence on `heads`
# in the same transaction proves that it exists, and PostgreSQL would lock it once per row.
aggregates = Table(
    "aggregates",
    metadata,
    _text("tenant_id"),
    _text("id"),
    _text("kind"),
    _whole("version"),
    Column("open", Boolean, nullable=False),
    Column("number", BigInteger),
    _bytes("image"),
    PrimaryKeyConstraint("tenant_id", "id"),
)

journal = Table(
    "journal",
    metadata,
    _text("tenant_id"),
    _whole("sequence"),
    _whole("nonce"),
    _text("kind"),
    _text("aggregate_id"),
    _whole("version"),
    _text("keys"),
    Column("client_id", Text),
    Column("number", BigInteger),
    _whole("at"),
    _bytes("hash"),
    # Last, so that reading the columns before it does not walk its overflow pages.
    _bytes("body"),
    PrimaryKeyConstraint("tenant_id", "sequence"),
)

verdicts = Table(
    "verdicts",
    metadata,
    _text("tenant_id"),
    _text("client_id"),
    _whole("number"),
    _whole("at"),
    _bytes("verdict"),
    PrimaryKeyConstraint("tenant_id", "client_id", "number"),
    sqlite_with_rowid=False,
)

clients = Table(
    "clients",
    metadata,
    _text("tenant_id"),
    _text("client_id"),
    _whole("last_number"),
    PrimaryKeyConstraint("tenant_id", "client_id"),
    sqlite_with_rowid=False,
)

credentials = Table(
    "credentials",
    metadata,
    _text("tenant_id"),
    _text("person_id"),
    _text("email"),
    _text("password_hash"),
    _whole("changed_at"),
    PrimaryKeyConstraint("tenant_id", "person_id"),
    UniqueConstraint("tenant_id", "email", name="credentials_email_uq"),
    ForeignKeyConstraint(["tenant_id"], ["tenants.id"], ondelete="CASCADE"),
)

sign_ins = Table(
    "sign_ins",
    metadata,
    _text("tenant_id"),
    _text("id"),
    _text("person_id"),
    _text("kind"),
    _bytes("token_hash"),
    _text("nonce"),
    _text("label"),
    _whole("created_at"),
    _whole("seen_at"),
    _whole("expires_at"),
    PrimaryKeyConstraint("tenant_id", "id"),
    # The one look-up that does not know its tenant yet.
    UniqueConstraint("token_hash"),
    ForeignKeyConstraint(
        ["tenant_id", "person_id"],
        ["credentials.tenant_id", "credentials.person_id"],
        ondelete="CASCADE",
    ),
)

login_failures = Table(
    "login_failures",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    _text("subject"),
    _whole("at"),
)

Index(
    "aggregates_open",
    aggregates.c.tenant_id,
    aggregates.c.id,
    sqlite_where=aggregates.c.open,
    postgresql_where=aggregates.c.open,
)
Index("journal_timeline", journal.c.tenant_id, journal.c.aggregate_id, journal.c.sequence)
Index(
    "journal_command",
    journal.c.tenant_id,
    journal.c.client_id,
    journal.c.number,
    sqlite_where=journal.c.client_id.is_not(None),
    postgresql_where=journal.c.client_id.is_not(None),
)
Index("credentials_email", credentials.c.email)
Index("sign_ins_person", sign_ins.c.tenant_id, sign_ins.c.person_id)
Index("login_failures_subject", login_failures.c.subject, login_failures.c.at)

TENANT_TABLES = (heads, aggregates, journal, verdicts, clients, credentials, sign_ins)
"""Tables that row-level security guards."""
