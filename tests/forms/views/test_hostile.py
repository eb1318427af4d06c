"""Strings that break things: stored and shown as the text that they are, or refused."""

from __future__ import annotations

from urllib.parse import quote

import pytest
import sqlalchemy as sa

from tests.forms.models import Sample
from tests.forms.views.conftest import form_of

PLAIN = [
    "<script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onfocus=alert(1) autofocus='",
    "javascript:alert(1)",
    "${structure: 1/0} ${request} $${x} <?python 1/0 ?>",
    "{{7*7}} %(x)s {0} %s",
    "&lt;b&gt; &amp;amp; &#0; &",
    "<!-- --> ]]> <![CDATA[",
    "data: x\n\nevent: bye\ndata: {}\n\n",
    "line\u2028separator\u2029paragraph",
    "'; DROP TABLE sample; --",
    "\u202eright to left",
    "e\u0301\u200d\ufeff\ufffe\U0001f469\u200d\U0001f680",
    "\x01\x0b\x1b[31m\x7f\x85",
    " \t leading and trailing \t ",
    "\n\nleading lines",
    "None",
    "null",
    "../../etc/passwd",
    "=cmd|' /C calc'!A0",
    "\\u0000 \\x00 \\",
    "\ufffd",
]


@pytest.fixture
def post(editor):
    """Send a body as it is, after the fields that every form has."""
    head = form_of(editor.get("/tables/sample/new"))["csrf_token"].value

    def post(body, path="/tables/sample/new", kind="application/x-www-form-urlencoded"):
        body = f"csrf_token={head}&".encode() + body
        return editor.post(path, body, content_type=kind, status="*")

    return post


def stored(site):
    return site.all(sa.select(Sample.__table__).order_by(Sample.id.desc()).limit(1))[0]


def test_text_is_text(site, editor, post):
    for text in PLAIN:
        sent = text.replace("\n", "\r\n")
        answer = post(f"text={quote(sent, safe='')}&longtext={quote(sent, safe='')}".encode())
        assert answer.status_int == 303, text
        row = stored(site)
        assert (row["text"], row["longtext"]) == (text, text)
        page = editor.get(f"{answer.location}/edit")
        assert [each for each in page.html.find_all("script") if not each.get("src")] == []
        shown = page.html.find(id="field-longtext").text
        assert shown.removeprefix("\r\n").replace("\r\n", "\n") == text
        before = site.state()
        form_of(page).submit(status=303)
        assert site.state() == before, text


def test_a_text_that_was_refused_is_shown_as_text(site, post):
    for text in PLAIN:
        page = post(f"longtext={quote(text, safe='')}&integer={quote('x' + text)}".encode())
        assert page.status_int == 422
        shown = page.html.find(id="field-longtext").text
        assert shown.removeprefix("\r\n").replace("\r\n", "\n") == text
        assert [each for each in page.html.find_all("script") if not each.get("src")] == []


@pytest.mark.parametrize(
    "body",
    [
        b"text=%00",
        b"longtext=a%00b",
        b"text=%ED%A0%80",
        b"longtext=%ED%BF%BF",
        b"text=%FF%FE",
        b"text=\xed\xa0\x80",
        b"text=" + b"x" * 1_000_000,
        b"integer=" + b"9" * 1_000_000,
        b"number=" + b"9" * 1_000_000,
        b"number=1e1000000000",
        b"double=1" + b"0" * 400,
        b"integer=%D9%A1%00",
        b"json=" + b"%5B" * 100_000,
        b"json=" + b"9" * 1_000_000,
        b"json=%22%5Cud800%22",
        b"json=%22%5Cu0000%22",
        b"date=0000-00-00",
        b"date=99999-01-01",
        b"datetime=2013-07-22T05:17%2B99:00",
        b"instant=0001-01-01T00:00%2B12:00",
        b"uuid=%7B%7D",
        b"grade=__class__",
        b"boolean=2",
        b"text=a&id=1",
        b"bytes=x",
        b"_another=1&text=a%00",
    ],
)
def test_what_can_not_be_stored_is_refused(site, post, body):
    before = site.state()
    answer = post(body)
    assert answer.status_int in (400, 422), answer.text[:500]
    assert site.state() == before


def test_a_megabyte_is_stored(site, editor, post):
    text = "<b>\u2028é" * 200_000
    answer = post(f"longtext={quote(text)}".encode())
    assert answer.status_int == 303
    assert stored(site)["longtext"] == text
    form_of(editor.get(f"{answer.location}/edit")).submit(status=303)
    assert stored(site)["longtext"] == text


def test_control_fields_that_are_junk(site, post, ada):
    path = f"/tables/person/{ada}/edit"
    before = site.state()
    for junk in (b"%00", b"x" * 1_000_000, b"%5B" * 100_000, b"%7B%22name%22:%22%5Cud800%22%7D"):
        for name in (b"_original", b"_version"):
            answer = post(b"_version=1&" + name + b"=" + junk + b"&notes=x", path)
            assert answer.status_int == 409
    assert site.state() == before


def test_addresses_that_are_junk(editor):
    for path in (
        "/tables/sample/new?text=%ED%A0%80",
        "/tables/sample/new?text=%00&longtext=%3Cscript%3E",
        "/tables/sample/%00/edit",
        "/tables/%00/new",
        "/tables/parcel/choices?column=owner_id&q=%FF",
        "/tables/parcel/%2C%2C/delete",
        "/tables/parcel/a%2C1e5/delete",
    ):
        answer = editor.get(path, status="*")
        assert answer.status_int in (200, 400, 404), path
