"""Why a save was refused, told at the fields where it can be."""

from __future__ import annotations

from collections.abc import Mapping

Errors = dict[str | None, list[str]]
"""Sentences by the name of the column that they are about; None for the whole record."""


class Refused(Exception):
    """Nothing was written. ``errors`` say why, for the person who tried."""

    def __init__(self, errors: Mapping[str | None, list[str]]) -> None:
        super().__init__(errors)
        self.errors: Errors = dict(errors)
