"""A PostgreSQL server of a test's own, which can be killed and started again.

``python -m tests.support.cluster COMMAND`` runs a command, such as all the tests, with the address
of one in its environment. It makes and drops databases in a tenth of the time that a server takes
which is ready for a power cut.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.absent import absent

ADDRESSES = ("POSTGRESQL", "DASHBOARD_TEST_POSTGRESQL")
CARELESS = {"fsync": "off", "full_page_writes": "off"}
"""What is committed outlives the server's process, as it has to, but not the machine."""


def programs() -> Path | None:
    """Return the folder of PostgreSQL's server, or None where there isn't one."""
    path = shutil.which("initdb")
    if path is not None:
        return Path(path).parent
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda each: each.parent.name)
    return found[-1] if found else None


def _programs() -> Path:
    found = programs()
    if found is None:
        absent("There is no initdb: install PostgreSQL's server.")
    return found


class Cluster:
    """``with Cluster() as cluster``; ``kill`` ends it at once, ``start`` starts it again.

    ``settings`` are PostgreSQL's own.
    """

    def __init__(self, **settings: object) -> None:
        given = {**CARELESS, **settings}
        self._settings = "".join(f" -c {name}={value}" for name, value in given.items())
        self._programs = _programs()
        # PostgreSQL refuses to run as root.
        self._as = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        self._folder = Path(tempfile.mkdtemp(prefix="dashboard-postgresql-", dir="/tmp"))
        if self._as:
            shutil.chown(self._folder, "postgres")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self.url = f"postgresql://postgres@127.0.0.1:{self._port}/postgres"

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._as, str(self._programs / program), "-D", str(self._folder / "data")]
        with (self._folder / "output").open("ab") as output:
            subprocess.run(
                [*command, *arguments],
                check=True, cwd="/", stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                timeout=60,
            )  # fmt: skip

    def start(self) -> None:
        options = f"-p {self._port} -k {self._folder} -c listen_addresses=127.0.0.1"
        options += self._settings
        log = str(self._folder / "log")
        self._run("pg_ctl", "-w", "-t", "30", "-l", log, "-o", options, "start")

    def kill(self) -> None:
        """End it without any goodbye; it recovers by its own log at the next start."""
        self._run("pg_ctl", "-w", "-m", "immediate", "stop")

    def stop(self) -> None:
        """Let it end every connection properly."""
        self._run("pg_ctl", "-w", "-m", "fast", "stop")

    def __enter__(self) -> Cluster:
        self._run("initdb", "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8")
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)


def main(command: list[str]) -> int:
    """Run a command; where it has been told of a server, or can't have one, as it is."""
    if programs() is None or any(os.environ.get(name) for name in ADDRESSES):
        return subprocess.run(command, check=False).returncode
    with Cluster(max_connections=300) as cluster:
        env = {**os.environ, **dict.fromkeys(ADDRESSES, cluster.url)}
        return subprocess.run(command, check=False, env=env).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
