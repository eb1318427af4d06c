"""Fields that offer what a column may hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wtforms.fields import SelectFieldBase
from wtforms.fields.choices import Choice as Option

from dashboard.forms import widgets
from dashboard.forms.field import ColumnField


class SelectField(ColumnField, SelectFieldBase):
    """One of the column's choices, or none where the column may be NULL."""

    widget = widgets.Select()

    def options(self) -> list[tuple[str, str]]:
        offered = self.column.offered
        return [
            (each.value, each.label)
            for each in self.column.choices
            if not offered or each.value in offered
        ]

    def _empty(self) -> Any:
        return self.parse("") if "" in dict(self.options()) else super()._empty()

    def iter_choices(self) -> Iterator[Option]:
        options = self.options()
        values = {value for value, _ in options}
        if "" not in values and (self.column.nullable or self.text == "" or self.fills_itself):
            yield Option("", "—", self.text == "", {})
        for value, label in options:
            yield Option(value, label, value == self.text, {})
        for text in dict.fromkeys((self.stored_text, self.text)):
            # What is stored stays selectable even if it is no choice any more.
            if text and text not in values:
                yield Option(text, text, text == self.text, {})


class NullableBooleanField(SelectField):
    def options(self) -> list[tuple[str, str]]:
        return [("true", "Yes"), ("false", "No")]

    def shown(self, text: str) -> str:
        return dict(self.options()).get(text, text)
