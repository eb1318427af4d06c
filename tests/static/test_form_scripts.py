"""What the page's script adds to a form: drafts, the reference picker, a conflict's buttons."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route

FORM = """<!doctype html><html lang="en"><meta charset="utf-8"><title>T</title>
<script type="module" src="/js/app.js"></script>
<body data-page="{kind}" data-user="{user}"><div data-notices></div>{conflict}
<form data-draft method="post" action="/saved">
<input type="hidden" name="csrf_token" value="s3cret">
<input type="hidden" name="_version" value="{version}">
<label for="note">Note</label><textarea id="note" name="note">old</textarea>
<label for="carrier">Airline</label><input id="carrier" name="carrier" value="AA"
 data-combobox-url="/choices?column=carrier" data-combobox-label="American">
<select id="status" name="status"><option value="a">On time</option>
<option value="b">Late</option></select>
<input type="checkbox" name="done" value="true"><input type="password" name="password">
<button>Save</button><a href="/elsewhere" data-draft-discard>Cancel</a></form></body></html>"""
CONFLICT = """<section data-conflict><table><tr>
<td><button type="button" data-take="{0}" data-value="{1}">Theirs</button></td>
<td><button type="button" data-take="{0}" data-value="{2}">Mine</button></td>
</tr></table></section>"""
RECORD = """<!doctype html><title>R</title><script type="module" src="/js/app.js"></script>
<body data-page="{kind}" data-user="ada"><div data-notices></div><p id="there">There</p></body>"""
CHOICES = [{"value": "AA", "label": "American"}, {"value": "DL", "label": "Delta <b>"}]


class Site:
    """Answers the page's requests; what it answers may be changed in between."""

    def __init__(self) -> None:
        self.form = {"kind": "form", "user": "ada", "conflict": "", "version": "v1"}
        self.saved = "record"

    def __call__(self, route: Route) -> None:
        url = urlsplit(route.request.url)
        headers = {"Content-Security-Policy": "default-src 'self'", "Content-Type": "text/html"}
        if url.path == "/form":
            route.fulfill(body=FORM.format(**self.form), headers=headers)
        elif url.path == "/saved":
            route.fulfill(body=RECORD.format(kind=self.saved), headers=headers)
        elif url.path == "/choices":
            query = parse_qs(url.query)
            assert query["column"] == ["carrier"]
            word = query.get("q", [""])[0].lower()
            found = [each for each in CHOICES if word in each["label"].lower()]
            route.fulfill(json={"choices": found})
        else:
            route.fallback()


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def form(chromium: Browser, static_url: str, site: Site) -> Iterator[Page]:
    page = chromium.new_page(base_url=static_url)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.route("**/*", site)
    show(page)
    yield page
    page.close()
    assert [each for each in errors if "favicon" not in each and "404" not in each] == []


def show(page: Page) -> None:
    page.goto("/form")
    page.wait_for_selector("[role=combobox]")


def carrier(page: Page) -> str:
    return page.locator("input[name=carrier]").input_value()


def save(page: Page) -> None:
    page.get_by_role("button", name="Save").click()
    page.wait_for_selector("#there")
    page.wait_for_timeout(200)


def test_typed_text_comes_back_with_the_version_it_began_from(form: Page, site: Site) -> None:
    form.fill("#note", "typed\nmore")
    form.check("[name=done]")
    form.fill("[name=password]", "hunter2")
    stored = form.evaluate("JSON.stringify(sessionStorage)")
    assert "hunter2" not in stored
    assert "s3cret" not in stored
    site.form["version"] = "v2"
    show(form)
    assert form.input_value("#note") == "typed\nmore"
    assert form.is_checked("[name=done]")
    assert form.input_value("[name=_version]") == "v1"
    form.get_by_role("button", name="Discard it").click()
    form.wait_for_function("() => document.querySelector('#note').value === 'old'")
    assert form.input_value("[name=_version]") == "v2"


def test_a_saved_draft_is_forgotten_and_a_failed_one_is_not(form: Page, site: Site) -> None:
    form.fill("#note", "one")
    site.saved = "error"
    save(form)
    show(form)
    assert form.input_value("#note") == "one"
    site.saved = "record"
    save(form)
    show(form)
    assert form.input_value("#note") == "old"
    assert form.locator(".notice").count() == 0


def test_cancelling_forgets(form: Page) -> None:
    form.fill("#note", "one")
    form.get_by_text("Cancel").click()
    show(form)
    assert form.input_value("#note") == "old"


def test_another_person_does_not_see_it(form: Page, site: Site) -> None:
    form.fill("#note", "one")
    site.form["user"] = "grace"
    show(form)
    assert form.input_value("#note") == "old"
    assert form.evaluate("sessionStorage.length") == 0


def test_the_picker_by_keyboard(form: Page) -> None:
    box = form.get_by_role("combobox", name="Airline")
    assert (box.input_value(), carrier(form)) == ("American", "AA")
    box.fill("delta")
    form.wait_for_selector("[role=option]")
    assert box.get_attribute("aria-expanded") == "true"
    assert form.locator("[role=option]").text_content() == "Delta <b>DL"
    form.keyboard.press("Enter")
    assert (box.input_value(), carrier(form)) == ("Delta <b>", "DL")
    assert box.get_attribute("aria-expanded") == "false"


def test_the_picker_by_pointer_and_by_typing_a_key(form: Page) -> None:
    box = form.get_by_role("combobox", name="Airline")
    box.click()
    form.get_by_role("option", name="Delta").click()
    assert carrier(form) == "DL"
    box.fill("ZZ")
    form.wait_for_selector("text=Nothing found")
    form.keyboard.press("Escape")
    assert carrier(form) == "ZZ"


@pytest.mark.parametrize(
    ("name", "theirs", "mine"), [("note", "b", "a"), ("status", "b", "a"), ("carrier", "DL", "AA")]
)
def test_taking_a_side(form: Page, site: Site, name: str, theirs: str, mine: str) -> None:
    site.form["conflict"] = CONFLICT.format(name, theirs, mine)
    show(form)
    form.wait_for_timeout(200)
    for side, value in (("Theirs", theirs), ("Mine", mine)):
        form.get_by_role("button", name=side).click()
        found = json.loads(
            form.evaluate("JSON.stringify(Object.fromEntries(new FormData(document.forms[0])))")
        )
        assert found[name] == value
        assert form.get_by_role("button", name=side).get_attribute("aria-pressed") == "true"
