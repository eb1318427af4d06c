"""The program's own tables: people, settings, and the change log with its head.

Revision: 0001
Follows: nothing
"""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Moment = sa.DateTime(timezone=True)


def upgrade():
    create_log()
    create_people()
    op.create_table(
        "dashboard_setting",
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_dashboard_setting"),
    )


def create_log():
    head = op.create_table(
        "dashboard_change_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.String(16), nullable=False),
        sa.Column("seq", Number, nullable=False),
        sa.Column("pruned", Number, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_dashboard_change_head"),
    )
    # The epoch is made with the log: a cursor of another database can't be mistaken for ours.
    op.bulk_insert(head, [{"id": 1, "epoch": secrets.token_hex(8), "seq": 0, "pruned": 0}])
    op.create_table(
        "dashboard_change_log",
        sa.Column("seq", Number, autoincrement=False, nullable=False),
        sa.Column("table_name", sa.String(255), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("op", sa.String(6), nullable=False),
        sa.Column("before", sa.Text()),
        sa.Column("after", sa.Text()),
        sa.Column("actor", sa.String(255)),
        sa.Column("at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_dashboard_change_log"),
    )
    op.create_index("ix_dashboard_change_log_at", "dashboard_change_log", ["at"])
    op.create_index(
        "ix_dashboard_change_log_record", "dashboard_change_log", ["table_name", "key", "seq"]
    )


def create_people():
    op.create_table(
        "dashboard_user",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("role", sa.String(10), nullable=False),
        sa.Column("password_hash", sa.String(255)),
        sa.Column("session_epoch", sa.Integer(), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.CheckConstraint(
            "role IN ('watcher', 'editor', 'admin')", name=op.f("ck_dashboard_user_role")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_dashboard_user"),
        sa.UniqueConstraint("name", name="uq_dashboard_user_name"),
    )
    op.create_table(
        "dashboard_sign_in_failure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("account", sa.String(100), nullable=False),
        sa.Column("address", sa.String(100), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_dashboard_sign_in_failure"),
    )
    for column in ("account", "address", "at"):
        op.create_index(
            f"ix_dashboard_sign_in_failure_{column}", "dashboard_sign_in_failure", [column]
        )
    op.create_table(
        "dashboard_setup_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_dashboard_setup_link"),
        sa.UniqueConstraint("token_hash", name="uq_dashboard_setup_link_token_hash"),
    )


def downgrade():
    for name in ("setup_link", "sign_in_failure", "user", "setting", "change_log", "change_head"):
        op.drop_table(f"dashboard_{name}")
