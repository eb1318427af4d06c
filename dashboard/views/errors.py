"""What people and programs are told when a request can't be answered."""

from __future__ import annotations

import logging
import re
import secrets
import sqlite3

from pyramid.exceptions import BadCSRFOrigin, BadCSRFToken, PredicateMismatch
from pyramid.httpexceptions import (
    HTTPBadRequest,
    HTTPError,
    HTTPForbidden,
    HTTPNotFound,
    HTTPSeeOther,
)
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import exception_view_config, forbidden_view_config, notfound_view_config
from pyramid_retry import is_error_retryable, mark_error_retryable
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from dashboard.catalog import Table
from dashboard.models.engine import is_away, is_contention, is_in_doubt, is_timeout
from dashboard.queries import QueryError
from dashboard.queries.live import TooSlow
from dashboard.views.problems import Problem, answer, wants_json
from dashboard.views.ways_on import allowed_methods, signing_in

log = logging.getLogger(__name__)

RETRY_AFTER = "2"
AWAY = "The database can't be reached or is busy. Nothing was changed; try again in a moment."
IN_DOUBT = (
    "The database went away while this was being saved. Look whether it was saved before you "
    "try again."
)
_BY_DATA = re.compile(r"malformed JSON|bad JSON path|no such (function|collation sequence): ")
"""What SQLite says where a view runs into its data, or needs what only its own program has."""

_NOT_POPULATED = "55000"
"""The SQLSTATE of a materialized view that was never refreshed."""

UNAVAILABLE_CODES = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_CANTOPEN)


class BadInput(HTTPBadRequest):
    """Raise it for a parameter that makes no sense; ``text`` is a sentence for a person."""

    def __init__(self, parameter: str, text: str) -> None:
        super().__init__(text)
        self.parameter = parameter


@forbidden_view_config()
def forbidden(error: HTTPForbidden, request: Request) -> Response:
    """Send a person who isn't signed in to do so; tell everybody else no."""
    anonymous = request.identity is None
    if wants_json(request) and anonymous:
        challenge = {"WWW-Authenticate": 'Cookie realm="dashboard"'}
        return answer(request, Problem(401, "Sign in first.", headers=challenge))
    if anonymous and request.method in ("GET", "HEAD"):
        return HTTPSeeOther(signing_in(request, request.path_qs))
    if anonymous:
        return answer(request, Problem(403, "Nothing was changed. Sign in and try again."))
    # A refusal by permission explains itself in terms of the code; one of ours in a sentence.
    text = None if getattr(error, "result", None) is not None else error.detail
    return answer(request, Problem(403, text or "Your role doesn't allow this."))


@notfound_view_config()
def not_found(error: HTTPNotFound, request: Request) -> Response:
    allowed = allowed_methods(request)
    if isinstance(error, PredicateMismatch) and allowed and request.method not in allowed:
        text = f"This address doesn't take {request.method[:20]}, only {', '.join(allowed)}."
        return answer(request, Problem(405, text, headers={"Allow": ", ".join(allowed)}))
    ours = error.detail and error.detail != request.path_info
    text = "There is no page at this address."
    if ours and not isinstance(error, PredicateMismatch):
        text = error.detail
    return answer(request, Problem(404, text))


@exception_view_config(BadCSRFOrigin)
@exception_view_config(BadCSRFToken)
def forged(error: HTTPBadRequest, request: Request) -> Response:
    log.warning("Refused a %s as forged: %s", request.method, error)
    return answer(request, Problem(403, _why_forged(error, request)))


@exception_view_config(HTTPError)
def http_error(error: HTTPError, request: Request) -> Response:
    """Answer any other 4xx or 5xx that a view raised, keeping the headers that matter."""
    headers = {
        name: error.headers[name]
        for name in ("Allow", "Retry-After", "WWW-Authenticate")
        if name in error.headers
    }
    parameter = getattr(error, "parameter", None)
    more = {"parameter": parameter} if parameter else {}
    text = error.detail or error.explanation
    return answer(request, Problem(error.code, text, more, headers))


@exception_view_config(UnicodeDecodeError)
def undecodable(error: UnicodeDecodeError, request: Request) -> Response:
    """A URL or a form that isn't UTF-8; Pyramid and WebOb raise it when they first look."""
    return answer(request, Problem(400, "The address or the form has bytes that aren't UTF-8."))


@exception_view_config(OperationalError)
@exception_view_config(PoolTimeout)
def database_error(error: Exception, request: Request) -> Response:
    if is_timeout(error):
        return too_slow(error, request)
    if isinstance(error, DBAPIError) and is_by_data(error):
        return unanswerable(error, request)
    if not is_unavailable(error):
        return database_refused(error, request)
    if is_contention(error):
        # pyramid_tm doesn't look at an error whose answer vetoes the commit.
        mark_error_retryable(error)
    if is_error_retryable(request, error):
        return Response(status_int=503)  # The request is made again, and this one isn't sent.
    log.warning("The database is not available: %s", error)
    _assume_nobody(request)
    text = IN_DOUBT if is_in_doubt(error) else AWAY
    headers = {"Retry-After": RETRY_AFTER}
    if request.method == "GET":
        headers["Refresh"] = RETRY_AFTER  # A browser looks again by itself.
    return answer(request, Problem(503, text, headers=headers))


@exception_view_config(TooSlow)
def too_slow(error: Exception, request: Request) -> Response:
    """The database was stopped at a question, or would be: another one may be quicker."""
    log.warning("%s %r takes too long.", request.method, request.environ.get("PATH_INFO"))
    seconds = request.registry["dashboard.settings"].statement_timeout
    text = (
        f"The database took longer than {seconds:g} seconds for this, and was stopped. "
        "Ask for less: add a filter, or sort otherwise."
    )
    return answer(request, Problem(503, text))


@exception_view_config(QueryError)
def bad_query(error: QueryError, request: Request) -> Response:
    """A query that turned out to have no answer only when the database was asked."""
    return answer(request, Problem(400, str(error), {"parameter": error.parameter}))


@exception_view_config(DBAPIError)
def database_refused(error: Exception, request: Request) -> Response:
    """A view may fail at what it calls; any other table fails by our fault."""
    context = getattr(request, "context", None)
    computed = isinstance(context, Table) and _is_computed(context, request)
    if computed and isinstance(error, DBAPIError) and request.method == "GET":
        return unanswerable(error, request)
    return unexpected(error, request)


def _is_computed(table: Table, request: Request) -> bool:
    """Tell whether the table is computed, or one that is read for its pages as well."""
    catalog = request.registry["dashboard.catalog"]
    referred = [each.reference.table for each in table.references if each.reference]
    beside = [catalog[name] for name in referred] + [one for one, _ in catalog.referring_to(table)]
    return any(each.computed for each in (table, *beside))


@exception_view_config(DataError)
def unanswerable(error: DBAPIError, request: Request) -> Response:
    """What the database can't compute of the data: a view that divides by zero, for one."""
    log.warning("%s %r: %s", request.method, request.environ.get("PATH_INFO"), error.orig)
    reason = str(error.orig).strip().partition("\n")[0]
    return answer(request, Problem(400, f"The database can't answer this: {reason}."))


@exception_view_config(IntegrityError)
def refused(error: IntegrityError, request: Request) -> Response:
    """What the database refused as late as at the commit, by a constraint of somebody else's."""
    log.warning("%s %r: %s", request.method, request.environ.get("PATH_INFO"), error.orig)
    request.session.pop_flash()  # What it says didn't come to be.
    reason = str(error.orig).strip().partition("\n")[0]
    return answer(request, Problem(422, f"The database refused this: {reason}."))


@exception_view_config(Exception)
def unexpected(error: Exception, request: Request) -> Response:
    incident = secrets.token_hex(4)
    log.error(
        "Incident %s: %s %r failed.",
        incident,
        request.method,
        request.environ.get("PATH_INFO"),
        exc_info=error,
    )
    text = f"It is our fault, not yours. If you report it, say it is incident {incident}."
    return answer(request, Problem(500, text, {"incident": incident}))


def is_unavailable(error: Exception) -> bool:
    """Tell a database that is locked or away, which passes, from a statement that is wrong."""
    if not isinstance(error, OperationalError):
        return isinstance(error, PoolTimeout)
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:  # SQLite calls every error operational.
        return code & 0xFF in UNAVAILABLE_CODES
    # PostgreSQL also those of files, of foreign servers, of views that aren't filled yet.
    state = getattr(error.orig, "sqlstate", None)
    if state is None:
        return True
    return is_away(error) or is_contention(error) or state.startswith(("53", "55P03", "57"))


def is_by_data(error: DBAPIError) -> bool:
    """Tell whether the database was stopped by what is in it, though it's called operational."""
    if getattr(error.orig, "sqlstate", None) == _NOT_POPULATED:
        return True
    return _BY_DATA.match(str(error.orig)) is not None


def _why_forged(error: HTTPBadRequest, request: Request) -> str:
    production = not request.registry["dashboard.settings"].development
    if production and request.scheme == "http":
        return (
            "Nothing was changed. Browsers send this site's cookie over https only: open it by "
            "https, and behind a proxy set waitress's trusted_proxy."
        )
    if isinstance(error, BadCSRFOrigin):
        return "Nothing was changed: the form was sent from another site."
    return "Nothing was changed: the form was too old. Go back, reload the page and send it again."


def _assume_nobody(request: Request) -> None:
    policy = request.registry.get("dashboard.security")
    if policy is not None:
        policy.assume_nobody(request)
