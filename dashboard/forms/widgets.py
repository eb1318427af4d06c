"""The controls: WTForms' widgets with the attributes that the page's script works by.

A control that would change or drop its text gives way to a plain one: browsers strip line ends
from a text input, and empty a date input whose text isn't a date in their own format.
"""

from __future__ import annotations

import re
from typing import Any

from markupsafe import Markup
from wtforms import widgets

_DATE = r"\d{4}-\d\d-\d\d"
_TIME = r"\d\d:\d\d(:\d\d(\.\d{1,3})?)?"

NATIVE = {
    "date": re.compile(_DATE),
    "time": re.compile(_TIME),
    "datetime-local": re.compile(f"{_DATE}[T ]{_TIME}"),
}
"""What each of the browser's own controls takes; anything else it shows as empty."""


class TextArea(widgets.TextArea):
    def __call__(self, field: Any, **kwargs: Any) -> Markup:
        kwargs.setdefault("rows", min(20, max(4, field.text.count("\n") + 2)))
        kwargs.setdefault("autocomplete", "off")
        return super().__call__(field, **kwargs)


class TextInput(widgets.TextInput):
    """A single line; a textarea where the text has several."""

    def __call__(self, field: Any, **kwargs: Any) -> Markup:
        if "\n" in field.text or "\r" in field.text:
            return TextArea()(field, **kwargs)
        kwargs.setdefault("autocomplete", "off")
        return super().__call__(field, **kwargs)


class NumberInput(TextInput):
    """A text input with a number pad.

    type=number would change the value under the mouse wheel and hide what it can't read.
    """

    def __init__(self, inputmode: str) -> None:
        super().__init__()
        self.inputmode = inputmode

    def __call__(self, field: Any, **kwargs: Any) -> Markup:
        kwargs.setdefault("inputmode", self.inputmode)
        return super().__call__(field, **kwargs)


class ClockInput(TextInput):
    """A date or time control, as long as it can hold the field's text."""

    def __init__(self, input_type: str) -> None:
        super().__init__()
        self.native_type = input_type

    def __call__(self, field: Any, **kwargs: Any) -> Markup:
        if not field.text or NATIVE[self.native_type].fullmatch(field.text):
            kwargs.setdefault("type", self.native_type)
            if self.native_type != "date":
                # Without a step of a second the control would offer minutes only.
                kwargs.setdefault("step", "0.001" if "." in field.text else "1")
        return super().__call__(field, **kwargs)


class ReferenceInput(TextInput):
    """The key of another record, found by searching: combobox.js reads the data attributes."""

    def __call__(self, field: Any, **kwargs: Any) -> Markup:
        if field.choices_url:
            kwargs.setdefault("data-combobox-url", field.choices_url)
            kwargs.setdefault("data-combobox-label", field.current_label)
        return super().__call__(field, **kwargs)


class Checkbox(widgets.CheckboxInput):
    def __call__(self, field: Any, **kwargs: Any) -> Markup:
        kwargs.setdefault("checked", field.text == "true")
        kwargs.setdefault("autocomplete", "off")
        # The value is what a ticked box sends, whatever the field holds now.
        kwargs["value"] = "true"
        # A box that had to be ticked couldn't say no.
        kwargs["required"] = False
        return super().__call__(field, **kwargs)


class Select(widgets.Select):
    def __call__(self, field: Any, **kwargs: Any) -> Markup:
        kwargs.setdefault("autocomplete", "off")
        return super().__call__(field, **kwargs)


class Output:
    """A value that is shown but not edited here; nothing of it is sent."""

    def __call__(self, field: Any, **kwargs: Any) -> Markup:
        kwargs.setdefault("id", field.id)
        kwargs.pop("required", None)
        params = widgets.html_params(**kwargs)  # Markup, already escaped.
        return Markup("<output {}>{}</output>").format(params, field.text)
