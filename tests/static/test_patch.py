"""What patch.js makes of the server's ops, in a real browser and against a model in Python."""

from __future__ import annotations

import random
from typing import Any

import pytest
from playwright.sync_api import Page

Op = dict[str, Any]

APPLY = """([ops, extra]) => window.lib.applyPatch(
    document.querySelector('[data-view]'), {view: '/tables/t', ops, ...extra})"""
ROWS = """() => [...document.querySelectorAll('[data-target=rows] > tr[data-key]')].map(
    tr => [tr.dataset.key, ...[...tr.children].map(td => td.textContent)])"""
TOP = "key => document.querySelector(`tr[data-key='${key}']`).getBoundingClientRect().top"
KEYS = ["a", "b", "c", "d", "e%2C1", "f'\"]", "g\\", "<h>", "0", ""]


def row_html(key: str, text: str, link: bool = True) -> str:
    safe = key.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    first = f'<a href="#{safe}">{text}</a>' if link else text
    return (
        f'<tr role="row" data-key="{safe}"><td data-column="a">{first}</td>\n'
        f'<td data-column="b">{text[::-1]}</td></tr>'
    )


def apply(page: Page, ops: list[Op], **extra: Any) -> dict[str, int]:
    counts: dict[str, int] = page.evaluate(APPLY, [ops, extra])
    return counts


def put(key: str, text: str, place: str | None) -> Op:
    return {"op": "put", "key": key, "html": row_html(key, text), "place": place}


def whole(rows: dict[str, str]) -> Op:
    html = "\n".join(row_html(key, text) for key, text in rows.items())
    return {"op": "html", "target": "rows", "html": html}


def fill(page: Page, count: int) -> None:
    apply(page, [whole({f"k{n}": f"row {n}" for n in range(count)})])


def put_in(rows: dict[str, str], key: str, text: str, place: str | None) -> dict[str, str]:
    """Return ``rows`` with ``key`` behind ``place``: what a fresh load would show."""
    rest = [(each, value) for each, value in rows.items() if each != key]
    at = 0 if place is None else [each for each, _ in rest].index(place) + 1
    return dict([*rest[:at], (key, text), *rest[at:]])


def random_op(rng: random.Random, rows: dict[str, str]) -> tuple[Op, dict[str, str]]:
    """Return an op that a server could send for ``rows``, and what they are after it."""
    verb = rng.choice(["put"] * 6 + ["remove"] * 3 + ["html"])
    key, text = rng.choice(KEYS), f"text {rng.randrange(5)}"
    if verb == "remove":
        return {"op": "remove", "key": key}, {k: v for k, v in rows.items() if k != key}
    if verb == "html":
        keys = rng.sample(KEYS, rng.randrange(len(KEYS)))
        after = {each: f"text {rng.randrange(5)}" for each in keys}
        return whole(after), after
    place = rng.choice([None, *(each for each in rows if each != key)])
    return put(key, text, place), put_in(rows, key, text, place)


@pytest.mark.parametrize("seed", range(4))
def test_rows_are_those_of_a_fresh_load(page: Page, seed: int) -> None:
    """Fading rows included: ops follow each other faster than a row fades."""
    rng = random.Random(seed)
    rows: dict[str, str] = {}
    for _ in range(50):
        ops = []
        for _ in range(rng.randint(1, 4)):
            op, rows = random_op(rng, rows)
            ops.append(op)
        apply(page, ops)
        assert page.evaluate(ROWS) == [[key, text, text[::-1]] for key, text in rows.items()]
    page.wait_for_function("() => !document.querySelector('[data-leaving]')")
    assert page.evaluate(ROWS) == [[key, text, text[::-1]] for key, text in rows.items()]


def test_counts_and_total(page: Page) -> None:
    fill(page, 3)
    same = put("k1", "row 1", "k0")
    ops = [same, put("k0", "new", None), put("x", "x", "k2"), {"op": "remove", "key": "k1"}]
    counts = apply(page, ops, total=3, total_text="3 records")
    assert {kind for kind, count in counts.items() if count} == {"added", "changed", "removed"}
    assert set(counts.values()) == {0, 1}
    assert page.locator("[data-target=total]").text_content() == "3 records"


def test_a_place_that_is_not_on_the_page_is_the_last(page: Page) -> None:
    fill(page, 3)
    apply(page, [put("k0", "moved", "elsewhere"), put("x", "x", "elsewhere")])
    assert [row[0] for row in page.evaluate(ROWS)] == ["k1", "k2", "k0", "x"]


def test_only_what_changed_is_touched(page: Page) -> None:
    fill(page, 3)
    page.evaluate("() => { window.kept = [...document.querySelectorAll('tbody tr, tbody td')]; }")
    apply(page, [put("k1", "other", "k0"), put("k0", "row 0", None)])
    assert page.evaluate("() => window.kept.every(each => each.isConnected)")


def test_a_row_that_comes_back_while_it_fades_is_a_fresh_one(page: Page) -> None:
    fill(page, 3)
    apply(page, [{"op": "remove", "key": "k1"}, put("k1", "again", "k2")])
    leaving = page.locator("tr[data-leaving]")
    assert leaving.count() == 1
    assert leaving.get_attribute("data-key") is None
    assert [row[0] for row in page.evaluate(ROWS)] == ["k0", "k2", "k1"]
    leaving.wait_for(state="detached", timeout=2000)
    assert [row[0] for row in page.evaluate(ROWS)] == ["k0", "k2", "k1"]


def test_a_row_says_why_it_leaves(page: Page) -> None:
    fill(page, 4)
    gone = [{"op": "remove", "key": "k1", "reason": "deleted"}]
    assert apply(page, [*gone, {"op": "remove", "key": "k2", "reason": "left"}], total=2) == {
        "added": 0,
        "changed": 0,
        "deleted": 1,
        "unmatched": 1,
        "removed": 0,
    }
    # Of a longer list than the page shows, a row may have gone to another page.
    apply(page, [{"op": "remove", "key": "k3", "reason": "left"}], total=100)
    apply(page, [{"op": "remove", "key": "k0", "reason": "unmatched"}], total=99)
    reasons = page.locator("tr[data-leaving] [data-reason]")
    shown = reasons.evaluate_all("all => all.map(each => each.dataset.reason)")
    assert shown == ["No longer matches", "Deleted", "No longer matches", "Left the list"]
    assert page.locator("tr[data-leaving][aria-hidden=true]").count() == 4
    reasons.first.wait_for(state="detached", timeout=3000)


def test_what_is_read_does_not_move(page: Page) -> None:
    fill(page, 200)
    page.evaluate("scrollTo(0, 2000)")
    top = page.evaluate(TOP, "k60")
    # They come above what is in sight, one of them right above the row that is read.
    ops = [put(f"new{n}", "new", f"k{n}") for n in range(11)]
    read = page.evaluate(
        """() => { const top = each => each.getBoundingClientRect().top;
                   const edge = document.querySelector('thead th').getBoundingClientRect().bottom;
                   const rows = [...document.querySelectorAll('tr[data-key]')];
                   return rows.find(row => top(row) >= edge - 1).dataset.key; }"""
    )
    ops.append(put("new12", "new", f"k{int(read[1:]) - 1}"))
    apply(page, ops)
    assert page.evaluate(TOP, "k60") == pytest.approx(top, abs=0.6)
    apply(page, [{"op": "remove", "key": f"new{n}"} for n in range(11)])
    page.wait_for_function("() => !document.querySelector('[data-leaving]')")
    assert page.evaluate(TOP, "k60") == pytest.approx(top, abs=0.6)


def test_the_read_row_may_itself_go_or_move(page: Page) -> None:
    fill(page, 200)
    page.evaluate("scrollTo(0, 2000)")
    top = page.evaluate(TOP, "k60")
    gone = [{"op": "remove", "key": f"k{n}"} for n in range(20, 56)]
    apply(page, [*gone, put("k57", "to the top", None)])
    page.wait_for_function("() => !document.querySelector('[data-leaving]')")
    assert page.evaluate(TOP, "k60") <= top


def test_at_the_top_new_rows_come_into_view(page: Page) -> None:
    fill(page, 100)
    apply(page, [put("new", "new", None)])
    assert page.evaluate("scrollY") == 0
    assert page.locator("tr[data-key=new]").bounding_box()["y"] > 0  # type: ignore[index]


def test_focus_stays(page: Page) -> None:
    fill(page, 10)
    page.focus("tr[data-key=k5] a")
    focused = "() => document.activeElement.closest('tr')?.dataset.key"
    apply(page, [put("k5", "changed", None), put("k5", "changed", "k8")])
    assert page.evaluate(focused) == "k5"
    apply(page, [{**put("k5", "x", "k8"), "html": row_html("k5", "x", link=False)}])
    apply(page, [put("k5", "y", "k8")])
    page.focus("tr[data-key=k5] a")
    apply(page, [{"op": "remove", "key": "k5"}])
    assert page.evaluate(focused) == "k9"
    apply(page, [whole({"k9": "nine", "z": "z"})])
    assert page.evaluate(focused) == "k9"


def test_selected_text_stays_selected(page: Page) -> None:
    fill(page, 10)
    page.evaluate(
        """() => { const cell = document.querySelector('tr[data-key=k5] td:last-child');
                   getSelection().selectAllChildren(cell); }"""
    )
    apply(page, [put("k4", "changed", "k3"), put("k5", "row 5", None), put("n", "n", "k5")])
    assert page.evaluate("getSelection().toString().trim()") == "5 wor"


def test_a_changed_cell_flashes_and_only_that(page: Page) -> None:
    fill(page, 3)
    page.evaluate("() => document.getAnimations().forEach(each => each.cancel())")
    ops = [{**put("k1", "row 1", "k0")}]
    ops[0]["html"] = ops[0]["html"].replace(">1 wor<", ">2 wor<")
    apply(page, ops)
    flashing = "() => document.getAnimations().map(each => each.effect.target.dataset.column)"
    assert page.evaluate(flashing) == ["b"]


def test_reduced_motion(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    fill(page, 3)
    apply(page, [{"op": "remove", "key": "k0"}, put("k1", "changed", None)])
    assert page.evaluate("document.getAnimations().length") == 0
    assert page.locator("tbody tr").count() == 2
    assert page.locator("tr[data-key=k1] td[data-flash]").count() == 2


def test_other_targets(page: Page) -> None:
    fact = '<div data-key="{0}"><dt>{0}</dt><dd>{1}</dd></div>'
    record = {"op": "html", "target": "record"}
    apply(page, [{**record, "html": fact.format("a", "1") + fact.format("b", "2")}])
    page.evaluate("() => { window.kept = document.querySelector('[data-key=a]'); }")
    ops = [
        {**record, "html": fact.format("b", "3") + fact.format("a", "1")},
        {"op": "html", "target": "pager", "html": "<a href='#'>Next</a>"},
        {"op": "html", "target": "absent", "html": "x"},
    ]
    apply(page, ops)
    assert page.locator("[data-target=record] dd").all_text_contents() == ["3", "1"]
    assert page.evaluate("window.kept.isConnected")
    assert page.locator("[data-target=pager]").inner_text() == "Next"


def test_history_entries_of_the_same_time_all_show(page: Page) -> None:
    twice = {"op": "html", "target": "record", "html": "<p data-key='t'>1</p><p data-key='t'>2</p>"}
    apply(page, [twice, twice])
    assert page.locator("[data-target=record] p").all_text_contents() == ["1", "2"]


def test_ten_thousand_rows_stay_quick(page: Page) -> None:
    fill(page, 10_000)
    page.evaluate("scrollTo(0, 100000)")
    elapsed = page.evaluate(
        f"""([ops]) => {{ const apply = {APPLY}; const start = performance.now();
            apply([ops, {{}}]); document.body.getBoundingClientRect();
            return performance.now() - start; }}""",
        [[put("new", "new", "k50"), put("k70", "changed", "k69")]],
    )
    assert elapsed < 1000
