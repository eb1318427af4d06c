"""Headers that every answer has: what browsers must not do with our pages."""

from __future__ import annotations

from collections.abc import Callable

from pyramid.config import Configurator
from pyramid.registry import Registry
from pyramid.request import Request
from pyramid.response import Response
from pyramid.tweens import INGRESS

Handler = Callable[[Request], Response]

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: browsers would then send `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    # A page depends on who is asking.
    "Cache-Control": "no-store",
}

STRICT_TRANSPORT_SECURITY = "max-age=31536000"


def headers_tween_factory(handler: Handler, registry: Registry) -> Handler:
    """Add to every response what it doesn't say by itself."""
    # What browsers must do with a whole host is for the application to say whose the host is.
    alone = not registry.get("dashboard.mounted", False)
    strict = alone and not registry["dashboard.settings"].development

    def tween(request: Request) -> Response:
        response = handler(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if strict and request.scheme == "https":
            response.headers.setdefault("Strict-Transport-Security", STRICT_TRANSPORT_SECURITY)
        return response

    return tween


def includeme(config: Configurator) -> None:
    config.add_tween(
        "dashboard.views.headers.headers_tween_factory",
        under=INGRESS,
        over="pyramid_tm.tm_tween_factory",
    )
