"""What SQLite has and Python hasn't: texts that aren't UTF-8, at which the driver would fail."""

from __future__ import annotations


class Undecodable(bytes):
    """The bytes of a text that isn't UTF-8."""


def text_of(data: bytes) -> str | Undecodable:
    """Return what is read of a text: the driver's ``text_factory``."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return Undecodable(data)
