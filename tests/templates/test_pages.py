"""Every template renders with little, with much and with hostile text, which stays text."""

from __future__ import annotations

from html.parser import HTMLParser
from importlib.resources import files
from types import SimpleNamespace as Model
from typing import Any

import pytest
from chameleon import PageTemplateLoader
from wtforms import BooleanField, Form, SelectField, StringField, TextAreaField

from dashboard.views.board_view import Shell, render_shell
from dashboard.views.charts.bars import bars
from dashboard.views.charts.donut import donut
from dashboard.views.charts.plot import columns, lines
from dashboard.views.charts.series import Data, Series, Slot
from dashboard.views.charts.spark import spark
from dashboard.views.fragments import render_macro
from dashboard.views.panels.drawing import ChartState
from dashboard.views.panels.listing import Head, ListState
from dashboard.views.panels.panel_view import Nothing, Problem, render_body
from dashboard.views.panels.tiles import Moment, TileState
from dashboard.views.paths import Paths

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "${1/0} <tal:x content='1'/> &amp; ]]> --> </textarea></title>",
    "javascript:alert(1)",
    "one\r\ntwo\u2028three\u0000",
    "x" * 20_000,
]
PAGES = ["home", "table", "record", "form", "delete", "sign_in", "setup", "account", "error"]
PAGES += ["board", "share", "saved_view", "saved_views", "doctor"]
VOID = {"meta", "link", "input", "br", "img"}


class Reader(HTMLParser):
    """Collects the texts and attributes of a page, and fails on what may not be in one."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.tags: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert tag not in ("img", "style", "iframe", "base"), tag
        assert not [name for name in names if name.startswith("on") or name == "style"], attrs
        assert tag != "script" or dict(attrs)["src"] == Paths().static("js/app.js")
        assert len(names) == len(set(names)), attrs
        self.tags.append(tag)
        self.seen.extend(value for _, value in attrs if value)

    def handle_data(self, data: str) -> None:
        assert not (self.tags and self.tags[-1] == "script" and data.strip()), data
        self.seen.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self.tags.append("/script")


def cell(text: str, **other: Any) -> Model:
    plain: dict[str, Any] = {"column": "a", "label": text, "kind": "text", "text": text}
    plain |= {"href": None, "tone": None, "align": "start", "null": False, "datetime": None}
    return Model(**(plain | {"long": False, "title": None} | other))


def cells(text: str) -> list[Model]:
    return [
        cell(text),
        cell(text, href="/x", kind="reference", long=True, title=text),
        cell("", null=True),
        cell(text, tone="critical", kind="choice"),
        cell("7", tone="warning", kind="integer", align="end"),
        cell("2013-07-22 17:45", kind="datetime", datetime="2013-07-22T17:45:00"),
        cell("2013-07-22", kind="date", datetime="2013-07-22"),
    ]


def rows(text: str) -> list[Model]:
    return [Model(key=f"{n}%2C", href="/x", cells=cells(text)) for n in range(2)]


def a_form(text: str) -> Form:
    class AForm(Form):
        name = StringField(text, description=text)
        kind = SelectField(text, choices=[(text, text)])
        done = BooleanField(text)
        note = TextAreaField(text)

        visible = property(list)

    form = AForm(data={"name": text, "note": text})
    form.name.errors = [text]
    return form


def panels(text: str) -> list[str]:
    """Return a panel of every kind, with ``text`` wherever a text may be."""
    slots = (Slot(text, text), Slot("b", "b"))
    data = Data(
        slots, (Series(text, (3.0, -1.0), 1), Series("s", (None, 2.0), 2)), text, False, text
    )
    heads = (Head("a", text, "start"), Head("b", text, "end"))
    moment = Moment(text, text)
    states: list[Any] = [
        Problem(text),
        Nothing(),
        ListState(heads, Model(rows=rows(text))),  # type: ignore[arg-type]
        TileState(text, text, text, "critical", text, moment, moment, "up", spark([1, 2]), text),
        *(
            ChartState(form, data, drawn, text, ((text, text, text),))
            for form, drawn in (
                ("plot", lines(data)),
                ("plot", columns(data, True)),
                ("bars", bars(data, False)),
                ("donut", donut(data)),
            )
        ),
    ]
    shell = Shell("1", text, text, "chart", 1, 1, 6, True, "/x", "/x")
    return [render_shell(shell, render_body(state, text, text)) for state in states]


def values(text: str, many: bool) -> dict[str, Any]:
    """Everything that any page takes; lists are empty unless ``many``."""

    def some(*items: Any) -> list[Any]:
        return list(items) if many else []

    saved = {"key": "1", "name": text, "table": text, "whose": text, "href": "/x"}
    saved["edit_href"] = "/x"
    tone = Model(tone="good", text=text)
    finding = Model(tone="warning", word=text, subject=text, sentence=text, remedy=text)
    step = Model(text=text, link=text, href="/x", code=[text])
    link = Model(label=text, href="/x", count_text=text, name=text, description=text, rows=[])
    change = {"at": "2013-07-22T17:45:00", "at_text": text, "actor": text}
    fields = [Model(label=text, before=text, after=None)]
    conflict = {"label": text, "name": "name", "original": None, "theirs": text, "mine": text}
    return {
        "paths": Paths(""),
        "site": "Live Dashboard",
        "get_csrf_token": lambda: text,
        "user": Model(id=1, name=text, role="admin") if many else None,
        "account": "/x" if many else None,
        "sign_in": "/x",
        "sign_out": "/x" if many else None,
        "messages": some({"tone": "good", "text": text}),
        "nav": some({"label": text, "href": "/x", "current": True, "kind": "table"}),
        "live": {"stream": "/stream", "cursor": "e-1", "heartbeat": 15, "views": ["/"]}
        if many
        else None,
        "table": Model(name=text, label=text, description=text, href="/x", new_href="/x"),
        "groups": [Model(schema=text, target="tables", cards=some(link))],
        "many": many,
        "boards": some(link),
        "setup": some(link),
        "saved": some(saved),
        "sections": some(Model(title=text, findings=[finding])),
        "numbers": some(Model(label=text, text=text)),
        "views": some(Model(name=text, watchers=text, time=text, slow=True)),
        "greeting": Model(found=text, steps=[step]) if many else None,
        "saved_views": {"items": some(saved), "action": "/x" if many else None, "may_share": many},
        "saved_query": text,
        "may_edit": many,
        "may_share": many,
        "shared": many,
        "href": "/x",
        "wall": False,
        "rotation": Model(seconds=30, next="/x" if many else None),
        "state": Model(title=text, description=text, version="v"),
        "panels": "\n".join(panels(text)) if many else "",
        "board": Model(title=text, href="/x"),
        "links": some(
            Model(name=text, by=text, made=text, until=text, revoke="/x", state=tone),
        ),
        "lifetimes": {"30": text},
        "editing": Model(new="/x", edit="/x", share="/x", arrange="/x") if many else None,
        "usual": "30",
        "url": text if many else None,
        "view": text,
        "title": text,
        "text": text,
        "label": text,
        "columns": some(
            Model(
                name="a",
                label=text,
                kind="text",
                align="start",
                sort_href="/x",
                sorted="ascending",
                sorted_then="descending",
                sort_place=2,
            )
        ),
        "rows": rows(text) if many else [],
        "total_text": "2",
        "page": Model(first=not many, next_href="/x" if many else None, first_href="/x", size=100),
        "filters": some(
            Model(column=text, label=text, op="exact", op_label="is", value=text, remove_href="/x")
        ),
        "search": text if many else None,
        "searchable": many,
        "hidden_inputs": some((text, text)),
        "filter_columns": some(
            Model(
                name=text,
                label=text,
                choices=[Model(value=text, label=text)],
                ops=[Model(name="exact", label=text)],
            )
        ),
        "column_choices": some(Model(name=text, label=text, shown=True)),
        "group_fields": some(Model(name=text, label=text)),
        "figures": some(Model(name=text, label=text)),
        "action": "/x",
        "exists": many,
        "fields": some(Model(label=text, name="a", help=text, cell=cell(text))),
        "related": some(
            Model(**vars(link) | {"key": text, "rows": [Model(label=text, href="/x")]})
        ),
        "history": some(
            *(Model(**change, op=op, fields=fields) for op in ("insert", "update", "delete"))
        ),
        "edit_href": "/x" if many else None,
        "delete_href": None,
        "form": a_form(text),
        "version": text,
        "original": text,
        "cancel_href": "/x",
        "errors": some(Model(label=text, field_id="name", text=text)),
        "submit_label": text,
        "conflict": some(Model(**conflict, differs=True)),
        "conflict_by": text,
        "conflict_at": text,
        "blockers": some(link),
        "error": text if many else None,
        "next": text,
        "name": text,
        "role": "admin",
        "status": 404,
        "detail": text,
        "actions": some(link),
    }


@pytest.fixture(scope="module")
def templates() -> PageTemplateLoader:
    return PageTemplateLoader(str(files("dashboard") / "templates"))


@pytest.mark.parametrize("many", [False, True], ids=["little", "much"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_renders(templates: PageTemplateLoader, name: str, many: bool) -> None:
    page = Reader(templates[f"{name}.pt"](**values("Plain", many)))
    assert {"main", "h1", "title"} <= set(page.tags)


@pytest.mark.parametrize("text", HOSTILE, ids=[each[:12].encode().hex() for each in HOSTILE])
@pytest.mark.parametrize("name", PAGES)
def test_hostile_text_stays_text(templates: PageTemplateLoader, name: str, text: str) -> None:
    page = Reader(templates[f"{name}.pt"](**values(text, many=True)))
    assert any(text.replace("\r\n", "\n")[:40] in each.replace("\r\n", "\n") for each in page.seen)


def test_the_stream_renders_the_page_s_own_rows(templates: PageTemplateLoader) -> None:
    """The macro needs nothing but the row, and gives what the whole page has."""
    page = templates["table.pt"](**values("A & <b>", many=True))
    for row in rows("A & <b>"):
        html = render_macro("macros/row.pt", "row", row=row)
        assert html.startswith("<tr ")
        assert html.endswith("</tr>")
        assert html in page


def test_the_first_cell_leads_to_the_record() -> None:
    row = Model(key="1", href="/record", cells=[cell(" ", href="/other"), cell("b", href="/b")])
    html = render_macro("macros/row.pt", "row", row=row)
    assert "/other" not in html
    assert "(blank)" in html
    assert 'href="/b"' in html
