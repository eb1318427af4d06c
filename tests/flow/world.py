"""Views of a database that is written to beside them, without a server."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from dashboard.catalog import Catalog, VisibleCatalog
from dashboard.catalog.values import decode_key
from dashboard.changes import Change, install
from dashboard.queries.grammar import parse_query
from dashboard.views.groups_view import GroupsView
from dashboard.views.home_view import HomeView
from dashboard.views.paths import Paths
from dashboard.views.record_view import RecordView
from dashboard.views.table_view import TableView


class World:
    """Some models in a database, the changes of its last transaction, and views by address."""

    def __init__(self, engine: Engine, models: Sequence[type[Any]]) -> None:
        self.sessions = sessionmaker(engine)
        self.changes: list[Change] = []
        catalog = Catalog()
        for model in models:
            catalog.add(model)
        self.catalog = VisibleCatalog(catalog, lambda table: True)
        self.metadata = sa.inspect(models[0]).local_table.metadata
        install(self.sessions, publish=self.changes.extend, name_of=catalog.captured_name)
        self._access: Any = SimpleNamespace(role="watcher", catalog=self.catalog)

    def view(self, address: str) -> Any:
        parts = urlsplit(address)
        steps = parts.path.split("/")[1:]
        if steps == [""]:
            return HomeView(self._access, Paths())
        table = self.catalog.get(unquote(steps[1]))
        assert table is not None
        if len(steps) == 3:
            return RecordView(table, decode_key(table, steps[2]), self._access, Paths())
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        query = parse_query(table, pairs, catalog=self.catalog)
        view = GroupsView if query.aggregated else TableView
        return view(query, self._access, Paths())

    def load(self, views: Iterable[Any]) -> list[Any]:
        with self.sessions() as session:
            return [view.load(session) for view in views]

    def write(self, steps: Iterable[Callable[[Session], None]]) -> None:
        """Do all of the steps, or none where the database refuses one."""
        self.changes.clear()
        with self.sessions() as session:
            try:
                for step in steps:
                    step(session)
                session.commit()
            except IntegrityError:
                session.rollback()

    def refill(self, fill: Callable[[Session], None]) -> None:
        with self.sessions.begin() as session:
            for table in reversed(self.metadata.sorted_tables):
                session.execute(sa.delete(table))
            fill(session)

    def is_touched(self, view: Any) -> bool:
        """Tell whether the last transaction touches a view."""
        return any(view.touched_by(each) for each in self.changes if each.table in view.reads)
