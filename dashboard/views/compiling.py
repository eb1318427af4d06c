"""Templates are compiled by one thread at a time.

CPython before 3.11.9 and 3.12.3 keeps the depth of a syntax tree that it builds in a place that
all threads share, so two that compile at once fail with "AST constructor recursion depth
mismatch" (CPython issue 106905). The first requests after a start would meet it.
"""

from __future__ import annotations

import threading
from functools import wraps
from typing import Any

from chameleon.template import BaseTemplate

_lock = threading.RLock()


def compile_one_at_a_time() -> None:
    """Put a lock around Chameleon's compiling; further calls do nothing."""
    cook = BaseTemplate.cook
    if hasattr(cook, "__wrapped__"):
        return

    @wraps(cook)
    def locked(template: BaseTemplate, body: Any) -> None:
        with _lock:
            cook(template, body)

    BaseTemplate.cook = locked  # type: ignore[assignment,method-assign]
