"""No index on the times of the log: every commit paid for it, and pruning does without.

Revision: 0004
Follows: 0003
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade():
    op.drop_index("ix_dashboard_change_log_at", table_name="dashboard_change_log")


def downgrade():
    op.create_index("ix_dashboard_change_log_at", "dashboard_change_log", ["at"])
