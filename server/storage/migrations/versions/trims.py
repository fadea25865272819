"""The journal is kept: rows go only from its old end, and what went is on record."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_OWN = "tenant_id = (SELECT current_setting('app.tenant'))"

_KEPT = """
CREATE FUNCTION journal_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF TG_OP = 'TRUNCATE' OR NOT EXISTS (
    SELECT FROM trims WHERE tenant_id = OLD.tenant_id AND upto >= OLD.sequence
  ) THEN
    RAISE EXCEPTION 'the journal is kept';
  END IF;
  RETURN OLD;
END $$
"""

# Runs with the rights of the tables' owner, so that the role we serve with needs no DELETE on the
# journal; bound by row-level security all the same, because the owner is.
_TRIM = """
CREATE FUNCTION trim_journal(of_tenant text, until bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE gone bigint; BEGIN
  INSERT INTO trims (tenant_id, upto, nonce, hash)
    SELECT tenant_id, sequence, nonce, hash FROM journal
    WHERE tenant_id = of_tenant AND sequence = until
    ON CONFLICT (tenant_id) DO UPDATE
      SET upto = excluded.upto, nonce = excluded.nonce, hash = excluded.hash;
  DELETE FROM journal WHERE tenant_id = of_tenant
    AND sequence <= (SELECT upto FROM trims WHERE tenant_id = of_tenant);
  GET DIAGNOSTICS gone = ROW_COUNT;
  RETURN gone;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "trims",
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("upto", sa.BigInteger, nullable=False),
        sa.Column("nonce", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name="trims_pk"),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="trims_tenants_fk", ondelete="CASCADE"
        ),
        sqlite_with_rowid=False,
    )
    if op.get_bind().dialect.name == "sqlite":
        _keep_on_sqlite()
    else:
        _keep_on_postgres()


def _keep_on_sqlite() -> None:
    op.execute(
        "CREATE TRIGGER journal_is_kept BEFORE DELETE ON journal WHEN NOT EXISTS ("
        "SELECT 1 FROM trims WHERE tenant_id = OLD.tenant_id AND upto >= OLD.sequence) "
        "BEGIN SELECT RAISE(ABORT, 'the journal is kept'); END"
    )


def _keep_on_postgres() -> None:
    op.execute("ALTER TABLE trims ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE trims FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY trims_own ON trims USING ({_OWN}) WITH CHECK ({_OWN})")
    op.execute(_KEPT)
    op.execute(
        "CREATE TRIGGER journal_is_kept BEFORE DELETE ON journal "
        "FOR EACH ROW EXECUTE FUNCTION journal_is_kept()"
    )
    op.execute(
        "CREATE TRIGGER journal_is_not_emptied BEFORE TRUNCATE ON journal "
        "FOR EACH STATEMENT EXECUTE FUNCTION journal_is_kept()"
    )
    op.execute(_TRIM)
    op.execute("REVOKE EXECUTE ON FUNCTION trim_journal FROM PUBLIC")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER journal_is_kept")
    else:
        op.execute("DROP FUNCTION trim_journal")
        op.execute("DROP FUNCTION journal_is_kept CASCADE")
    op.drop_table("trims")
