"""The pill "12 new": rows that came above what is read, until they have been in sight."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.static.test_patch import apply, fill, put, row_html

PILL = ".pill-new button"
PANEL = """<section data-view="/tables/t"><div class="scroll"><table class="rows"><thead><tr><th>A
</th><th>B</th></tr></thead><tbody data-target="rows"></tbody></table></div></section>"""
SCROLLS = ".scroll { height: 300px; overflow-y: auto; } body { width: auto; }"
KEY_AT = """() => { const head = document.querySelector("thead th").getBoundingClientRect();
    return document.elementFromPoint(100, head.bottom + 5).closest("tr").dataset.key; }"""


def new(*names: str) -> list[dict[str, Any]]:
    return [put(name, name, None) for name in names]


@pytest.fixture(params=["page", "panel"])
def table(page: Page, request: pytest.FixtureRequest) -> Page:
    """A long table, which the page scrolls, or which scrolls in a box of its own."""
    if request.param == "panel":
        page.evaluate("html => { document.body.innerHTML = html; }", PANEL)
        page.add_style_tag(content=SCROLLS)
    page.evaluate("async () => { window.views = await import('/js/view.js'); }")
    fill(page, 100)
    return page


def scroll(page: Page, top: int) -> None:
    page.evaluate(
        """top => window.views.scrollerOf(document.querySelector("tbody")).scrollTo(0, top)""", top
    )
    page.wait_for_timeout(50)


def test_counts_what_came_above(table: Page) -> None:
    pill = table.locator(PILL)
    apply(table, new("a"))
    assert pill.count() == 0
    scroll(table, 1000)
    read = table.evaluate(KEY_AT)
    apply(table, new("b", "c"))
    apply(table, [put("d", "below", "k99"), put("k50", "moved up", None)])
    expect(pill).to_contain_text("2 new")
    assert table.evaluate(KEY_AT) == read
    apply(table, [{"op": "remove", "key": "b"}])
    expect(pill).to_contain_text("1 new")


def test_leads_to_the_top(table: Page) -> None:
    pill = table.locator(PILL)
    scroll(table, 1000)
    apply(table, new("a", "b"))
    pill.focus()
    table.keyboard.press("Enter")
    expect(pill).to_be_hidden()
    assert table.evaluate(KEY_AT) == "b"
    scrolled = "views.scrollerOf(document.querySelector('tbody')).scrollTop"
    assert table.evaluate(scrolled) == 0
    assert table.evaluate("document.activeElement.closest('tr').dataset.key") == "b"


def test_home_and_scrolling_clear_it(table: Page) -> None:
    pill = table.locator(PILL)
    scroll(table, 1000)
    apply(table, new("a", "b"))
    expect(pill).to_contain_text("2 new")
    table.locator("tr[data-key=k40] a").focus()
    table.keyboard.press("Home")
    expect(pill).to_be_hidden()
    scroll(table, 1000)
    apply(table, new("c"))
    expect(pill).to_contain_text("1 new")


def test_a_list_that_is_rendered_anew_has_no_old_pill(table: Page) -> None:
    scroll(table, 1000)
    apply(table, new("a"))
    table.evaluate("() => document.querySelector('table').remove()")
    table.evaluate("() => dispatchEvent(new Event('resize'))")
    expect(table.locator(PILL)).to_be_hidden()


def test_the_pill_is_not_a_part_of_what_is_compared(page: Page) -> None:
    html = "<table><tbody data-target=rows>{}</tbody></table>".format(row_html("a", "a"))
    page.evaluate(
        """async () => { window.lib = await import('/js/morph.js');
             document.body.innerHTML = "<div id=box></div>"; }"""
    )
    morph = "html => lib.morph(document.querySelector('#box'), lib.parse(html))"
    page.evaluate(morph, html)
    page.evaluate(
        """() => { const box = document.querySelector("#box"); const pill = new Image();
             pill.dataset.ours = ""; box.prepend(pill); window.row = box.querySelector("tr"); }"""
    )
    assert not page.evaluate(morph, html)
    assert page.evaluate("row.isConnected && document.querySelector('#box img') !== null")
