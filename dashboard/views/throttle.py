"""Guessing passwords is slow: refused sign-ins are counted by account and by address.

The counts are in the database, so that they hold for all processes together.
"""

from __future__ import annotations

import ipaddress
import math
from datetime import datetime, timedelta
from typing import Any

from pyramid.request import Request
from sqlalchemy import delete, select
from sqlalchemy.orm import Session, sessionmaker

from dashboard.models.engine import lock
from dashboard.models.people import SignInFailure

WINDOW = timedelta(minutes=15)
ACCOUNT_LIMIT = 10
"""Refused sign-ins in a window after which an account must wait."""

ADDRESS_LIMIT = 50
"""The same for an address, which many people of one office may share."""

LONGEST = 100


def attempt(factory: sessionmaker[Session], account: str, address: str, now: datetime) -> int:
    """Count a sign-in as refused before it is tried; return how many seconds it must wait.

    Counting first means that many attempts at once can't all slip in before one is counted.
    0 means that it may be tried; `clear` takes the count back when it succeeds.
    """
    with factory.begin() as session:
        lock(session.connection(), "sign-in")
        session.execute(delete(SignInFailure).where(SignInFailure.at <= now - WINDOW))
        wait = max(
            _wait(session, SignInFailure.account == account, ACCOUNT_LIMIT, now),
            _wait(session, SignInFailure.address == address, ADDRESS_LIMIT, now),
        )
        if not wait:
            session.add(SignInFailure(at=now, account=account, address=address))
    return wait


def clear(session: Session, account: str) -> None:
    """Forget the refused sign-ins of an account whose password was right."""
    session.execute(delete(SignInFailure).where(SignInFailure.account == account))


def account_of(name: str) -> str:
    """Return what a typed name is counted under: bounded, and storable on every database."""
    return name.replace("\0", "")[:LONGEST]


def address_of(request: Request) -> str:
    """Return what the client's address is counted under; of IPv6 the network, which one host has.

    This is the peer's address, never what a client writes into X-Forwarded-For: behind a proxy
    waitress puts the right one here when its ``trusted_proxy`` is set.
    """
    text = request.remote_addr or "unknown"
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text[:LONGEST]
    if isinstance(address, ipaddress.IPv6Address):
        network = ipaddress.IPv6Network((int(address), 64), strict=False)
        return str(address.ipv4_mapped or network)
    return str(address)


def _wait(session: Session, counted: Any, limit: int, now: datetime) -> int:
    """Return the seconds until fewer than ``limit`` failures are in the window; at least 1 or 0."""
    newest_first = select(SignInFailure.at).where(counted).order_by(SignInFailure.at.desc())
    decisive = session.scalar(newest_first.offset(limit - 1).limit(1))
    return math.ceil(max(1.0, (decisive + WINDOW - now).total_seconds())) if decisive else 0
