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

# How far retention has dropped a journal's old rows, with what the first kept row follows. A
# trigger lets nothing else be deleted.
trims = Table(
    "trims",
    metadata,
    _text("tenant_id"),
    _whole("upto"),
    _whole("nonce"),
    _bytes("hash"),
    PrimaryKeyConstraint("tenant_id"),
    ForeignKeyConstraint(["tenant_id"], ["tenants.id"], ondelete="CASCADE"),
    sqlite_with_rowid=False,
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

devices = Table(
    "devices",
    metadata,
    _text("tenant_id"),
    _text("id"),
    _text("kind"),
    _text("subject"),
    _text("name"),
    _text("nonce"),
    _text("address"),
    _text("agent"),
    _whole("paired_at"),
    _whole("seen_at"),
    _whole("rotated_at"),
    _whole("generation"),
    _whole("parent"),
    _whole("used"),
    PrimaryKeyConstraint("tenant_id", "id"),
    ForeignKeyConstraint(["tenant_id"], ["tenants.id"], ondelete="CASCADE"),
)

device_tokens = Table(
    "device_tokens",
    metadata,
    _text("tenant_id"),
    _text("device_id"),
    _bytes("token_hash"),
    _text("use"),
    _whole("generation"),
    _whole("expires_at"),
    PrimaryKeyConstraint("tenant_id", "token_hash"),
    # The one look-up that does not know its tenant yet; the same of the next two tables.
    UniqueConstraint("token_hash"),
    ForeignKeyConstraint(
        ["tenant_id", "device_id"], ["devices.tenant_id", "devices.id"], ondelete="CASCADE"
    ),
)

pairings = Table(
    "pairings",
    metadata,
    _text("tenant_id"),
    _bytes("code_hash"),
    _text("kind"),
    _text("subject"),
    _text("made_by"),
    _whole("expires_at"),
    _whole("uses"),
    PrimaryKeyConstraint("tenant_id", "code_hash"),
    UniqueConstraint("code_hash"),
    ForeignKeyConstraint(["tenant_id"], ["tenants.id"], ondelete="CASCADE"),
)

tickets = Table(
    "tickets",
    metadata,
    _text("tenant_id"),
    _bytes("ticket_hash"),
    _text("holder"),
    _whole("expires_at"),
    PrimaryKeyConstraint("tenant_id", "ticket_hash"),
    UniqueConstraint("ticket_hash"),
    ForeignKeyConstraint(["tenant_id"], ["tenants.id"], ondelete="CASCADE"),
)

# Belongs to no tenant before somebody approves it, and is gone soon after.
displays_asking = Table(
    "displays_asking",
    metadata,
    _bytes("device_hash"),
    _bytes("user_hash"),
    _text("name"),
    _text("address"),
    _text("agent"),
    _whole("asked_at"),
    _whole("expires_at"),
    _text("approved_for"),
    _text("view_id"),
    PrimaryKeyConstraint("device_hash"),
    UniqueConstraint("user_hash"),
)

push_subscriptions = Table(
    "push_subscriptions",
    metadata,
    _text("tenant_id"),
    _text("device_id"),
    _text("endpoint"),
    _text("p256dh"),
    _text("auth"),
    _whole("made_at"),
    _whole("woken_at"),
    PrimaryKeyConstraint("tenant_id", "device_id"),
    ForeignKeyConstraint(
        ["tenant_id", "device_id"], ["devices.tenant_id", "devices.id"], ondelete="CASCADE"
    ),
)

# Of the installation, and the same for all its nodes.
installation_secrets = Table(
    "installation_secrets",
    metadata,
    _text("name"),
    _text("secret"),
    PrimaryKeyConstraint("name"),
)

uploads = Table(
    "uploads",
    metadata,
    _text("tenant_id"),
    _text("id"),
    _text("kind"),
    _text("order_id"),
    _text("delivery_id"),
    _text("by_id"),
    _whole("bytes"),
    _text("sha256"),
    _text("state"),
    _text("reason"),
    _text("blob"),
    _whole("stored_bytes"),
    _text("media_type"),
    _whole("created_at"),
    PrimaryKeyConstraint("tenant_id", "id"),
    ForeignKeyConstraint(["tenant_id"], ["tenants.id"], ondelete="CASCADE"),
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
Index("device_tokens_device", device_tokens.c.tenant_id, device_tokens.c.device_id)
Index("login_failures_subject", login_failures.c.subject, login_failures.c.at)

TENANT_TABLES = (
    heads,
    aggregates,
    journal,
    verdicts,
    clients,
    credentials,
    sign_ins,
    devices,
    device_tokens,
    pairings,
    tickets,
    push_subscriptions,
    uploads,
    trims,
)
"""Tables that row-level security guards."""
