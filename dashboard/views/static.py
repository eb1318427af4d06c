"""Style sheets, scripts and pictures, at addresses that change with their content."""

from __future__ import annotations

import re
from functools import cache
from hashlib import blake2b
from pathlib import Path

from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.static import static_view

FOLDER = Path(__file__).parent.parent / "static"

FOR_GOOD = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"

IMPORT = re.compile(r'^(?:import|export)\b[^"]*?"\./([\w.]+)"', re.MULTILINE)
"""A static import of a module of ours. All are in one folder."""

_serve = static_view("dashboard:static", use_subpath=True)


@cache
def version() -> str:
    """Return what stands in the address of each static file: a digest of all of them.

    One for all, and in the path, so that modules import each other by relative addresses.
    """
    digest = blake2b(digest_size=6)
    for path in sorted(FOLDER.rglob("*.*")):
        digest.update(f"{path.relative_to(FOLDER)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


@cache
def modules(entry: str) -> tuple[str, ...]:
    """Return the names of the modules that ``entry`` loads, itself first.

    A page names them all, so that the browser need not find them out one import after the other.
    """
    found = [entry]
    for name in found:
        imports = IMPORT.findall((FOLDER / "js" / name).read_text("utf-8"))
        found += [each for each in dict.fromkeys(imports) if each not in found]
    return tuple(found)


def static(context: object, request: Request) -> Response:
    """Serve a file. A page of an older version gets what there is now, and doesn't keep it."""
    response: Response = _serve(context, request)
    settings = request.registry.settings
    edited = settings["pyramid.reload_assets"] or settings["pyramid.reload_templates"]
    lasting = request.matchdict["version"] == version() and not edited
    if response.status_int < 400:
        response.headers["Cache-Control"] = FOR_GOOD if lasting else ASK_AGAIN
    return response


def includeme(config: Configurator) -> None:
    version()
    # Anybody may have them: they are the program's, and a page that refuses somebody needs them.
    config.add_view(static, route_name="static", permission=NO_PERMISSION_REQUIRED)
