"""What is signed by the key that the edge and the program share: JSON Web Tokens."""

from __future__ import annotations

from typing import Any

import jwt

ALGORITHM = "HS256"
AUDIENCE = "dashboard"
"""What our own tokens are for, so that one of the edge's can't be taken for one of ours."""


class Unsigned(ValueError):
    """A token isn't one of ours."""


class Expired(ValueError):
    """A token of ours is too old."""


class Signature:
    """Tells whether a request came through the edge, and signs what the edge keeps for us."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def vouches(self, token: str | None) -> bool:
        """Tell whether the edge has signed a request: ``token`` is its Grip-Sig header."""
        if token is None:
            return False
        try:
            jwt.decode(token, self._key, algorithms=[ALGORITHM], options={"require": ["exp"]})
        except jwt.InvalidTokenError:
            return False
        return True

    def sign(self, claims: dict[str, Any]) -> str:
        """Return a token that holds ``claims``; equal claims make equal tokens."""
        return jwt.encode({**claims, "aud": AUDIENCE}, self._key, algorithm=ALGORITHM)

    def read(self, token: str) -> dict[str, Any]:
        """Return the claims of a token of ours. Raises Expired and Unsigned."""
        try:
            return dict(jwt.decode(token, self._key, algorithms=[ALGORITHM], audience=AUDIENCE))
        except jwt.ExpiredSignatureError as error:
            raise Expired("This token is too old.") from error
        except jwt.InvalidTokenError as error:
            raise Unsigned("This token isn't ours.") from error
