"""What a table's ``validate`` raises to say what is wrong at which column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class Invalid(ValueError):
    """A record can't be saved like this.

    ``errors`` are sentences for the person, by the column's name; None for the whole record.
    """

    def __init__(self, errors: Mapping[str | None, Sequence[str]]) -> None:
        super().__init__(" ".join(text for texts in errors.values() for text in texts))
        self.errors = {name: list(texts) for name, texts in errors.items()}
