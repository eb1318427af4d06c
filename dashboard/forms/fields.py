"""The fields of a form: one class per kind of column."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from dashboard.catalog import Column
from dashboard.forms import widgets
from dashboard.forms.field import ColumnField
from dashboard.forms.selects import NullableBooleanField, SelectField


class TextField(ColumnField):
    pass


class LongTextField(ColumnField):
    widget = widgets.TextArea()


class IntegerField(ColumnField):
    widget = widgets.NumberInput("numeric")


class NumberField(ColumnField):
    widget = widgets.NumberInput("decimal")


class DateField(ColumnField):
    widget = widgets.ClockInput("date")
    native = True


class DateTimeField(ColumnField):
    widget = widgets.ClockInput("datetime-local")
    native = True


class TimeField(ColumnField):
    widget = widgets.ClockInput("time")
    native = True


class IntervalField(ColumnField):
    pass


class UuidField(ColumnField):
    pass


class JsonField(ColumnField):
    widget = widgets.TextArea()

    def _empty(self) -> Any:
        # For a JSON column None means JSON's null unless its type says otherwise.
        value = super()._empty()
        return sa.null() if value is None and not self.absent else value


class BooleanField(ColumnField):
    """Yes or no. A box that isn't ticked sends nothing; RecordForm.submitted says "false" for it.

    The template knows a switch by this class's name.
    """

    widget = widgets.Checkbox()

    @property
    def is_required(self) -> bool:
        return False

    def process_data(self, value: Any) -> None:
        # A new record without a default starts with an empty box, which means no.
        super().process_data(bool(value) if self.new or value is not None else value)

    def shown(self, text: str) -> str:
        return {"true": "Yes", "false": "No"}.get(text, text)


class ReferenceField(ColumnField):
    """The key of a row of another table. The view sets the URL to search it, and its label."""

    widget = widgets.ReferenceInput()
    choices_url: str | None = None
    current_label: str = ""

    @property
    def is_required(self) -> bool:
        """Tell whether empty input is refused. An empty text names no record."""
        return not (self.column.nullable or self.fills_itself)


class BytesField(ColumnField):
    """Bytes are shown by their size and not edited."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.fix()


_BY_KIND: dict[str, type[ColumnField]] = {
    "text": TextField,
    "longtext": LongTextField,
    "integer": IntegerField,
    "number": NumberField,
    "date": DateField,
    "datetime": DateTimeField,
    "time": TimeField,
    "interval": IntervalField,
    "choice": SelectField,
    "json": JsonField,
    "uuid": UuidField,
    "bytes": BytesField,
}


def field_class(column: Column) -> type[ColumnField]:
    """Return the field that edits ``column``; a plain text input for a kind that has none."""
    if column.kind == "bytes":
        return BytesField
    if column.reference is not None:
        return ReferenceField
    if column.kind == "boolean":
        # A box can't say that the database is to decide, nor show what is neither yes nor no.
        unsure = column.nullable or column.typing != "strict"
        decides = column.has_default and column.default is None
        return NullableBooleanField if unsure or decides else BooleanField
    return SelectField if column.choices else _BY_KIND.get(column.kind, ColumnField)
