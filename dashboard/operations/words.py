"""Small words for sentences about numbers and names."""

from __future__ import annotations

from collections.abc import Iterable


def counted(number: int, noun: str) -> str:
    """Return ``1 row``, ``1,204 rows``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def listed(words: Iterable[str]) -> str:
    """Return ``a``, ``a and b``, ``a, b and c``."""
    *some, last = words
    return f"{', '.join(some)} and {last}" if some else last


def inside(label: str) -> str:
    """Return a label as it stands inside of a sentence: ``Total`` as ``total``, ``VAT`` not."""
    return label[:1].lower() + label[1:] if label[1:2].islower() else label
