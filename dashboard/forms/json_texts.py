"""JSON as people edit it: indented, and checked before it is stored."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from dashboard.catalog.values import shorten, to_json

MAX_DEPTH = 100
MAX_DIGITS = 1000

SURROGATE = re.compile("[\ud800-\udfff]")
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def json_text(value: Any) -> str:
    text = json.dumps(to_json(value), indent=2, ensure_ascii=False)
    # A lone surrogate can't be sent to a browser; its escape says the same in JSON.
    return json.dumps(to_json(value), indent=2) if SURROGATE.search(text) else text


def parse_json(text: str) -> Any:
    """Return the value of ``text``; raise ValueError for what is no JSON or can't be stored."""
    try:
        value = json.loads(
            text, parse_constant=_no_constant, parse_float=_finite, parse_int=_integer
        )
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise ValueError(f"This is not JSON: {error.msg} at {place}.") from error
    except RecursionError as error:
        raise ValueError("The JSON is nested too deeply.") from error
    if _too_deep(value):
        raise ValueError(f"JSON may be nested {MAX_DEPTH} deep.")
    written = json.dumps(value, ensure_ascii=False)
    if SURROGATE.search(written) or _NUL.search(written):
        raise ValueError("JSON with a NUL or half of a character can't be stored.")
    return value


def _too_deep(value: Any) -> bool:
    """Tell whether writing ``value`` could exhaust the stack of whoever does it later."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for each in level
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
    return bool(level)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON.")


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError(f"A number in JSON may have {MAX_DIGITS} digits.")
    return int(text)


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{shorten(text)} is too large for a number in JSON.")
    return number
