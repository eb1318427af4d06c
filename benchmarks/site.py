"""A browser's part in it: pages, signing in, and the edit form, over one kept connection."""

from __future__ import annotations

import html
import http.client
import re
import time
from urllib.parse import urlencode

from benchmarks.models import PASSWORD

INPUT = re.compile(rb'<input[^>]*\bname="([^"]+)"[^>]*>')
VALUE = re.compile(rb'\bvalue="([^"]*)"')
FORM = re.compile(rb'<form[^>]*method="post".*?</form>', re.DOTALL)


class Site:
    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._cookies: dict[str, str] = {}

    def get(self, path: str) -> bytes:
        self.send("GET", path)
        return self.read()

    def time(self, path: str) -> float:
        """Return the milliseconds that a page takes."""
        began = time.monotonic_ns()
        self.get(path)
        return (time.monotonic_ns() - began) / 1e6

    def send(self, method: str, path: str, fields: dict[str, str] | None = None) -> None:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        body = None
        if fields is not None:
            body = urlencode(fields)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request(method, path, body, headers)

    def read(self) -> bytes:
        response = self._connection.getresponse()
        body = response.read()
        for cookie in response.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        if response.status >= 400:
            raise RuntimeError(f"{response.status}: {body[:500]!r}")
        return body

    def form(self, path: str, field: str) -> dict[str, str]:
        """Return the fields of the page's form that has ``field``."""
        for form in FORM.findall(self.get(path)):
            fields = dict(map(_name_and_value, INPUT.finditer(form)))
            if field in fields:
                return fields
        raise RuntimeError(f"{path} has no form with {field}.")

    def sign_in(self, name: str = "editor") -> None:
        fields = self.form("/sign-in", "password")
        self.send("POST", "/sign-in", {**fields, "name": name, "password": PASSWORD})
        self.read()

    def close(self) -> None:
        self._connection.close()


def _name_and_value(tag: re.Match[bytes]) -> tuple[str, str]:
    value = VALUE.search(tag[0])
    return tag[1].decode(), html.unescape(value[1].decode()) if value else ""
