"""Finding what the grammar names: a column, or one of the table that a column refers to."""

from __future__ import annotations

from collections.abc import Iterator

from dashboard.catalog import Column, Table, VisibleCatalog
from dashboard.queries.names import quoted_names
from dashboard.queries.query import Field, QueryError


class Fields:
    """The fields of ``table``. Without a catalog no reference can be followed."""

    def __init__(self, table: Table, catalog: VisibleCatalog | None = None) -> None:
        self.table = table
        self._catalog = catalog

    def find(self, parameter: str, name: str) -> Field:
        """Return the field of this name; raise QueryError, which says what there is."""
        quoted = quoted_names(name)
        if quoted is not None:
            through, dot, rest = quoted[0], len(quoted) == 2, quoted[-1]
        else:
            through, found, rest = name.partition(".")
            dot = bool(found) and self.table.column(name) is None
            through = through if dot else name
        if not dot:
            return Field(self._column(parameter, self.table, through))
        column = self._column(parameter, self.table, through)
        referred = self.referred(column)
        if referred is None:
            known = ", ".join(each.name for each in self.references()) or "none"
            message = f"{through} refers to no table here. Of {self.table.name} these do: {known}."
            raise QueryError(parameter, message)
        return Field(self._column(parameter, referred, rest), column)

    def has(self, name: str) -> bool:
        """Tell whether ``name`` is a field, so that what looks like an operator is part of it."""
        try:
            self.find("", name)
        except QueryError:
            return False
        return True

    def referred(self, column: Column) -> Table | None:
        """Return the table that a column refers to, None where it's none or out of sight."""
        return None if self._catalog is None else self._catalog.referred(column)

    def references(self) -> Iterator[Column]:
        return (each for each in self.table.references if self.referred(each) is not None)

    def shown(self) -> Iterator[Field]:
        """Yield what is shown unless the query says what: beside the key what goes with it."""
        for column in self.table.shown_columns:
            yield Field(column)
            if self.referred(column) is not None:
                beside = (other for through, other in self.table.beside if through is column)
                yield from (Field(each, column) for each in beside if each.shown)

    def place(self, field: Field) -> tuple[int, int]:
        """Return where a field stands among all: the table's own order, referred ones inside."""
        columns = self.table.public_columns
        if field.through is None:
            return columns.index(field.column), 0
        referred = self.referred(field.through)
        assert referred is not None
        return columns.index(field.through), 1 + referred.public_columns.index(field.column)

    @staticmethod
    def _column(parameter: str, table: Table, name: str) -> Column:
        column = table.column(name)
        if column is None or column.private:
            known = ", ".join(each.name for each in table.public_columns)
            raise QueryError(
                parameter, f"{table.name} has no column {name[:60]!r}. It has {known}."
            )
        return column
