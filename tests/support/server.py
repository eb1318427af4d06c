"""The program on a real server of its own, in a thread of the test's process."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from pyramid.registry import Registry
from pyramid.router import Router
from sqlalchemy.orm import sessionmaker
from waitress.server import create_server

from dashboard import main
from dashboard.streaming.hub import Hub
from dashboard.streaming.server import hub_options, make_server
from tests.support.ending import stop

STREAMING = os.environ.get("DASHBOARD_TEST_STREAMING", "hub")
"""How tests that don't say otherwise stream: ``hub`` or ``threads``."""


@dataclass(frozen=True)
class Server:
    """A running server; ``url`` has no slash at its end."""

    url: str
    registry: Registry
    hub: Hub

    @property
    def sessions(self) -> sessionmaker[Any]:
        """Real sessions of the server's own: what they commit is captured and published."""
        return self.registry["dashboard.dbsession_factory"]


@contextmanager
def running(
    database: str,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    streaming: str = STREAMING,
    **settings: Any,
) -> Iterator[Server]:
    """Serve the shop's models from ``database``; ``settings`` are those of ``dashboard.*``.

    ``port`` 0 takes one that is free. ``streaming`` is ``hub`` for the program's own server,
    ``threads`` for a plain waitress, where each stream holds a thread.
    """
    given = {
        "environment": "development",
        "models": "tests.support.shop",
        "public": True,
        "poll": 0.05,
        "max_streams": 100,
        **settings,
    }
    app = main(
        {},
        **{"sqlalchemy.url": database},
        **{f"dashboard.{name}": str(value) for name, value in given.items()},
    )
    with serving(app, host=host, port=port, streaming=streaming) as server:
        yield server


@contextmanager
def serving(
    app: Router,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    streaming: str = STREAMING,
    **options: Any,
) -> Iterator[Server]:
    """Serve an application that is the program or has it in it; ``options`` are waitress's own."""
    hub = Hub(**hub_options(app))
    hub.start()
    listen = f"{host}:{port}"
    if streaming == "hub":
        server = make_server(app, hub, listen=listen, **options)
    else:
        server = create_server(app, listen=listen, threads=110, asyncore_use_poll=True, **options)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield Server(f"http://{host}:{server.effective_port}", app.registry, hub)
    finally:
        hub.shut_down(timeout=1)
        stop(app.registry)
        server.task_dispatcher.shutdown(cancel_pending=True, timeout=2)
        # On the loop's own thread: closed from another it would go on waiting for a second.
        server.trigger.pull_trigger(partial(_close, server))
        thread.join(timeout=2)
        # Requests that were under way have opened some anew.
        app.registry["dashboard.engine"].dispose()


def _close(server: Any) -> None:
    """Close a waitress with its clients' idle connections, which would keep its loop running."""
    for channel in list(server.active_channels.values()):
        channel.handle_close()
    server.close()
