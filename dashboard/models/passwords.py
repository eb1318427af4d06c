"""Passwords: hashed with Argon2id, checked in the same time whoever they are said to be of.

Source of the parameters: RFC 9106, the low-memory profile, which is argon2-cffi's default.
"""

from __future__ import annotations

import base64
import os
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

HASHER = PasswordHasher()
"""What new hashes are made with. A test may put a cheaper one here; nothing else does."""

SHORTEST = 10
LONGEST = 1000


def hash_password(text: str) -> str:
    """Return the hash to store for a password. Raises ValueError for one that is too long."""
    if len(text) > LONGEST:
        raise ValueError(f"A password may have at most {LONGEST:,} characters.")
    return HASHER.hash(_as_typed(text))


def verify_password(stored: str | None, text: str) -> bool:
    """Tell whether ``text`` is the password whose hash is ``stored``.

    Without a stored hash (no such user, or no password) the answer is no, after the same work.
    """
    try:
        return HASHER.verify(stored or _dummy(), _as_typed(text)) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def needs_rehash(stored: str) -> bool:
    """Tell whether ``stored`` was made with other parameters than those of today."""
    return HASHER.check_needs_rehash(stored)


def weakness(text: str, name: str) -> str | None:
    """Return a sentence that says why ``text`` can't be ``name``'s new password, or None."""
    if len(text) < SHORTEST:
        return f"The password needs at least {SHORTEST} characters."
    if len(text) > LONGEST:
        return f"The password may have at most {LONGEST:,} characters."
    if len(set(text)) < 5:
        return "The password repeats a few characters; choose one that is harder to guess."
    if name and text.casefold().strip() == name.casefold().strip():
        return "The password must not be the name."
    return None


def _as_typed(text: str) -> bytes:
    # Keyboards differ in how they compose an accented letter; NFKC makes it one (NIST SP 800-63B).
    # Text that is longer than a password may be is cut, so that it costs no more than any other.
    # It can't be right: one character more is left than a stored password has.
    return unicodedata.normalize("NFKC", text[: LONGEST + 1]).encode("utf-8", "surrogatepass")


def _dummy() -> str:
    """Return a hash that no password has and that costs as much to check as a new one."""
    salt, tag = os.urandom(HASHER.salt_len), os.urandom(HASHER.hash_len)
    return (
        f"$argon2id$v=19$m={HASHER.memory_cost},t={HASHER.time_cost},p={HASHER.parallelism}"
        f"${_base64(salt)}${_base64(tag)}"
    )


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii").rstrip("=")
