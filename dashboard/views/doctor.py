"""The doctor's page, for admins: what `dashboard doctor` says, and what this process does now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pyramid.request import Request
from pyramid.view import view_config

from dashboard.changes import log
from dashboard.operations.doctor import examine
from dashboard.operations.finding import Finding, Section
from dashboard.operations.installation import Installation
from dashboard.operations.watched import Watched
from dashboard.streaming.handover import OFFER
from dashboard.views.cells import printable
from dashboard.views.security import role_may

TONES = {"ok": "good", "notice": "warning", "problem": "critical"}
WORDS = {"ok": "Fine", "notice": "Notice", "problem": "Problem"}
MOST_VIEWS = 20
SLOW = 0.25
"""Seconds from which on reading a view is slow: what changes waits for it."""


@view_config(
    route_name="doctor",
    renderer="dashboard:templates/doctor.pt",
    request_method="GET",
    permission="admin",
)
def doctor_page(request: Request) -> dict[str, Any]:
    sections = examine(_installation(request))
    return {
        "sections": [_section(each) for each in sections],
        "numbers": [*_numbers(request)],
        "views": [*_views(request)],
    }


def _installation(request: Request) -> Installation:
    registry = request.registry
    settings, backplane = registry["dashboard.settings"], registry["dashboard.backplane"]
    return Installation(
        settings=settings,
        catalog=registry["dashboard.catalog"],
        engine=registry["dashboard.engine"],
        sees=lambda role, table: role_may(role, settings, "view", table),
        backplane=backplane.kind,
        connected=backplane.connected,
        watched=tuple(_watched(request)),
    )


def _watched(request: Request) -> Iterator[Watched]:
    for each in request.registry["dashboard.live_views"].watched:
        # Not every view is of queries: a record's page isn't.
        for query in getattr(each.view, "queries", ()):
            yield Watched(f"what is watched at {each.view.name}", query)


def _section(section: Section) -> dict[str, Any]:
    return {"title": section.title, "findings": [_finding(each) for each in section.findings]}


def _finding(finding: Finding) -> dict[str, str]:
    return {
        "tone": TONES[finding.level],
        "word": WORDS[finding.level],
        "subject": printable(finding.subject),
        "sentence": printable(finding.sentence),
        "remedy": printable(finding.remedy),
    }


def _numbers(request: Request) -> Iterator[dict[str, str]]:
    """Yield what this process does at the moment; others have pages of their own."""
    registry = request.registry
    live = registry["dashboard.live_views"]
    offer = request.environ.get(OFFER)
    limit = registry["dashboard.stream_limit"]
    metrics = None if offer is None else offer.metrics
    behind = log.head(request.dbsession).seq - registry["dashboard.broadcaster"].position.seq
    found = {
        "Streams open": limit.open if metrics is None else metrics.streams,
        "Most streams": limit.limit if offer is None else offer.limit,
        "Changes not handed out yet": max(0, behind),
        "Views watched": len(live.watched),
        "Views read since the start": live.evaluations,
    }
    if metrics is not None:
        found["Streams ended since they fell behind"] = metrics.overflows
    yield from ({"label": label, "text": f"{number:,}"} for label, number in found.items())
    if metrics is not None:
        yield {"label": "The streams' loop is late by", "text": f"{metrics.lag * 1000:.0f} ms"}


def _views(request: Request) -> Iterator[dict[str, Any]]:
    for each in request.registry["dashboard.live_views"].watched[:MOST_VIEWS]:
        yield {
            "name": printable(each.view.name),
            "watchers": f"{each.watchers:,}",
            "time": f"{each.seconds * 1000:,.0f} ms",
            "slow": each.seconds >= SLOW,
        }
