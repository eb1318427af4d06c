"""Line ends: browsers send CRLF, people mean a line end, and stored text keeps its own."""

from __future__ import annotations

import re

_LINE_END = re.compile("\r\n|\r|\n")


def to_lf(text: str) -> str:
    return _LINE_END.sub("\n", text)


def like_stored(text: str, stored: str) -> str:
    """Return the typed ``text`` with LF line ends, or with CRLF where ``stored`` has them."""
    return _LINE_END.sub("\r\n" if "\r\n" in stored else "\n", text)


def same_text(one: str, other: str) -> bool:
    """Compare what a browser can tell apart: not CR, LF and CRLF, nor NUL and U+FFFD."""
    return one == other or _as_browser(one) == _as_browser(other)


def _as_browser(text: str) -> str:
    return to_lf(text).replace("\0", "\ufffd")
