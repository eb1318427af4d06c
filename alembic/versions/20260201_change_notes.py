"""The notes of triggers, which are moved into the change log.

Revision: 0003
Follows: 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Json = sa.Text().with_variant(postgresql.JSONB(), "postgresql")


def upgrade():
    op.create_table(
        "dashboard_change_note",
        sa.Column("id", Number, nullable=False),
        sa.Column("table_name", sa.Text()),
        sa.Column("op", sa.Text()),
        sa.Column("key", Json),
        sa.Column("before", Json),
        sa.Column("transaction", Number),
        sa.Column("actor", sa.Text()),
        sa.Column("at", sa.Double()),
        sa.PrimaryKeyConstraint("id", name="pk_dashboard_change_note"),
    )
    if op.get_context().dialect.name == "postgresql":
        # Rows come and go all the time: what is gone must not be looked through again and again.
        # Giving its space back would take a lock that writers wait for.
        op.execute(
            "ALTER TABLE dashboard_change_note SET (autovacuum_vacuum_scale_factor = 0, "
            "autovacuum_vacuum_threshold = 2000, vacuum_truncate = false)"
        )


def downgrade():
    op.drop_table("dashboard_change_note")
