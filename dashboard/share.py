"""Files that come along with the program: the migrations and the example ini files."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def shared(name: str) -> Path:
    """Return the path of ``alembic``, ``development.ini`` or ``production.ini``.

    In an installed wheel they are in ``dashboard/_share``, in a checkout beside the package.
    """
    for folder in (PACKAGE / "_share", PACKAGE.parent):
        if (folder / name).exists():
            return folder / name
    raise FileNotFoundError(f"{name} did not come along with this installation of the program.")
