"""People of a test's site, signed in over HTTP as their browsers would be."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import argon2
import httpx

from dashboard.models.passwords import hash_password
from dashboard.models.people import User
from tests.support.server import Server

PASSWORD = "a long enough password"
CHEAP = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""What the tests hash passwords with."""


def add(server: Server, name: str, role: str) -> int:
    """Add a person and return the id."""
    with server.sessions.begin() as session:
        user = User(name=name, role=role, password_hash=hash_password(PASSWORD))
        session.add(user)
        session.flush()
        return user.id


def token(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def sign_in(server: Server, name: str) -> httpx.Client:
    """Return a client that is signed in as ``name``; it keeps no idle connections."""
    client = httpx.Client(
        base_url=server.url,
        headers={"Origin": server.url},
        timeout=20,
        limits=httpx.Limits(max_keepalive_connections=0),
    )
    page = client.get("/sign-in").text
    form = {"csrf_token": token(page), "name": name, "password": PASSWORD}
    assert client.post("/sign-in", data=form).status_code == 303
    return client


def sign_out(client: httpx.Client) -> None:
    page = client.get("/").text
    assert client.post("/sign-out", data={"csrf_token": token(page)}).status_code == 303


def cookies(client: httpx.Client) -> dict[str, str]:
    """Return the headers by which another connection is the same browser's."""
    assert urlsplit(str(client.base_url)).hostname
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in client.cookies.items())}
