"""Pictures: what was announced, and what became of it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_OWN = "tenant_id = (SELECT current_setting('app.tenant'))"


def upgrade() -> None:
    op.create_table(
        "uploads",
        *(_text(name) for name in ("tenant_id", "id", "kind", "order_id", "delivery_id", "by_id")),
        _whole("bytes"),
        *(_text(name) for name in ("sha256", "state", "reason", "blob")),
        _whole("stored_bytes"),
        _text("media_type"),
        _whole("created_at"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="uploads_pk"),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="uploads_tenants_fk", ondelete="CASCADE"
        ),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE uploads ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE uploads FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY uploads_own ON uploads USING ({_OWN}) WITH CHECK ({_OWN})")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _whole(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def downgrade() -> None:
    op.drop_table("uploads")
