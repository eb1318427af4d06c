"""The first board: about the busiest table, of panels that are valid and say something, once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, sessionmaker

from dashboard.catalog import Catalog, VisibleCatalog, catalog_of
from dashboard.changes import install
from dashboard.models.boards import Board, Panel
from dashboard.models.engine import make_engine
from dashboard.operations.asking import Asking
from dashboard.operations.first_board import make_first_board
from dashboard.operations.first_look import first_look
from dashboard.operations.survey import survey
from dashboard.views.panels import PanelSpec
from dashboard.views.panels.drawing import load_chart
from dashboard.views.panels.questions import questions
from dashboard.views.panels.rules import PanelRules, check_board
from dashboard.views.panels.tiles import load_tile

URL = "http://127.0.0.1:6543"
BEGIN = datetime(2026, 3, 1, 8)


class Place:
    """A database with the program's tables and some of somebody's own."""

    def __init__(self, url: str) -> None:
        self.engine = make_engine(url)
        self.catalog: Catalog = catalog_of((), None)
        self.sessions = sessionmaker(self.engine)
        install(self.sessions, name_of=self.catalog.captured_name)

        class Base(DeclarativeBase):
            pass

        self.base = Base

    def table(self, name, *columns, rows=(), **info):
        """Make a table with these rows; without a key the class takes all columns for one."""
        sql = sa.Table(name, self.base.metadata, *columns, info=info)
        sql.create(self.engine)
        self.catalog.add(
            type(f"Row{len(self.base.metadata.tables)}", (self.base,), {"__table__": sql})
        )
        with self.engine.begin() as connection:
            if rows:
                connection.execute(sql.insert(), rows)
        return sql

    def look(self):
        return "\n".join(first_look(self.sessions, self.engine, self.catalog, URL))

    def board(self):
        """Return the board's panels after they were checked as a form would check them."""
        with self.sessions() as session:
            board = session.scalar(sa.select(Board).where(Board.slug == "overview"))
            if board is None:
                return None
            check_board(session, None, vars(board))
            panels = list(session.scalars(sa.select(Panel).order_by(Panel.row, Panel.place)))
            for panel in panels:
                values = {each.name: getattr(panel, each.name) for each in Panel.__table__.columns}
                PanelRules(self.catalog)(session, None, values)
            rows = {panel.row for panel in panels}
            for row in rows:
                assert sum(panel.width for panel in panels if panel.row == row) == 12
            return {panel.title: panel for panel in panels}

    def shown(self, panel):
        """Return the state of a tile or a chart: what the page would draw."""
        catalog = VisibleCatalog(self.catalog, lambda table: table.view_role == "watcher")
        spec = PanelSpec.of(panel)
        load = {"tile": load_tile, "chart": load_chart}[panel.kind]
        with self.sessions() as session:
            return load(session, spec, questions(spec, catalog), catalog)


@pytest.fixture
def place(bare_database):
    place = Place(bare_database)
    yield place
    place.engine.dispose()


def make_shop(place, orders=240):
    place.table(
        "customers",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(50)),
        rows=[{"id": n, "name": f"Customer {n}"} for n in range(1, 5)],
    )
    place.table(
        "orders",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("customer_id", sa.ForeignKey("customers.id")),
        sa.Column("state", sa.String(10)),
        sa.Column("paid", sa.Boolean),
        sa.Column("amount", sa.Numeric(10, 2)),
        sa.Column("placed", sa.DateTime),
        rows=[
            {
                "id": n,
                "customer_id": n % 4 + 1,
                "state": ("new", "sent", None)[n % 3],
                "paid": n % 2 == 0,
                "amount": Decimal(n),
                "placed": BEGIN + timedelta(hours=n),
            }
            for n in range(1, orders + 1)
        ],
    )


def test_it_shows_what_there_is_to_see_of_the_busiest_table(place):
    make_shop(place)
    told = place.look()
    assert "Found 2 tables, 244 rows and 1 reference:" in told
    assert "orders     240 rows, the newest of 2026-03-11 (placed), refers to customers" in told
    assert f"{URL}/boards/overview" in told
    board = place.board()
    assert list(board) == [
        "Orders",
        "Orders on the newest day",
        "Sum of amount",
        "Orders per day",
        "Orders by state",
        "Newest orders",
        "Orders by paid",
    ]
    assert {panel.table_name for panel in board.values()} == {"orders"}
    assert place.shown(board["Orders"]).exact == "240"
    assert place.shown(board["Sum of amount"]).exact == "28,920"
    assert place.shown(board["Orders on the newest day"]).exact == "9"
    assert place.shown(board["Orders by state"]).form == "donut"
    line = place.shown(board["Orders per day"])
    assert (line.form, len(line.data.slots)) == ("plot", 11)
    assert board["Newest orders"].query.startswith("_sort_desc=placed")


def test_it_is_made_once(place):
    make_shop(place)
    place.look()
    with place.sessions.begin() as session:
        session.delete(session.scalar(sa.select(Board)))
    assert "first board" not in place.look()
    assert place.board() is None


def test_it_leaves_boards_alone(place):
    make_shop(place)
    with place.sessions.begin() as session:
        session.add(Board(title="Mine", slug="mine"))
    assert "first board" not in place.look()
    assert place.board() is None


def test_without_rows_it_waits_for_some(place):
    orders = place.table("orders", sa.Column("id", sa.Integer, primary_key=True))
    assert "No table has a row yet" in place.look()
    assert place.board() is None
    with place.engine.begin() as connection:
        connection.execute(orders.insert(), [{"id": 1}])
    place.look()
    assert list(place.board()) == ["Orders", "Newest orders"]


def test_without_tables_it_says_what_to_do(place):
    assert "dashboard.models" in place.look()
    assert place.board() is None


def test_a_table_that_is_not_there_is_named(place):
    sql = sa.Table("ghosts", place.base.metadata, sa.Column("id", sa.Integer, primary_key=True))
    place.catalog.add(type("Ghost", (place.base,), {"__table__": sql}))
    assert "Not in the database yet: ghosts" in place.look()


@pytest.mark.parametrize(
    "name",
    [
        "a b",
        "Größe",
        "order",
        "_by",
        "_agg",
        "x__gt",
        "a:day",
        "a.b",
        "count",
        '"q"',
        "100%",
        "a&b=c",
    ],
)
def test_odd_names(place, name):
    place.table(
        f"T {name}",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(name, sa.String(20), key="word"),
        sa.Column(f"{name} at", sa.DateTime, key="at"),
        sa.Column(f"{name} amount", sa.Float, key="amount"),
        rows=[
            {"id": n, "word": "ab"[n % 2], "at": BEGIN + timedelta(minutes=n), "amount": n / 3}
            for n in range(40)
        ],
    )
    place.look()
    board = place.board()
    assert {"tile", "chart", "table"} == {panel.kind for panel in board.values()}
    for panel in board.values():
        if panel.kind != "table":
            assert place.shown(panel) is not None


def test_a_table_without_times_categories_or_figures(place):
    place.table(
        "words",
        sa.Column("word", sa.String(20), primary_key=True),
        sa.Column("data", sa.JSON),
        rows=[{"word": f"w{n}", "data": None} for n in range(30)],
    )
    place.look()
    assert list(place.board()) == ["Words", "Some words"]


def test_many_rows_are_only_put_in_an_order_that_has_an_index(place):
    place.table(
        "marks",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.DateTime),
        rows=[{"id": n, "at": BEGIN + timedelta(minutes=n)} for n in range(10_001)],
    )
    place.look()
    assert place.board()["Newest marks"].query.startswith("_sort_desc=id")


def test_nulls_everywhere(place):
    place.table(
        "things",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("state", sa.String(20)),
        sa.Column("size", sa.Integer),
        sa.Column("at", sa.DateTime),
        rows=[{"id": n, "state": None, "size": None, "at": None} for n in range(30)],
    )
    place.look()
    assert list(place.board()) == ["Things", "Newest things"]


def test_what_only_admins_may_see_is_not_on_a_board_for_all(place):
    place.table(
        "salaries",
        sa.Column("id", sa.Integer, primary_key=True),
        rows=[{"id": n} for n in range(500)],
        view_role="admin",
    )
    place.table("rooms", sa.Column("id", sa.Integer, primary_key=True), rows=[{"id": 1}])
    place.look()
    assert {panel.table_name for panel in place.board().values()} == {"rooms"}


def test_private_columns_are_on_no_panel(place):
    place.table(
        "people2",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("secret", sa.String(5), info={"private": True}),
        sa.Column("born", sa.DateTime, info={"private": True}),
        rows=[{"id": n, "secret": "ab"[n % 2], "born": BEGIN} for n in range(20)],
    )
    place.look()
    assert not [panel for panel in place.board().values() if "secret" in panel.query]


def test_a_link_table_is_not_what_a_board_is_about(place):
    make_shop(place, orders=100)
    place.table(
        "order_tags",
        sa.Column("order_id", sa.ForeignKey("orders.id"), primary_key=True),
        sa.Column("tag", sa.Integer, primary_key=True),
        rows=[{"order_id": n, "tag": m} for n in range(1, 101) for m in range(9)],
    )
    place.look()
    assert place.board()["Orders"].table_name == "orders"


@pytest.mark.parametrize(
    ("seconds", "bucket"),
    [(90, "minute"), (7000, "minute"), (86_400, "hour"), (60 * 86_400, "day"),
     (600 * 86_400, "week"), (3000 * 86_400, "month"), (20_000 * 86_400, "year")],
)  # fmt: skip
def test_the_step_of_the_line_fits_the_range(place, seconds, bucket):
    place.table(
        "marks",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True)),
        rows=[
            {"id": n, "at": datetime(2020, 1, 1, tzinfo=UTC) - timedelta(seconds=seconds * n / 20)}
            for n in range(21)
        ],
    )
    place.look()
    panel = place.board()[f"Marks per {bucket}"]
    assert len(place.shown(panel).data.slots) >= 2


def test_what_is_planned_is_not_what_is_newest(place):
    now = datetime.now(UTC).replace(tzinfo=None)
    place.table(
        "jobs",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("due", sa.Date),
        sa.Column("made", sa.DateTime),
        rows=[
            {"id": n, "due": date(2099, 1, 1) + timedelta(days=n), "made": now - timedelta(days=n)}
            for n in range(1, 20)
        ],
    )
    place.look()
    assert "_by=made%3A" in place.board()["Jobs per day"].query


def test_a_question_that_takes_too_long_makes_no_panel(place):
    make_shop(place)
    asking = Asking(place.engine, VisibleCatalog(place.catalog, lambda table: True), budget=-1)
    found = survey(asking, place.catalog)
    assert found.tables == ()
    assert make_first_board(place.sessions, asking, found) is None
