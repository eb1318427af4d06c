"""Sites for the browser's tests: people, flights, and what a page shows of them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from playwright.sync_api import Page

from dashboard.demo.models import Flight
from dashboard.models.passwords import hash_password
from dashboard.models.people import User
from tests.support.browser import PASSWORD
from tests.support.server import Server

ROWS = """() => {
  const rows = [...document.querySelectorAll('[data-target="rows"] > *')]
    .filter((row) => row.dataset.leaving === undefined);
  return rows.map((row) => {
    const copy = row.cloneNode(true);
    copy.querySelectorAll("[data-flash]").forEach((cell) => cell.removeAttribute("data-flash"));
    return copy.outerHTML;
  });
}"""
"""Every row as it stands, without what passes: flashes, and rows that are fading out."""

KEYS = """() => [...document.querySelectorAll('[data-target="rows"] > [data-key]')]
  .map((row) => row.dataset.key)"""


def add_user(server: Server, name: str, role: str) -> None:
    with server.sessions.begin() as session:
        session.add(User(name=name, role=role, password_hash=hash_password(PASSWORD)))


def flights_to(server: Server, destination: str) -> list[int]:
    """Return the ids of the flights to ``destination`` in the order of their departure."""
    with server.sessions() as session:
        return list(
            session.scalars(
                sa.select(Flight.id)
                .where(Flight.destination == destination)
                .order_by(Flight.scheduled, Flight.id)
            )
        )


def change_flight(server: Server, id_: int, **values: Any) -> None:
    with server.sessions.begin() as session:
        flight = session.get(Flight, id_)
        assert flight is not None
        for name, value in values.items():
            setattr(flight, name, value)


def like(server: Server, id_: int, **values: Any) -> Flight:
    """Return a new flight that is like another but for ``values``; nothing is stored yet."""
    with server.sessions() as session:
        old = session.get(Flight, id_)
        assert old is not None
        columns = {each.key: getattr(old, each.key) for each in sa.inspect(Flight).columns}
    return Flight(**{**columns, "id": None, **values})


NO_RAW_PICKER = "() => !document.querySelector('input[data-combobox-url]:not([type=hidden])')"


def fill(page: Page, **texts: str) -> None:
    """Type texts into a form's fields, by column, once the script has made its pickers."""
    page.wait_for_function(NO_RAW_PICKER)
    for column, text in texts.items():
        page.locator(f"#field-{column}").fill(text)


def keys(page: Page) -> list[str]:
    found: list[str] = page.evaluate(KEYS)
    return found


def wait_for_keys(page: Page, wanted: list[str]) -> None:
    page.wait_for_function(f"(wanted) => JSON.stringify(({KEYS})()) === wanted", arg=_json(wanted))


def _json(values: list[str]) -> str:
    return "[" + ",".join(f'"{each}"' for each in values) + "]"


def total(page: Page) -> str:
    return page.locator('[data-target="total"]').inner_text()


def cell(page: Page, key: Any, column: str) -> Any:
    return page.locator(f'tr[data-key="{key}"] > [data-column="{column}"]')


def assert_fresh(page: Page) -> None:
    """Check that a page that has been patched shows what a fresh load of it shows."""
    page.wait_for_function("() => !document.querySelector('[data-leaving]')")
    fresh = page.context.new_page()
    fresh.goto(page.url)
    for patched, loaded in zip(shown(page), shown(fresh), strict=True):
        assert patched == loaded, f"{patched}\n\nis not\n\n{loaded}"
    fresh.close()


def shown(page: Page) -> list[str]:
    """Return a table's rows, total and pager."""
    pager = page.locator('[data-target="pager"]').inner_text()
    return [*page.evaluate(ROWS), total(page), pager]
