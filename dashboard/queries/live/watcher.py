"""A watcher: what waits for a stream, or for all the streams that share it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dashboard.changes import Change, Cursor, Mailbox

MAILBOX_ROUNDS = 200
"""Rounds that may wait for one watcher; one more ends it with ``overflow``."""


@dataclass(frozen=True, slots=True)
class Round:
    """What one watcher gets at once: the data of its patches, and the cursor they lead to.

    ``doubts`` are changes that may have taken somebody's permission: whoever shares a watcher
    must ask before what follows.
    """

    patches: tuple[dict[str, Any], ...]
    cursor: Cursor
    doubts: tuple[Change, ...] = ()


class Watcher:
    """The rounds that wait for a stream, or for all the streams that share it.

    ``concerns`` tells whether a change may take permission away; ``refusal`` is then asked for
    the reason to end, before anything of that round is sent. A shared watcher has none: its
    streams are told of the doubt. ``notify`` is called, and mustn't block, when there is news.
    """

    def __init__(
        self,
        concerns: Callable[[Change], bool],
        refusal: Callable[[], str | None] | None = None,
        notify: Callable[[], None] | None = None,
    ) -> None:
        self.concerns = concerns
        self.refusal = refusal
        self.mailbox: Mailbox[Round] = Mailbox(MAILBOX_ROUNDS, notify)
