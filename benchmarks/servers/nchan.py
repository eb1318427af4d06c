"""nchan in nginx, with one worker; events are published to it by HTTP, as nchan has it.

It runs where there is an nginx and its nchan module: Debian's libnginx-mod-nchan, or the file that
the environment variable NCHAN_MODULE names.
"""

from __future__ import annotations

import argparse
import ctypes
import http.client
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.events import data
from benchmarks.servers.control import Commands, obey_in_thread, say
from benchmarks.servers.pace import Pace
from benchmarks.window import Window

MODULE = os.environ.get("NCHAN_MODULE", "/usr/lib/nginx/modules/ngx_nchan_module.so")
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG
CONFIGURATION = """
load_module {module};
daemon off;
worker_processes 1;
worker_rlimit_nofile {files};
pid {folder}/nginx.pid;
error_log stderr error;
events {{ worker_connections {connections}; }}
http {{
  access_log off;
  tcp_nodelay on;
  keepalive_requests 1000000;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  nchan_shared_memory_size 256m;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location /changes {{
      nchan_subscriber eventsource;
      nchan_channel_id bench;
      nchan_subscriber_first_message newest;
      nchan_eventsource_ping_interval 15;
    }}
    location /publish {{
      nchan_publisher;
      nchan_channel_id bench;
      nchan_message_buffer_length 1000;
    }}
  }}
}}
"""


def available() -> bool:
    return bool(shutil.which("nginx")) and Path(MODULE).exists()


class Publisher:
    def __init__(self, port: int, received: Window) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port)
        self._received = received
        self._prepared: list[str] = []

    def prepare(self, count: int) -> dict[str, Any]:
        self._prepared = [data(number) for number in range(1, count + 1)]
        return {}

    def publish(self, streams: int, window: int = 1, gap: float = 0) -> dict[str, Any]:
        pace = Pace(self._received, streams, window, gap)
        times = []
        for published, text in enumerate(self._prepared):
            while wait := pace.wait(published):
                time.sleep(wait)
            times.append(time.monotonic_ns())
            self._connection.request("POST", "/publish", text, {"X-EventSource-Event": "change"})
            self._connection.getresponse().read()
        return {"times": times}


def start(folder: Path, port: int) -> subprocess.Popen[bytes]:
    """Start nginx; return its master process."""
    files = machine.raise_file_limit()
    path = folder / "nginx.conf"
    path.write_text(
        CONFIGURATION.format(
            module=MODULE, folder=folder, port=port, files=files, connections=files - 200
        )
    )
    libc = ctypes.CDLL(None)
    return subprocess.Popen(
        ["nginx", "-p", str(folder), "-c", str(path), "-e", "stderr"],
        preexec_fn=lambda: libc.prctl(DIE_WITH_PARENT, signal.SIGTERM),
    )


def worker_of(master: subprocess.Popen[bytes]) -> int:
    """Return the process id of the worker, once there is one."""
    children = Path(f"/proc/{master.pid}/task/{master.pid}/children")
    deadline = time.monotonic() + 10
    while not (found := children.read_text().split()):
        if master.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("nginx doesn't start; its log says why.")
        time.sleep(0.05)
    return int(found[0])


def stop(master: subprocess.Popen[bytes]) -> None:
    master.terminate()
    master.wait(timeout=5)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args()
    machine.pin(machine.SERVER_CORE)
    master = start(given.folder, given.port)
    publisher = Publisher(given.port, Window(given.folder / "received"))
    commands: Commands = {"prepare": publisher.prepare, "publish": publisher.publish}
    obey_in_thread(commands, at_end=lambda: stop(master))
    say(port=given.port, pid=worker_of(master))
    signal.pause()


if __name__ == "__main__":
    main()
