"""The end of an application that a test has made: none of its threads outlives the test."""

from __future__ import annotations

from pyramid.registry import Registry


def stop(registry: Registry) -> None:
    """Stop all that an application runs beside its requests, and close its connections."""
    if "dashboard.edge" in registry:
        registry["dashboard.edge"].close()
    for name in ("mover", "retention", "broadcaster"):
        registry[f"dashboard.{name}"].stop()
    registry["dashboard.presence"].close()
    registry["dashboard.backplane"].close()
    registry["dashboard.engine"].dispose()
