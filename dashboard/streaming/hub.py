"""The hub: one event loop on one thread that holds every stream."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import socket
import threading
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from dashboard.changes import Ended
from dashboard.models.engine import is_away
from dashboard.streaming.channel import Channel
from dashboard.streaming.connection import Connection
from dashboard.streaming.framing import CHUNKED, PLAIN
from dashboard.streaming.metrics import Metrics
from dashboard.streaming.presence import LocalPresence, Presence
from dashboard.streaming.pulse import Pulse
from dashboard.streaming.source import Shareable
from dashboard.streaming.sse import Event
from dashboard.streaming.stream import Stream
from dashboard.streaming.websocket.dialogue import Dialogue
from dashboard.streaming.websocket.gatherings import Gatherings
from dashboard.streaming.websocket.socket import Subscription, WebSocket

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")

new_event_loop: Callable[[], asyncio.AbstractEventLoop]
try:
    from uvloop import new_event_loop
except ImportError:  # uvloop isn't made for every platform; asyncio's own loop does as well.
    from asyncio import new_event_loop

LAST_WORDS = 3.0
"""Seconds that a stream that was told goodbye has to take it."""

A_MOMENT = 0.01
"""Seconds after which a stream looks again whether it can go on."""

AWAY = 1.0
"""Seconds after which a database that is away is asked again for a stream."""

CATCHING_UP = 8
"""Threads that read the log and permissions for streams; further ones wait for their turn."""

TALKING = 4
"""Threads that handle what WebSockets say: a pool of their own, since an edit may have to wait for
the database, and permissions must not wait for edits."""


class Hub:
    """Adopts sockets, and writes to them what their sources have.

    ``heartbeat`` and ``lifetime`` are in seconds, ``backlog`` is how many bytes may wait for one
    client before its stream ends with ``overflow``, ``limit`` how many streams there may be.

    A stream first catches up by its own source, on a thread of a small pool since that reads
    the database; then it joins the channel of its key, whose events are encoded once for all.
    """

    def __init__(
        self,
        heartbeat: float = 15.0,
        lifetime: float = 3600.0,
        backlog: int = 1024 * 1024,
        limit: int = 1_000_000,
        presence: Presence | None = None,
    ) -> None:
        self.limit = limit
        self.metrics = Metrics()
        self._lifetime = lifetime
        self._backlog = backlog
        self._streams: dict[Stream, None] = {}
        self._channels: dict[Hashable, Channel] = {}
        self._pool = ThreadPoolExecutor(CATCHING_UP, thread_name_prefix="dashboard-catch-up")
        self._talk = ThreadPoolExecutor(TALKING, thread_name_prefix="dashboard-websocket")
        self._loop: asyncio.AbstractEventLoop = new_event_loop()
        self.gatherings = Gatherings(self._loop, presence or LocalPresence())
        self._pulse = Pulse(heartbeat, self._loop, self.metrics, self.end, self._submit)
        self._stopping = False
        self._empty = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dashboard-hub", daemon=True)

    # What other threads call.

    def start(self) -> None:
        self._thread.start()

    def adopt(self, sock: socket.socket, unsent: bytes, chunked: bool, source: Shareable) -> None:
        """Take over a client's socket whose response head has been written or is ``unsent``."""

        def make() -> Stream:
            until = self.now() + self._lifetime * random.uniform(0.9, 1.1)
            return Stream(source, CHUNKED if chunked else PLAIN, until, keeper=self)

        self._loop.call_soon_threadsafe(self._adopt, sock, unsent, make)

    def adopt_websocket(self, sock: socket.socket, unsent: bytes, dialogue: Dialogue) -> None:
        """The same for a client that has been told that the protocol is WebSocket now."""

        def make() -> Stream:
            until = self.now() + self._lifetime * random.uniform(0.9, 1.1)
            return WebSocket(dialogue, until, keeper=self)

        self._loop.call_soon_threadsafe(self._adopt, sock, unsent, make)

    @property
    def room(self) -> bool:
        """Whether there is a place for one more stream."""
        return self.metrics.streams < self.limit

    def shut_down(self, timeout: float = LAST_WORDS) -> None:
        """Say goodbye to every stream, give them ``timeout`` seconds to take it, and end."""
        self._loop.call_soon_threadsafe(self._say_goodbye)
        self._empty.wait(timeout)
        self._loop.call_soon_threadsafe(self._stop)
        self._thread.join(timeout=1)
        for pool in (self._pool, self._talk):
            pool.shutdown(wait=False, cancel_futures=True)

    # What runs on the hub's thread.

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._pulse.start()
        self._loop.run_forever()

    def now(self) -> float:
        """Return the time of the loop, in seconds."""
        return self._loop.time()

    def _adopt(self, sock: socket.socket, unsent: bytes, make: Callable[[], Stream]) -> None:
        stream = make()
        stream.connection = Connection(self._loop, sock, self._backlog, owner=stream)
        if unsent:
            stream.connection.write(unsent)
        if stream.connection is not None:  # Else its client went before it was here.
            self.add(stream)

    def add(self, stream: Stream) -> None:
        """Hold a stream that has a connection."""
        self._streams[stream] = None
        self._pulse.add(stream)
        self.metrics.opened += 1
        self.metrics.streams = len(self._streams)
        if self._stopping:
            self.end(stream, "shutdown")
        else:
            self._catch_up(stream)

    def _catch_up(self, stream: Stream) -> None:
        """Have the source's next events taken on another thread."""
        self._work(
            lambda: stream.source.take(0), lambda events: self._caught(stream, events), stream
        )

    def _caught(self, stream: Stream, events: Sequence[Event]) -> None:
        if stream.ending or stream.connection is None:
            return
        if not events:
            if not self._join(stream):
                # Its view is being evaluated, or a change came in between.
                self._loop.call_later(A_MOMENT, self._go_on, stream)
            return
        self.metrics.frames += len(events)
        self.metrics.resets += sum(event.get("event") == "reset" for event in events)
        self.metrics.bytes += stream.send(events)
        stream.count(events)
        if stream.full:
            return  # Until its client acknowledges; `resume` goes on.
        if stream.connection is not None and stream.connection.backlog:
            # The client is slower than the log; read on when it has taken what there is.
            self._loop.call_later(A_MOMENT, self._go_on, stream)
        else:
            self._catch_up(stream)

    def _go_on(self, stream: Stream) -> None:
        if stream.connection is None or stream.ending:
            return
        if stream.connection.backlog:
            self._loop.call_later(A_MOMENT, self._go_on, stream)
        else:
            self._catch_up(stream)

    def _join(self, stream: Stream) -> bool:
        """Let a stream that has caught up join its channel; tell whether it could."""
        channel = self._channel(stream.source)
        channel.pump()
        if not stream.source.merge(channel.topic):
            return False
        channel.join(stream)
        return True

    def _channel(self, source: Shareable) -> Channel:
        key = source.key
        channel = self._channels.get(key)
        if channel is None:

            def notify() -> None:
                self._loop.call_soon_threadsafe(self._pump, key)

            topic = source.topic(notify)
            channel = Channel(
                key, source.name, topic, self.metrics, self._doubt, self._leave, self._channel_ended
            )
            self._channels[key] = channel
        return channel

    def _pump(self, key: Hashable) -> None:
        channel = self._channels.get(key)
        if channel is not None:
            channel.pump()

    def _doubt(self, stream: Stream, position: str) -> None:
        """Ask whether a stream may go on; if so it does, by itself and from ``position``."""
        self._leave(stream)

        def ask() -> str | None:
            reason = stream.source.permission.refusal()
            if reason is None:
                stream.source.reopen(position)
            return reason

        def answered(reason: str | None) -> None:
            if stream.connection is None:
                self._submit(stream.source.close)  # The client went before it was reopened.
            elif reason is None:
                self._catch_up(stream)
            else:
                self.end(stream, reason)

        self._work(ask, answered, stream)

    def resume(self, subscription: Subscription) -> None:
        """Let a subscription go on whose client has acknowledged what it had."""
        position, subscription.position = subscription.position, None
        if position is None:
            self._catch_up(subscription)
        else:
            self._doubt(subscription, position)

    def _leave(self, stream: Stream) -> None:
        """Take a stream out of its channel, which ends with its last one."""
        channel = stream.channel
        if channel is None:
            return
        channel.leave(stream)
        if not channel.streams and self._channels.get(channel.key) is channel:
            del self._channels[channel.key]
            channel.topic.close()

    def _channel_ended(self, channel: Channel, reason: str) -> None:
        self._channels.pop(channel.key, None)
        for stream in list(channel.streams):
            self.end(stream, reason)

    def end(self, stream: Stream, reason: str) -> None:
        """Tell a stream why it ends, and close it when it has taken that, or soon."""
        stream = stream.ends_with(reason)
        if stream.ending or stream.connection is None:
            return
        self.metrics.bye(reason)
        self._leave(stream)
        stream.end(reason)
        if stream.connection is not None:
            self._loop.call_later(LAST_WORDS, self.drop, stream)

    def drop(self, stream: Stream) -> None:
        """Forget a stream: its client has gone, or has been told goodbye."""
        if stream.connection is None:
            return
        stream.close()
        self._streams.pop(stream, None)
        self._pulse.remove(stream)
        self.metrics.streams = len(self._streams)
        self._leave(stream)
        self._submit(stream.source.close)
        if self._stopping and not self._streams:
            self._empty.set()

    def _say_goodbye(self) -> None:
        self._stopping = True
        for stream in list(self._streams):
            self.end(stream, "shutdown")
        if not self._streams:
            self._empty.set()

    def _stop(self) -> None:
        for stream in list(self._streams):
            self.drop(stream)
        self._loop.stop()

    def _work(
        self, work: Callable[[], Answer], done: Callable[[Answer], None], stream: Stream
    ) -> None:
        """Do ``work`` on another thread and go on with its answer on this one."""
        self._submit(self._job(work, done, stream))

    def ask(
        self, work: Callable[[], Answer], done: Callable[[Answer], None], stream: Stream
    ) -> None:
        """Do the same for what a client of a WebSocket has said."""
        self._submit(self._job(work, done, stream), self._talk)

    def later(self, work: Callable[[], None]) -> None:
        """Do something for a client's message, or its end, on another thread."""
        self._submit(work, self._talk)

    def _job(
        self, work: Callable[[], Answer], done: Callable[[Answer], None], stream: Stream
    ) -> Callable[[], None]:
        def run() -> None:
            try:
                answer = work()
            except Ended as ended:
                reason = ended.reason
                self._loop.call_soon_threadsafe(self.end, stream, reason)
            except Exception as error:
                if is_away(error):
                    self._loop.call_soon_threadsafe(self._retry, run, stream)
                    return
                logger.exception("A stream failed; its client will come back.")
                self._loop.call_soon_threadsafe(stream.failed)
            else:
                self._loop.call_soon_threadsafe(done, answer)

        return run

    def _retry(self, work: Callable[[], None], stream: Stream) -> None:
        """Do a stream's work later: the database is away, which is no reason to end it."""
        if stream.connection is not None and not stream.ending:
            self._loop.call_later(AWAY, self._submit, work)

    def _submit(self, work: Callable[[], None], pool: ThreadPoolExecutor | None = None) -> None:
        # Once the hub is shut down there is nobody left to do anything for.
        with contextlib.suppress(RuntimeError):
            (pool or self._pool).submit(work)
