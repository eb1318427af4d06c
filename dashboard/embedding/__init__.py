"""The program as a part of another Pyramid application: ``config.include("dashboard")`` in it.

It stays an application of its own, with its own registry, that gets the requests below a prefix.
So nothing that it sets up for its pages (session, security, CSRF, tweens, error pages) is the
host's, and nothing of the host's is its own.
"""

from __future__ import annotations

from pyramid.config import Configurator
from pyramid.events import ApplicationCreated
from pyramid.security import NO_PERMISSION_REQUIRED

from dashboard.embedding import directives
from dashboard.embedding.mount import Mount
from dashboard.embedding.requests import mounted, to_home

ROUTE = "dashboard:mounted"


def includeme(config: Configurator) -> None:
    prefix = (config.route_prefix or "").strip("/")
    mount = Mount(f"/{prefix}" if prefix else "")
    config.registry["dashboard.mount"] = mount
    config.include(directives)
    # What the host asks of its own views isn't asked here: the program does so by itself.
    options = {"permission": NO_PERMISSION_REQUIRED, "require_csrf": False}
    # A blank line in an address must not keep it from the program.
    config.add_route(ROUTE, r"/{dashboard_path:[\s\S]*}", factory=_no_context)
    config.add_view(mounted, route_name=ROUTE, **options)
    if prefix:
        config.add_route(f"{ROUTE}:home", "", inherit_slash=True, factory=_no_context)
        config.add_view(to_home, route_name=f"{ROUTE}:home", **options)
    # By then the host has said everything that the program has to know of it.
    config.add_subscriber(lambda event: mount.build(event.app), ApplicationCreated)


def _no_context(request: object) -> None:
    """Keep the host's own root factory from being asked."""
