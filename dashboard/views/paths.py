"""Where everything is: the program's URLs as plain strings, with or without a request."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from dashboard.catalog.values import encode_name
from dashboard.views.static import modules, version


@dataclass(frozen=True, slots=True)
class Paths:
    """``root`` is what stands before every path: "" or the prefix that the program is mounted at,
    percent-encoded.

    A record's ``key`` is as ``encode_key`` writes it.
    """

    root: str = ""

    def home(self) -> str:
        return f"{self.root}/"

    def table(self, name: str) -> str:
        return f"{self.root}/tables/{quote(encode_name(name), safe='')}"

    def record(self, name: str, key: str) -> str:
        # A WSGI server decodes the path once, so an encoded key is encoded again like any segment.
        return f"{self.table(name)}/{quote(key, safe=',')}"

    def new(self, name: str) -> str:
        return f"{self.table(name)}/new"

    def board(self, slug: str) -> str:
        return f"{self.root}/boards/{quote(slug, safe='')}"

    def arrange(self, slug: str) -> str:
        return f"{self.board(slug)}/arrange"

    def share(self, slug: str) -> str:
        return f"{self.board(slug)}/share"

    def shared(self, token: str) -> str:
        return f"{self.root}/shared/{quote(token, safe='')}"

    def saved_views(self) -> str:
        return f"{self.root}/views"

    def saved_view(self, id_: int) -> str:
        return f"{self.saved_views()}/{id_}"

    def save_view(self, name: str) -> str:
        return f"{self.table(name)}/views"

    def choices(self, name: str) -> str:
        return f"{self.table(name)}/choices"

    def edit(self, name: str, key: str) -> str:
        return f"{self.record(name, key)}/edit"

    def delete(self, name: str, key: str) -> str:
        return f"{self.record(name, key)}/delete"

    def stream(self) -> str:
        return f"{self.root}/stream"

    def changes(self) -> str:
        return f"{self.root}/changes"

    def websocket(self) -> str:
        return f"{self.root}/ws"

    def sign_in(self) -> str:
        return f"{self.root}/sign-in"

    def sign_out(self) -> str:
        return f"{self.root}/sign-out"

    def setup(self) -> str:
        return f"{self.root}/setup"

    def account(self) -> str:
        return f"{self.root}/account"

    def doctor(self) -> str:
        return f"{self.root}/doctor"

    def static(self, path: str) -> str:
        return f"{self.root}/static/{version()}/{path}"

    def modules(self, entry: str) -> list[str]:
        """Return the addresses of a module and of all that it imports."""
        return [self.static(f"js/{name}") for name in modules(entry)]


@dataclass(frozen=True, slots=True)
class NoPaths(Paths):
    """For who may follow no link: every record's and table's address is empty."""

    def table(self, name: str) -> str:
        return ""

    def record(self, name: str, key: str) -> str:
        return ""
