"""Phones and displays: devices with their tokens, codes, tickets, displays that ask."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_OWN = "tenant_id = (SELECT current_setting('app.tenant'))"
_BEARER = "(SELECT decode(current_setting('app.token', true), 'hex'))"
_DOORS = {"device_tokens": "token_hash", "pairings": "code_hash", "tickets": "ticket_hash"}
_GUARDED = ("devices", "device_tokens", "pairings", "tickets")


def upgrade() -> None:
    _create_devices()
    _create_ways_in()
    if op.get_bind().dialect.name == "postgresql":
        for table in _GUARDED:
            op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
            op.execute(f"CREATE POLICY {table}_own ON {table} USING ({_OWN}) WITH CHECK ({_OWN})")
        for table, column in _DOORS.items():
            op.execute(
                f"CREATE POLICY {table}_door ON {table} FOR SELECT USING ({column} = {_BEARER})"
            )


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _whole(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def _bytes(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=False)


def _of_tenant(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id"], ["tenants.id"], name=f"{table}_tenants_fk", ondelete="CASCADE"
    )


def _create_devices() -> None:
    op.create_table(
        "devices",
        *(_text(name) for name in ("tenant_id", "id", "kind", "subject", "name", "nonce")),
        *(_text(name) for name in ("address", "agent")),
        *(_whole(name) for name in ("paired_at", "seen_at", "rotated_at")),
        *(_whole(name) for name in ("generation", "parent", "used")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="devices_pk"),
        _of_tenant("devices"),
    )
    op.create_table(
        "device_tokens",
        _text("tenant_id"),
        _text("device_id"),
        _bytes("token_hash"),
        _text("use"),
        _whole("generation"),
        _whole("expires_at"),
        sa.PrimaryKeyConstraint("tenant_id", "token_hash", name="device_tokens_pk"),
        sa.UniqueConstraint("token_hash", name="device_tokens_token_hash_uq"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "device_id"],
            ["devices.tenant_id", "devices.id"],
            name="device_tokens_devices_fk",
            ondelete="CASCADE",
        ),
    )
    op.create_index("device_tokens_device", "device_tokens", ["tenant_id", "device_id"])


def _create_ways_in() -> None:
    op.create_table(
        "pairings",
        _text("tenant_id"),
        _bytes("code_hash"),
        _text("kind"),
        _text("subject"),
        _text("made_by"),
        _whole("expires_at"),
        _whole("uses"),
        sa.PrimaryKeyConstraint("tenant_id", "code_hash", name="pairings_pk"),
        sa.UniqueConstraint("code_hash", name="pairings_code_hash_uq"),
        _of_tenant("pairings"),
    )
    op.create_table(
        "tickets",
        _text("tenant_id"),
        _bytes("ticket_hash"),
        _text("holder"),
        _whole("expires_at"),
        sa.PrimaryKeyConstraint("tenant_id", "ticket_hash", name="tickets_pk"),
        sa.UniqueConstraint("ticket_hash", name="tickets_ticket_hash_uq"),
        _of_tenant("tickets"),
    )
    op.create_table(
        "displays_asking",
        _bytes("device_hash"),
        _bytes("user_hash"),
        _text("name"),
        _text("address"),
        _text("agent"),
        _whole("asked_at"),
        _whole("expires_at"),
        _text("approved_for"),
        _text("view_id"),
        sa.PrimaryKeyConstraint("device_hash", name="displays_asking_pk"),
        sa.UniqueConstraint("user_hash", name="displays_asking_user_hash_uq"),
    )


def downgrade() -> None:
    for table in ("displays_asking", "tickets", "pairings", "device_tokens", "devices"):
        op.drop_table(table)
