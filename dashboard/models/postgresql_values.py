"""What PostgreSQL has and Python hasn't: infinity, years before 1 or after 9999, 24 o'clock.

The driver fails at a row with such a value in it; here it is the text that the server writes.
"""

from __future__ import annotations

from typing import Any

from psycopg.adapt import AdaptersMap, Buffer, Loader
from psycopg.errors import DataError
from psycopg.types.datetime import (
    DateLoader,
    IntervalLoader,
    TimeLoader,
    TimestampLoader,
    TimestamptzLoader,
    TimetzLoader,
)

LOADERS: dict[str, type[Loader]] = {
    "date": DateLoader,
    "interval": IntervalLoader,
    "time": TimeLoader,
    "timestamp": TimestampLoader,
    "timestamptz": TimestamptzLoader,
    "timetz": TimetzLoader,
}


def take_all(adapters: AdaptersMap) -> None:
    """Let a connection load whatever the server has in dates and times."""
    for name, loader in LOADERS.items():
        adapters.register_loader(name, _lenient(loader))


def _lenient(loader: type[Loader]) -> type[Loader]:
    class Lenient(loader):  # type: ignore[misc, valid-type]
        def load(self, data: Buffer) -> Any:
            text = bytes(data).decode()
            # A month has no number of days, nor a year, so no timedelta says the same.
            if loader is IntervalLoader and ("mon" in text or "year" in text):
                return text
            try:
                return super().load(data)
            except (DataError, OverflowError, ValueError):
                return text

    return Lenient
