"""A subscription: first what the log has after a cursor, then what is committed from now on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from types import TracebackType

from dashboard.changes.change import Change, Cursor
from dashboard.changes.mailbox import Ended, Mailbox

ReadLog = Callable[[int, int], list[Change]]
"""Returns some of the changes after one number and up to another, in order."""


class Subscription:
    """Every change after ``start``, once and in order; use it in a ``with`` and iterate.

    ``reset`` says why the cursor that was asked for can't be continued (junk, epoch, future,
    pruned), or is None; the subscription then starts at the head and the subscriber must fetch
    afresh. ``tables`` leaves out other tables' changes.
    """

    def __init__(
        self,
        start: Cursor,
        joined: int,
        read_log: ReadLog,
        mailbox: Mailbox[Change],
        leave: Callable[[Subscription], None],
        tables: Collection[str] | None = None,
        reset: str | None = None,
    ) -> None:
        self.start = start
        self.reset = reset
        self.position = start.seq
        self._joined = joined
        self._read_log = read_log
        self._mailbox = mailbox
        self._leave = leave
        self._tables = tables

    @property
    def cursor(self) -> Cursor:
        """How far the subscriber has come; changes of other tables count as seen."""
        return Cursor(self.start.epoch, self.position)

    @property
    def waiting(self) -> bool:
        """Whether there is something to take that has been published already, or the end."""
        return self.position < self._joined or self._mailbox.waiting

    def take(self, timeout: float | None = None) -> list[Change]:
        """Return the changes that have come, [] when none did within ``timeout`` seconds.

        Raises Ended when the subscription is over.
        """
        replaying = self.position < self._joined
        changes = self._replay() if replaying else self._mailbox.take(timeout)
        fresh = [change for change in changes if change.seq > self.position]
        if fresh:
            if fresh[0].seq != self.position + 1:
                raise Ended("reset")  # The log was pruned while it was being replayed.
            self.position = fresh[-1].seq
        return [each for each in fresh if self._tables is None or each.table in self._tables]

    def _replay(self) -> list[Change]:
        changes = self._read_log(self.position, self._joined)
        if not changes:
            raise Ended("reset")
        return changes

    def offer(self, changes: Sequence[Change]) -> None:
        """Take what the broadcaster publishes; it never blocks."""
        self._mailbox.put(changes)

    def wake(self) -> None:
        """Let ``take`` return at once."""
        self._mailbox.wake()

    def end(self, reason: str) -> None:
        self._mailbox.end(reason)

    def close(self) -> None:
        """Leave the broadcaster; what still waits is dropped."""
        self._leave(self)
        self._mailbox.end("closed")

    def __iter__(self) -> Iterator[Change]:
        """Yield changes until the subscription is closed; raise Ended where it ends otherwise."""
        while True:
            try:
                yield from self.take()
            except Ended as ended:
                if ended.reason in ("closed", "shutdown"):
                    return
                raise

    def __enter__(self) -> Subscription:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
