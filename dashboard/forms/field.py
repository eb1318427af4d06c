"""The base of a form's fields: a column, the text that its control holds, and the value.

A field knows the text that it was rendered with. Text that comes back the same is an untouched
field: its value isn't parsed, checked or stored, however little the control can express it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import Field

from dashboard.catalog import Column
from dashboard.catalog.values import to_text
from dashboard.forms import widgets
from dashboard.forms.lines import like_stored, same_text
from dashboard.forms.parsing import parse_text, refuse_unstorable
from dashboard.forms.texts import form_text

REQUIRED = "A value is needed here."
TEXT_KINDS = ("text", "longtext")


def description_of(column: Column) -> str:
    unit = f"In {column.unit}." if column.unit else ""
    return " ".join(each for each in (column.help, unit) if each)


class ColumnField(Field):
    """The base of all: ``text`` is what the control holds, ``data`` the value that it means.

    ``changed``: the person gave another text than ``stored_text``. ``absent``: there is nothing to
    store, as it was not submitted, or left empty where the database fills it in.
    """

    widget: Any = widgets.TextInput()
    fixed = False
    """Whether the value is shown and not edited, since no text stands for it: bytes."""
    native = False
    """Whether the browser may write the same value in another way (07:00:00 as 07:00)."""

    column: Column
    new: bool

    def __init__(self, *, column: Column, new: bool = False, **options: Any) -> None:
        self.column = column
        self.new = new
        super().__init__(label=column.label, description=description_of(column), **options)
        self.unit = column.unit
        self.kind = column.kind
        self.text = self.stored_text = ""
        self.changed = False
        self.absent = True
        if self.is_required:
            self.flags.required = True
        if column.length and column.kind in TEXT_KINDS:
            self.flags.maxlength = column.length

    @property
    def is_required(self) -> bool:
        """Tell whether empty input is refused. An empty text is a text, but it is no key."""
        column = self.column
        if column.nullable or self.fills_itself:
            return False
        return column.primary_key or not self.keeps_blanks

    @property
    def fills_itself(self) -> bool:
        """Tell whether the database or the model has a default that a form can't show."""
        return self.new and self.column.has_default and self.column.default is None

    def process_data(self, value: Any) -> None:
        self.data = value
        if isinstance(value, bytes):
            self.fix()
        if self.fixed:
            self.text = to_text(self.column, value)
        else:
            self.text = self.stored_text = form_text(self.column, value)

    def fix(self) -> None:
        """Show the value, and take nothing from the form."""
        self.fixed = True
        self.flags.required = False
        self.widget = widgets.Output()

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Take the submitted text; raises ValueError with a sentence where it has no value."""
        if self.fixed or not valuelist:
            return
        self.text = valuelist[0]
        self.absent = False
        if not self.new and self.same(self.text, self.stored_text):
            return
        self.changed = True
        if self.text == "" or (not self.keeps_blanks and self.text.isspace()):
            self.data = self._empty()
            return
        refuse_unstorable(self.text)
        self.data = self._checked(self.parse(self.text))

    @property
    def keeps_blanks(self) -> bool:
        return self.kind in TEXT_KINDS and not self.column.choices

    def _empty(self) -> Any:
        if self.fills_itself:
            self.absent = True
            return None
        if self.is_required:
            raise ValueError(REQUIRED)
        return None if self.column.nullable else ""

    def parse(self, text: str) -> Any:
        if not self.keeps_blanks:
            return parse_text(self.column, text)
        text = like_stored(text, self.stored_text)
        length = self.column.length
        if length is not None and len(text) > length:
            raise ValueError(f"At most {length:,} characters fit; this has {len(text):,}.")
        return text

    def _checked(self, value: Any) -> Any:
        """Return ``value`` if the column's own ``info={"validate": ...}`` lets it pass."""
        validate = self.column.sql.info.get("validate")
        if validate is not None:
            validate(value)
        return value

    def same(self, one: str, other: str) -> bool:
        """Tell whether two texts of this control mean the same, so that nobody changed it."""
        if same_text(one, other):
            return True
        if not self.native or not one or not other:
            return False
        try:
            return bool(self.parse(one) == self.parse(other))
        except (ValueError, TypeError):
            return False

    def _value(self) -> str:
        return self.text

    def shown(self, text: str) -> str:
        """Return ``text`` as people read it, for the comparison of a conflict."""
        return self.column.choice_label(text) if self.column.choices else text
