"""How far the clients have come, in memory that client and server share.

A server that publishes flat out stays at most some events ahead of the clients, so that what is
measured is a steady flow and not how much the kernel's buffers hold.
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path

COUNT = struct.Struct("<q")


class Window:
    """Clients put how many events they have received in all; publishers look."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(bytes(mmap.PAGESIZE))
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), mmap.PAGESIZE)

    def put(self, received: int) -> None:
        COUNT.pack_into(self._memory, 0, received)

    def get(self) -> int:
        return int(COUNT.unpack_from(self._memory, 0)[0])
