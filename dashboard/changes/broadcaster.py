"""The broadcaster: hands every committed change to every subscriber, in commit order."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Sequence

from dashboard.changes.change import Change, Cursor, Head
from dashboard.changes.mailbox import Mailbox
from dashboard.changes.subscription import ReadLog, Subscription

logger = logging.getLogger(__name__)


class Broadcaster:
    """Thread-safe: any thread publishes, each subscriber takes from a bounded queue of its own.

    Threads come out of their commits in any order, and other processes don't publish here at
    all. So what is published is delivered at once only where it's the next in number; otherwise
    a thread reads what is missing from the log, as it also does every ``poll`` seconds.
    """

    def __init__(
        self,
        read_head: Callable[[], Head],
        read_log: ReadLog,
        *,
        queue_size: int = 10_000,
        poll: float = 0.5,
    ) -> None:
        self._read_head = read_head
        self._read_log = read_log
        self._queue_size = queue_size
        self._poll = poll
        self._lock = threading.Lock()
        self._subscriptions: set[Subscription] = set()
        self._position: Cursor | None = None
        self._wake = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def head(self) -> Head:
        """Read the log's head."""
        return self._read_head()

    @property
    def position(self) -> Cursor:
        """The last change that was handed to the subscribers. Starts the broadcaster."""
        self.start()
        assert self._position is not None
        return self._position

    def start(self) -> None:
        """Begin to follow the log, from its head; further calls do nothing."""
        with self._lock:
            if self._position is None:
                self._position = self._read_head().cursor
                self._thread = threading.Thread(
                    target=self._follow, name="dashboard-broadcaster", daemon=True
                )
                self._thread.start()

    def stop(self) -> None:
        """End every subscription with reason ``shutdown``, and the thread."""
        with self._lock:
            self._stopping = True
            for subscription in self._subscriptions:
                subscription.end("shutdown")
            thread = self._thread
        self._wake.set()
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout=5)

    @property
    def stopped(self) -> bool:
        return self._stopping

    def publish(self, changes: Sequence[Change]) -> None:
        """Deliver the changes of one committed transaction, or have them read from the log."""
        with self._lock:
            if self._position is None:
                return  # Nobody has subscribed yet; who does starts from the log.
            if changes[0].seq == self._position.seq + 1:
                self._deliver(changes)
                return
        self._wake.set()

    def hear(self, cursor: Cursor | None) -> None:
        """Have the log read where another process says that there is more; None: perhaps."""
        known = self._position
        if known is None:
            return
        if cursor is None or cursor.epoch != known.epoch or cursor.seq > known.seq:
            self._wake.set()

    def subscribe(
        self, since: str | None = None, tables: Collection[str] | None = None
    ) -> Subscription:
        """Return a Subscription to what follows ``since``, a cursor's text.

        Without ``since`` it starts at the newest change. A cursor that can't be continued is
        told by the subscription's ``reset``.
        """
        self.start()
        head = self._read_head()
        start, reset = head.cursor, None
        if since is not None:
            start, reset = resolve(since, head)
        with self._lock:
            assert self._position is not None
            joined = self._position.seq if self._position.epoch == start.epoch else start.seq
            subscription = Subscription(
                start=start,
                joined=joined,
                read_log=self._read_log,
                mailbox=Mailbox(self._queue_size),
                leave=self._leave,
                tables=tables,
                reset=reset,
            )
            self._subscriptions.add(subscription)
            if self._stopping:
                subscription.end("shutdown")
        return subscription

    def follow(self, notify: Callable[[], None] | None = None) -> Subscription:
        """Return a Subscription to what is handed out from now on, without reading the log.

        ``notify`` is called from any thread, and must not block, when there is news.
        """
        self.start()
        with self._lock:
            assert self._position is not None
            subscription = Subscription(
                start=self._position,
                joined=self._position.seq,
                read_log=self._read_log,
                mailbox=Mailbox(self._queue_size, notify),
                leave=self._leave,
            )
            self._subscriptions.add(subscription)
            if self._stopping:
                subscription.end("shutdown")
        return subscription

    def merge(self, subscription: Subscription, into: Subscription) -> bool:
        """Drop a subscription for another if both have taken exactly the same; tell if so."""
        with self._lock:
            same = subscription.position == into.position
            if same and not subscription.waiting and not into.waiting:
                self._subscriptions.discard(subscription)
                return True
            return False

    def _leave(self, subscription: Subscription) -> None:
        with self._lock:
            self._subscriptions.discard(subscription)

    def _deliver(self, changes: Sequence[Change]) -> None:
        """Hand on the next changes in number. The caller holds the lock."""
        assert self._position is not None
        for subscription in self._subscriptions:
            subscription.offer(changes)
        self._position = Cursor(self._position.epoch, changes[-1].seq)

    def _follow(self) -> None:
        failing = False
        while not self._stopping:
            self._wake.wait(self._poll)
            self._wake.clear()
            try:
                self._catch_up()
                if failing:
                    logger.info("The change log can be read again.")
                failing = False
            except Exception:
                if not failing:
                    logger.exception("The change log can't be read; trying again until it can.")
                failing = True

    def _catch_up(self) -> None:
        # Looked at before the head: what is published in between must not make the head look old.
        known = self._position
        head = self._read_head()
        assert known is not None and self._position is not None
        if head.epoch != known.epoch or head.seq < known.seq:
            self._start_over(head)
        while not self._stopping and self._position.seq < head.seq:
            changes = self._read_log(self._position.seq, head.seq)
            with self._lock:
                fresh = [each for each in changes if each.seq > self._position.seq]
                if fresh and fresh[0].seq == self._position.seq + 1:
                    self._deliver(fresh)
                    continue
                behind = self._position.seq < head.seq
            if fresh or (behind and not changes):
                # What comes next was pruned before it was read.
                self._start_over(head)

    def _start_over(self, head: Head) -> None:
        """Send every subscriber away: this isn't the log that it was following any more."""
        logger.warning(
            "The change log does not continue at %s: it starts at %s.", self._position, head.cursor
        )
        with self._lock:
            for subscription in self._subscriptions:
                subscription.end("reset")
            self._position = head.cursor


def resolve(since: str, head: Head) -> tuple[Cursor, str | None]:
    """Return where to start who asks for what follows ``since``, and why not there if so."""
    try:
        cursor = Cursor.parse(since)
    except ValueError:
        return head.cursor, "junk"
    if cursor.epoch != head.epoch:
        return head.cursor, "epoch"
    if cursor.seq > head.seq:
        return head.cursor, "future"
    if cursor.seq < head.pruned:
        return head.cursor, "pruned"
    return cursor, None
