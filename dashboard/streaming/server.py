"""``egg:dashboard``: a waitress whose streams hold no thread.

A request for a stream is served like any other up to its response's head; then its socket is
handed to the hub, and the worker thread is free.
"""

from __future__ import annotations

import gc
import logging
import resource
import signal
import socket
from collections.abc import Callable, Iterable
from typing import Any

from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer, MultiSocketServer, create_server
from waitress.task import WSGITask

from dashboard.streaming.handover import OFFER, HandedOver
from dashboard.streaming.hub import Hub
from dashboard.streaming.metrics import Metrics

logger = logging.getLogger(__name__)

OTHER_FILES = 256
"""File descriptors kept for pages, the database and everything else but streams."""

DEFAULTS = {
    # select() can't look at file descriptors above 1,023, of which streams make many.
    "asyncore_use_poll": True,
    "connection_limit": 1000,
    "backlog": 4096,
    "threads": 8,
}


class StreamTask(WSGITask):
    """A request: one that answers with a stream ends by handing its socket over."""

    body: HandedOver | None = None
    wrote_header: bool

    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        environ[OFFER] = self
        return environ

    @property
    def limit(self) -> int:
        return self.channel.server.hub.limit

    @property
    def room(self) -> bool:
        return self.channel.server.hub.room

    @property
    def metrics(self) -> Metrics:
        return self.channel.server.hub.metrics

    def accept(self, body: HandedOver) -> None:
        self.body = body

    def write(self, data: bytes) -> None:
        """Send the head and a body of known length in one, so that no kill comes in between.

        An edge takes the head for the whole: docs/scaling.md.
        """
        if self.complete and not self.wrote_header and self.content_length == len(data):
            self.wrote_header = True
            self.content_bytes_written += len(data)
            self.channel.write_soon(self.build_response_header() + data)
            return
        super().write(data)

    def build_response_header(self) -> bytes:
        """Return the head, with what WSGI keeps applications from saying themselves."""
        if self.status.startswith(("101", "426")):
            self.response_headers.append(("Upgrade", "websocket"))
        if self.status.startswith("101"):
            self.response_headers.append(("Connection", "Upgrade"))
        head: bytes = super().build_response_header()
        return head

    def finish(self) -> None:
        if self.body is None:
            super().finish()
            return
        head = b"" if self.wrote_header else self.build_response_header()
        self.wrote_header = True
        sock, unsent = self._detach()
        unsent += head
        self.close_on_finish = True  # That is waitress's own descriptor; the hub has its copy.
        self.body.hand_over(self.channel.server.hub, sock, unsent, self.chunked_response)

    def _detach(self) -> tuple[socket.socket, bytes]:
        """Take the socket out of the channel, and the bytes that it hasn't sent yet."""
        channel = self.channel
        with channel.outbuf_lock:
            unsent = b"".join(buffer.get(-1, skip=True) for buffer in channel.outbufs)
            channel.total_outbufs_len = 0
            sock = channel.socket.dup()
        # From here on waitress doesn't read: what the client says is for the hub.
        channel.close_when_flushed = True
        return sock, unsent


class StreamChannel(HTTPChannel):
    task_class = StreamTask


def make_server(app: Callable[..., Iterable[bytes]], hub: Hub, **options: Any) -> Any:
    """Return a waitress server whose streams are ``hub``'s. ``options`` are waitress's own."""
    server = create_server(app, **{**DEFAULTS, **options})
    for each in server.map.values() if isinstance(server, MultiSocketServer) else [server]:
        if isinstance(each, BaseWSGIServer):
            each.hub = hub
            each.channel_class = StreamChannel
    return server


def serve(app: Any, global_conf: dict[str, str] | None = None, **options: Any) -> int:
    """Serve ``app`` until SIGTERM or SIGINT: the server runner of ``use = egg:dashboard``.

    Every option of waitress works. At the end each stream is told goodbye.
    """
    hub = Hub(**{"limit": raise_file_limit() - OTHER_FILES, **hub_options(app)})
    server = make_server(app, hub, **options)
    hub.start()
    server.print_listen("Serving on http://{}:{}")
    logger.info("Up to %s streams fit.", f"{hub.limit:,}")
    signal.signal(signal.SIGTERM, _stop)
    # What was made for the start stays; looking through it again and again would halt streams.
    gc.collect()
    gc.freeze()
    try:
        server.run()
    finally:
        hub.shut_down()
    return 0


def hub_options(app: Any) -> dict[str, Any]:
    """Return the hub's settings from the application, where that is ours."""
    registry = getattr(app, "registry", None)
    if registry is None or "dashboard.settings" not in registry:
        return {}
    settings = registry["dashboard.settings"]
    options = {
        "heartbeat": settings.heartbeat,
        "lifetime": settings.lifetime,
        "backlog": settings.backlog,
        "presence": registry["dashboard.presence"],
    }
    return options | ({"limit": settings.max_streams} if settings.max_streams else {})


def raise_file_limit() -> int:
    """Raise the limit of open files as far as the system allows; return it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        logger.info("Raised the limit of open files from %d to %d.", soft, hard)
    return hard


def _stop(number: int, frame: Any) -> None:
    raise SystemExit(0)
