"""The machine: what it is, and which core is whose."""

from __future__ import annotations

import os
import platform
import re
import resource
from importlib import metadata
from pathlib import Path

SERVER_CORE = 0
CLIENT_CORE = 1
PACKAGES = ("waitress", "uvloop", "uvicorn", "sse-starlette", "SQLAlchemy", "pyramid")


def pin(core: int) -> None:
    """Keep this process on one core, where there are several.

    Whoever started it may be on one already, and has handed that down.
    """
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) > 1:
        os.sched_setaffinity(0, {cores[core % len(cores)]})


def raise_file_limit() -> int:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def describe() -> str:
    model = _find(Path("/proc/cpuinfo"), r"model name\s*: (.*)") or platform.processor()
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}; {packages}; load at the start {load}. "
        f"Server on core {SERVER_CORE}, client on core {CLIENT_CORE}, 127.0.0.1."
    )


def version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "absent"


def memory(pid: int, field: str = "VmRSS") -> int:
    """Return a process's resident bytes, or with VmHWM the most that they have been."""
    return int(_find(Path(f"/proc/{pid}/status"), rf"{field}:\s+(\d+)") or 0) * 1024


def forget_peak(pid: int) -> None:
    """Let VmHWM start anew."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def cpu_seconds(pid: int) -> float:
    """Return the processor time that a process has taken so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _find(path: Path, pattern: str) -> str | None:
    found = re.search(pattern, path.read_text()) if path.exists() else None
    return found[1] if found else None
