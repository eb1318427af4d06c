"""The function that appends to the log on PostgreSQL.

Revision: 0005
Follows: 0004
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade():
    if op.get_context().dialect.name == "postgresql":
        op.execute(
            """
            CREATE FUNCTION dashboard_append(
                records dashboard_change_log[], OUT epoch varchar, OUT seq bigint
            ) LANGUAGE plpgsql AS $$
            #variable_conflict use_variable
            BEGIN
              UPDATE dashboard_change_head head SET seq = head.seq + cardinality(records)
                WHERE head.id = 1 RETURNING head.epoch, head.seq INTO epoch, seq;
              INSERT INTO dashboard_change_log
                  (seq, table_name, key, op, before, after, actor, at)
                SELECT seq - cardinality(records) + r.ordinality,
                  r.table_name, r.key, r.op, r.before, r.after, r.actor, r.at
                FROM unnest(records) WITH ORDINALITY r;
            END
            $$
            """
        )


def downgrade():
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP FUNCTION dashboard_append(dashboard_change_log[])")
