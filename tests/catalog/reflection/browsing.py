"""Goes through every page of a reflected database as a person would, and edits what it can."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import urlencode

from webob import Request
from webtest import TestApp, TestResponse

from dashboard import main
from dashboard.catalog import Column, Table
from dashboard.forms.names import field_name
from dashboard.models.passwords import hash_password
from dashboard.models.people import User
from dashboard.queries.names import parameter, written
from dashboard.queries.operators import OPERATORS, operators_for
from dashboard.views.paths import Paths

PASSWORD = "a long enough password"
ROW = re.compile(r'<tr role="row" data-key="([^"]*)">(.*?)</tr>', re.DOTALL)
RECORD = re.compile(r'href="(/tables/[^"?]+/[^"?]+)"')
NEXT = re.compile(r'rel="next" href="([^"]+)"')
TOTAL = re.compile(r'data-target="total">([\d,]+)<')
VIEW = re.compile(r'data-view="([^"]+)"')
MOST_PAGES = 30


class Browsing:
    """An admin at a site over the database at ``url``. ``edits`` counts what was saved."""

    def __init__(self, url: str, **settings: str) -> None:
        given = {"environment": "development", "reflect": "*", **settings}
        self.app = main(
            {"__file__": ""},
            **{"sqlalchemy.url": url},
            **{f"dashboard.{key}": text for key, text in given.items()},
        )
        self.registry = self.app.registry
        self.catalog = self.registry["dashboard.catalog"]
        self.edits = 0
        self.problems: list[str] = []
        self._noticing = Noticing(self.problems)
        logging.getLogger().addHandler(self._noticing)
        with self.registry["dashboard.dbsession_factory"].begin() as session:
            secret = hash_password(PASSWORD)
            session.add(User(name="ada", role="admin", password_hash=secret))
        self.browser = TestApp(self.app, extra_environ={"REMOTE_ADDR": "192.0.2.1"}, lint=False)
        form = form_of(self.browser.get("/sign-in"), "password")
        form["name"], form["password"] = "ada", PASSWORD
        form.submit(status=303)

    def close(self) -> None:
        logging.getLogger().removeHandler(self._noticing)
        for name in ("broadcaster", "mover", "retention"):
            self.registry[f"dashboard.{name}"].stop()
        self.registry["dashboard.engine"].dispose()

    @property
    def tables(self) -> list[Table]:
        return [each for each in self.catalog if not each.sql.name.startswith("dashboard_")]

    def get(self, url: str, *allowed: int) -> TestResponse:
        response = self.browser.get(url, expect_errors=True)
        assert response.status_int in (allowed or (200,)), self._told(url, response)
        return response

    @staticmethod
    def _told(url: str, response: TestResponse) -> str:
        text = re.sub(r"<[^>]+>|\s+", " ", response.text.partition("<main")[2])
        return f"{response.status} for {url!r}: {text[:600]}"

    def everything(self, *names: str) -> list[str]:
        """Go everywhere, or to the tables with these names, and return what broke on the way."""
        self.attempt(self.home)
        tables = [each for each in self.tables if not names or each.name in names]
        for table in tables:
            self.attempt(self.table, table)
        for table in tables:
            if table.mapped_class is not None:
                self.attempt(self.add, table)
        for table in tables:
            for href in self.attempt(self.records, table) or ():
                self.attempt(self.record, table, href)
        return self.problems

    def attempt(self, step: Any, *args: Any) -> Any:
        try:
            return step(*args)
        except Exception as error:
            self.problems.append(f"{step.__name__}: {type(error).__name__}: {error}"[:1000])
            return None

    def home(self) -> None:
        """Open the pages that are of several tables."""
        for each in set(re.findall(r'href="(/boards/[^"?]+)"', self.get("/").text)):
            self.follow(self.get(unescape(each), 200, 404))
        self.listen("/changes")

    def table(self, table: Table) -> None:
        url = Paths().table(table.name)
        page = self.get(url, 200, 400)
        if page.status_int == 400:
            assert "The database can't answer this" in page.text and table.computed
            return
        self.follow(page)
        self.listen(f"/changes?{urlencode({'table': table.name})}")
        total = int(TOTAL.search(page.text)[1].replace(",", ""))
        one = len(self.rows(f"{url}?_size=1"))
        assert one == total, f"{url} has {one} rows of {total}"
        for column in table.public_columns:
            self.queries(table, column, page)
        self.get(f"{url}?{urlencode({'_search': 'a'})}")

    def rows(self, url: str) -> list[str]:
        """Return the rows of all pages from ``url`` on."""
        found: list[str] = []
        for _ in range(MOST_PAGES):
            page = self.get(url)
            found += [row for _, row in ROW.findall(page.text)]
            following = NEXT.search(page.text)
            if following is None:
                break
            url = unescape(following[1])
        return found

    def queries(self, table: Table, column: Column, page: TestResponse) -> None:
        url, name = Paths().table(table.name), written(column.name)
        asked = {op.name: parameter(name, op.name, taken=True) for op in OPERATORS.values()}
        total = len(ROW.findall(page.text))
        empty = self.count(f"{url}?{urlencode({asked['isnull']: '1'})}")
        full = self.count(f"{url}?{urlencode({asked['notnull']: '1'})}")
        assert empty + full == total, f"{url} {name}: {empty} + {full} is not {total}"
        for sort in ("_sort", "_sort_desc"):
            sorted_ = self.get(f"{url}?{urlencode({sort: name})}", 200, 400)
            if sorted_.status_int == 200:
                some = f"{url}?{urlencode({sort: name, '_size': '1'})}"
                assert len(self.rows(some)) == total, f"{some} loses rows"
        for query in (
            {"_col": name},
            {"_by": name},
            {"_by": f"{name}:month"},
            {"_agg": f"count:{name}"},
            {"_agg": f"min:{name}"},
            {"_agg": f"sum:{name}"},
            *(
                {asked[op.name]: SAMPLES.get(column.kind, "a")}
                for op in operators_for(column)
                if op.takes_value
            ),
            {name: "x'"},
            {"_filter_column": name, "_filter_op": "exact", "_filter_value": "x"},
        ):
            answer = self.get(f"{url}?{urlencode(query)}", 200, 303, 400, 422)
            if answer.status_int == 303:
                self.get(answer.location, 200, 400)
            if "_by" in query and answer.status_int == 200:
                self.groups(answer, total)

    def groups(self, page: TestResponse, total: int) -> None:
        """Check that each group leads to as many rows as it says."""
        counted = 0
        for _, row in ROW.findall(page.text):
            said = int(re.findall(r">([\d,]+)<", row)[-1].replace(",", ""))
            counted += said
            href = re.search(r'href="([^"]+)"', row)
            if href is not None:
                there = unescape(href[1])
                assert self.count(there) == said, f"{there} has not {said} rows"
        assert counted == total

    def count(self, url: str) -> int:
        page = self.get(url)
        return int(TOTAL.search(page.text)[1].replace(",", ""))

    def follow(self, page: TestResponse) -> None:
        """Open the page's stream and take what comes first."""
        assert next(self.stream(self._stream_of(page)))

    def patch(self, page: TestResponse) -> str:
        """Return the first patch that the page gets."""
        text = ""
        for chunk in self.stream(self._stream_of(page)):
            text += chunk.decode()
            if "event: patch" in text and text.endswith("\n\n"):
                return text
        raise AssertionError(f"The stream ended without a patch: {text}")

    def _stream_of(self, page: TestResponse) -> str:
        view = unescape(VIEW.search(page.text)[1])
        cursor = re.search(r'data-cursor="([^"]+)"', page.text)[1]
        return f"/stream?{urlencode({'view': view, 'since': cursor})}"

    def listen(self, url: str) -> None:
        """Open a stream and take what comes first."""
        assert next(self.stream(url))

    def stream(self, url: str) -> Iterator[bytes]:
        request = Request.blank(url, environ={"REMOTE_ADDR": "192.0.2.1"})
        request.headers["Cookie"] = "; ".join(f"{k}={v}" for k, v in self.browser.cookies.items())
        status, _, chunks = request.call_application(self.app)
        assert status.startswith("200"), f"{status} for {url!r}"
        try:
            yield from chunks
        finally:
            chunks.close()

    def records(self, table: Table) -> list[str]:
        page = self.get(Paths().table(table.name), 200, 400)
        found = []
        for _, row in ROW.findall(page.text):
            href = RECORD.search(row)
            if href is not None and href[1].startswith(Paths().table(table.name) + "/"):
                found.append(unescape(href[1]))
        if table.mapped_class is None:
            assert not found
        return list(dict.fromkeys(found))

    def record(self, table: Table, href: str) -> None:
        page = self.get(href, 200, 404)
        if page.status_int == 404:
            return  # Deleted along with another.
        self.follow(page)
        for each in set(RECORD.findall(page.text)):
            self.get(unescape(each), 200, 404)
        if 'class="button primary" href="' not in page.text:
            return
        form = form_of(self.get(f"{href}/edit"), "_version")
        answer = form.submit(expect_errors=True)
        assert answer.status_int == 303, self._told(f"{href}/edit unchanged", answer)
        for column in table.columns:
            self.change(table, href, column)
        page = self.get(f"{href}/delete", 200, 404)
        if page.status_int == 404:
            return  # A trigger took it away.
        form = form_of(page, "_version")
        answer = form.submit(expect_errors=True)
        assert answer.status_int in (303, 409), self._told(f"{href}/delete", answer)

    def change(self, table: Table, href: str, column: Column) -> None:
        page = self.get(f"{href}/edit", 200, 404)
        if page.status_int == 404:
            return
        form = form_of(page, "_version")
        field = field_name(column)
        if field not in form.fields:
            return
        text = SAMPLES.get(column.kind, "x")
        if column.choices:
            text = column.choices[0].value
        form[field].force_value(text)
        answer = form.submit(expect_errors=True)
        assert answer.status_int in (303, 422), self._told(f"{href}/edit {column.name}", answer)
        self.edits += answer.status_int == 303

    def add(self, table: Table) -> None:
        url = Paths().new(table.name)
        page = self.get(url, 200, 403)
        if page.status_int == 403:
            return
        form = form_of(page, "_version")
        answer = form.submit(expect_errors=True)
        assert answer.status_int in (303, 422), self._told(f"{url} empty", answer)
        form = form_of(self.get(url), "_version")
        for column in table.columns:
            name = field_name(column)
            if name in form.fields and not column.has_default and not column.reference:
                text = column.choices[0].value if column.choices else SAMPLES.get(column.kind, "x")
                form[name].force_value(text)
        answer = form.submit(expect_errors=True)
        assert answer.status_int in (303, 422), self._told(url, answer)
        self.edits += answer.status_int == 303
        for column in table.references:
            query = urlencode({"column": column.name, "q": "a"})
            self.get(f"{Paths().choices(table.name)}?{query}")


SAMPLES = {
    "integer": "3",
    "number": "2.5",
    "boolean": "true",
    "date": "2020-02-29",
    "datetime": "2020-02-29T12:30:00",
    "time": "12:30",
    "interval": "1:30:00",
    "uuid": "12345678-1234-5678-1234-567812345678",
    "json": '{"b": [1, null]}',
    "text": "y<b>",
    "longtext": "y\nz",
}


class Noticing(logging.Handler):
    """Takes what goes wrong without anybody being told but the log."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._problems = problems

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.ERROR or record.exc_info:
            error = record.exc_info[1] if record.exc_info else None
            self._problems.append(f"logged: {record.getMessage()} {error!r}"[:1500])


def form_of(page: TestResponse, field: str) -> Any:
    return next(form for form in page.forms.values() if field in form.fields)
