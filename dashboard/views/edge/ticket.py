"""The ticket of a held feed: whose it is, signed, since the edge keeps it in place of cookies."""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pyramid.request import Request

from dashboard.streaming.edge.signature import Signature
from dashboard.views.security import Identity


@dataclass(frozen=True, slots=True)
class Ticket:
    """The client never sees it: the edge keeps our headers to itself.

    ``client`` tells feeds apart that are alike otherwise. ``since`` is where a feed begins that
    isn't held yet; of one that is, the edge says how far it has come. With ``complete`` it has had
    all there was, and is to be held. A person's ticket is over at
    ``expires``, in seconds since 1970, as a stream is after its lifetime.
    """

    tables: frozenset[str]
    identity: Identity | None
    expires: int | None
    since: str
    client: str
    complete: bool = False

    @classmethod
    def issue(cls, request: Request, tables: Iterable[str], since: str) -> Ticket:
        """Return a ticket for whoever asks, who may see ``tables``."""
        identity, expires = request.identity, None
        if identity is not None:
            lifetime = request.registry["dashboard.settings"].lifetime
            expires = int(time.time() + lifetime * random.uniform(0.9, 1.1))
        return cls(frozenset(tables), identity, expires, since, secrets.token_hex(8))

    @classmethod
    def read(cls, signature: Signature, token: str) -> Ticket:
        """Return the ticket that was signed. Raises Expired and Unsigned."""
        claims = signature.read(token)
        person = claims["person"]
        identity = Identity(*person) if person else None
        tables, expires = frozenset(claims["tables"]), claims.get("exp")
        return cls(
            tables, identity, expires, claims["since"], claims["client"], "complete" in claims
        )

    def sign(self, signature: Signature) -> str:
        who = self.identity
        claims: dict[str, Any] = {
            "tables": sorted(self.tables),
            "person": None if who is None else [who.id, who.name, who.role, who.epoch],
            "since": self.since,
            "client": self.client,
        }
        if self.complete:
            claims["complete"] = True
        if self.expires is not None:
            claims["exp"] = self.expires
        return signature.sign(claims)
