"""Boards and their panels, saved views, and links for screens without a person.

Revision: 0002
Follows: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

Moment = sa.DateTime(timezone=True)


def upgrade():
    create_boards()
    create_panels()
    create_saved_views()
    create_share_links()


def create_boards():
    op.create_table(
        "dashboard_board",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("slug", sa.String(60), nullable=False),
        sa.Column("description", sa.Text()),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.CheckConstraint("seconds BETWEEN 5 AND 86400", name=op.f("ck_dashboard_board_seconds")),
        sa.PrimaryKeyConstraint("id", name="pk_dashboard_board"),
        sa.UniqueConstraint("slug", name="uq_dashboard_board_slug"),
    )


def create_panels():
    op.create_table(
        "dashboard_panel",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("board_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("table_name", sa.String(255), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("second_query", sa.Text()),
        sa.Column("series", sa.String(400)),
        sa.Column("chart", sa.String(10)),
        sa.Column("unit", sa.String(20)),
        sa.Column("trend", sa.String(200)),
        sa.Column("warning", sa.Double()),
        sa.Column("critical", sa.Double()),
        sa.Column("bad", sa.String(4), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('table', 'tile', 'chart')", name=op.f("ck_dashboard_panel_kind")
        ),
        sa.CheckConstraint(
            "chart IN ('line', 'bar', 'stacked', 'donut')", name=op.f("ck_dashboard_panel_chart")
        ),
        sa.CheckConstraint("bad IN ('high', 'low')", name=op.f("ck_dashboard_panel_bad")),
        sa.CheckConstraint("width BETWEEN 1 AND 12", name=op.f("ck_dashboard_panel_width")),
        sa.CheckConstraint('"row" BETWEEN 1 AND 100', name=op.f("ck_dashboard_panel_row")),
        sa.CheckConstraint("place BETWEEN 1 AND 100", name=op.f("ck_dashboard_panel_place")),
        sa.ForeignKeyConstraint(
            ["board_id"],
            ["dashboard_board.id"],
            name="fk_dashboard_panel_board_id_dashboard_board",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_dashboard_panel"),
    )
    op.create_index("ix_dashboard_panel_board_id", "dashboard_panel", ["board_id"])


def create_saved_views():
    op.create_table(
        "dashboard_saved_view",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("table_name", sa.String(255), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Integer()),
        sa.Column("created_by", sa.String(100)),
        sa.Column("created_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["dashboard_user.id"],
            name="fk_dashboard_saved_view_owner_id_dashboard_user",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_dashboard_saved_view"),
    )
    op.create_index("ix_dashboard_saved_view_owner_id", "dashboard_saved_view", ["owner_id"])


def create_share_links():
    op.create_table(
        "dashboard_share_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("board_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("created_by", sa.String(100), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
        sa.Column("revoked_at", Moment),
        sa.ForeignKeyConstraint(
            ["board_id"],
            ["dashboard_board.id"],
            name="fk_dashboard_share_link_board_id_dashboard_board",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_dashboard_share_link"),
        sa.UniqueConstraint("token_hash", name="uq_dashboard_share_link_token_hash"),
    )
    op.create_index("ix_dashboard_share_link_board_id", "dashboard_share_link", ["board_id"])


def downgrade():
    for name in ("share_link", "saved_view", "panel", "board"):
        op.drop_table(f"dashboard_{name}")
