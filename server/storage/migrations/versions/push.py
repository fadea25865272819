"""Waking phones: where their push services take messages, and the key we sign them with."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_OWN = "tenant_id = (SELECT current_setting('app.tenant'))"


def upgrade() -> None:
    op.create_table(
        "push_subscriptions",
        *(_text(name) for name in ("tenant_id", "device_id", "endpoint", "p256dh", "auth")),
        _whole("made_at"),
        _whole("woken_at"),
        sa.PrimaryKeyConstraint("tenant_id", "device_id", name="push_subscriptions_pk"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "device_id"],
            ["devices.tenant_id", "devices.id"],
            name="push_subscriptions_devices_fk",
            ondelete="CASCADE",
        ),
    )
    op.create_table(
        "installation_secrets",
        _text("name"),
        _text("secret"),
        sa.PrimaryKeyConstraint("name", name="installation_secrets_pk"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE push_subscriptions ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE push_subscriptions FORCE ROW LEVEL SECURITY")
        op.execute(
            "CREATE POLICY push_subscriptions_own ON push_subscriptions"
            f" USING ({_OWN}) WITH CHECK ({_OWN})"
        )


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _whole(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def downgrade() -> None:
    op.drop_table("installation_secrets")
    op.drop_table("push_subscriptions")
