"""The first tables: tenants and who signs in, journals, aggregates, verdicts."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Written out, not taken from `tables.py`: that file moves on, this revision never changes.

_GUARDED = (
    "heads",
    "aggregates",
    "journal",
    "verdicts",
    "clients",
    "credentials",
    "sign_ins",
)

# Sub-selects, so that PostgreSQL asks for the setting once per statement, not per row. Without
# `app.tenant` the first policy raises: a forgotten scope is an error, not an empty answer.
_OWN = "tenant_id = (SELECT current_setting('app.tenant'))"
_DOORS = {
    "heads": "tenant_id = ANY ((SELECT string_to_array("
    "current_setting('app.tenants', true), ','))::text[])",
    "sign_ins": "token_hash = (SELECT decode(current_setting('app.token', true), 'hex'))",
    "credentials": "email = (SELECT current_setting('app.email', true))",
}


def upgrade() -> None:
    _create_tenants()
    _create_journals()
    _create_verdicts()
    _create_sign_in()
    _forbid_rewriting()
    if op.get_bind().dialect.name == "postgresql":
        _guard()


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _whole(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def _bytes(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=False)


def _create_tenants() -> None:
    op.create_table(
        "tenants",
        _text("id"),
        _text("slug"),
        _text("name"),
        _whole("created_at"),
        sa.PrimaryKeyConstraint("id", name="tenants_pk"),
        sa.UniqueConstraint("slug", name="tenants_slug_uq"),
    )
    op.create_table(
        "heads",
        _text("tenant_id"),
        _whole("epoch"),
        _whole("sequence"),
        _whole("nonce"),
        _bytes("hash"),
        _whole("next_number"),
        sa.PrimaryKeyConstraint("tenant_id", name="heads_pk"),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="heads_tenants_fk", ondelete="CASCADE"
        ),
        sqlite_with_rowid=False,
    )


def _create_journals() -> None:
    op.create_table(
        "aggregates",
        _text("tenant_id"),
        _text("id"),
        _text("kind"),
        _whole("version"),
        sa.Column("open", sa.Boolean, nullable=False),
        sa.Column("number", sa.BigInteger),
        _bytes("image"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="aggregates_pk"),
    )
    op.create_index(
        "aggregates_open",
        "aggregates",
        ["tenant_id", "id"],
        sqlite_where=sa.text("open"),
        postgresql_where=sa.text("open"),
    )
    op.create_table(
        "journal",
        _text("tenant_id"),
        _whole("sequence"),
        _whole("nonce"),
        _text("kind"),
        _text("aggregate_id"),
        _whole("version"),
        _text("keys"),
        sa.Column("client_id", sa.Text),
        sa.Column("number", sa.BigInteger),
        _whole("at"),
        _bytes("hash"),
        _bytes("body"),
        sa.PrimaryKeyConstraint("tenant_id", "sequence", name="journal_pk"),
    )
    op.create_index("journal_timeline", "journal", ["tenant_id", "aggregate_id", "sequence"])
    op.create_index(
        "journal_command",
        "journal",
        ["tenant_id", "client_id", "number"],
        sqlite_where=sa.text("client_id IS NOT NULL"),
        postgresql_where=sa.text("client_id IS NOT NULL"),
    )


def _create_verdicts() -> None:
    op.create_table(
        "verdicts",
        _text("tenant_id"),
        _text("client_id"),
        _whole("number"),
        _whole("at"),
        _bytes("verdict"),
        sa.PrimaryKeyConstraint("tenant_id", "client_id", "number", name="verdicts_pk"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "clients",
        _text("tenant_id"),
        _text("client_id"),
        _whole("last_number"),
        sa.PrimaryKeyConstraint("tenant_id", "client_id", name="clients_pk"),
        sqlite_with_rowid=False,
    )


def _create_sign_in() -> None:
    op.create_table(
        "credentials",
        _text("tenant_id"),
        _text("person_id"),
        _text("email"),
        _text("password_hash"),
        _whole("changed_at"),
        sa.PrimaryKeyConstraint("tenant_id", "person_id", name="credentials_pk"),
        sa.UniqueConstraint("tenant_id", "email", name="credentials_email_uq"),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="credentials_tenants_fk", ondelete="CASCADE"
        ),
    )
    op.create_index("credentials_email", "credentials", ["email"])
    op.create_table(
        "sign_ins",
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
        sa.PrimaryKeyConstraint("tenant_id", "id", name="sign_ins_pk"),
        sa.UniqueConstraint("token_hash", name="sign_ins_token_hash_uq"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["credentials.tenant_id", "credentials.person_id"],
            name="sign_ins_credentials_fk",
            ondelete="CASCADE",
        ),
    )
    op.create_index("sign_ins_person", "sign_ins", ["tenant_id", "person_id"])
    op.create_table(
        "login_failures",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        _text("subject"),
        _whole("at"),
        sa.PrimaryKeyConstraint("id", name="login_failures_pk"),
    )
    op.create_index("login_failures_subject", "login_failures", ["subject", "at"])


def _forbid_rewriting() -> None:
    """Make an UPDATE of the journal fail. Old rows may be dropped, never changed."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER journal_is_written_once BEFORE UPDATE ON journal "
            "BEGIN SELECT RAISE(ABORT, 'the journal is written once'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION journal_is_written_once() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the journal is written once'; END $$"
    )
    op.execute(
        "CREATE TRIGGER journal_is_written_once BEFORE UPDATE ON journal "
        "FOR EACH ROW EXECUTE FUNCTION journal_is_written_once()"
    )


def _guard() -> None:
    """Row-level security, the second wall between tenants; it binds the tables' owner too."""
    for table in _GUARDED:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY {table}_own ON {table} USING ({_OWN}) WITH CHECK ({_OWN})")
    for table, door in _DOORS.items():
        op.execute(f"CREATE POLICY {table}_door ON {table} FOR SELECT USING ({door})")


def downgrade() -> None:
    for table in (
        "login_failures",
        "sign_ins",
        "credentials",
        "clients",
        "verdicts",
        "journal",
        "aggregates",
        "heads",
        "tenants",
    ):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION journal_is_written_once()")
