"""An empty installation greets on its home page, says what is next, and stops when it's done."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from dashboard.models.boards import Board
from dashboard.models.engine import make_engine
from tests.support.people import add
from tests.support.shop import Base, Customer, Order
from tests.support.sse import EventStream


@pytest.fixture
def shop(bare_database, make_site):
    """Return a function that starts the program over a shop with some rows in it."""
    engine = make_engine(bare_database)
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(sa.insert(Customer), [{"id": 1, "name": "Ann"}, {"id": 2, "name": "B"}])
        connection.execute(sa.insert(Order), [{"id": n, "customer_id": 1} for n in range(1, 6)])
    engine.dispose()
    return lambda: make_site(
        **{"dashboard.models": "tests.support.shop", "dashboard.public": "true"}
    )


def greeting(browser):
    found = browser.get("/").html.select_one(".greeting")
    return found and " ".join(found.get_text(" ").split())


def test_it_says_what_was_found_and_what_is_next(shop):
    site = shop()
    told = greeting(site.browser())
    assert "4 tables, 7 rows and 3 references" in told
    assert "first admin" in told
    assert site.browser().get("/boards/overview").html.select("[data-view*=panels]")
    assert site.browser().get("/").html.select_one(".greeting a")["href"] == "/boards/overview"


def test_it_goes_when_there_is_somebody_and_a_board(shop):
    site = shop()
    site.add_user()
    assert greeting(site.signed_in()) is None
    assert greeting(site.browser()) is None


def test_it_comes_back_when_the_boards_are_gone_and_leads_to_a_new_one(shop):
    site = shop()
    site.add_user()
    site.execute(sa.delete(Board))
    browser = site.signed_in()
    assert "first admin" not in greeting(browser)
    links = [each["href"] for each in browser.get("/").html.select(".greeting a")]
    assert links == ["/tables/boards/new"]
    assert not site.browser().get("/").html.select(".greeting a")


def test_without_tables_it_says_how_to_name_some(make_site):
    site = make_site(**{"dashboard.public": "true"})
    told = greeting(site.browser())
    assert "dashboard.models = my.models" in told
    assert "dashboard.reflect = *" in told


def test_who_may_not_watch_learns_nothing(shop, make_site):
    shop()
    assert "Welcome" not in make_site().browser().get("/", status="*").text


def test_it_changes_on_open_pages_too(server):
    with EventStream(f"{server.url}/stream?view=/") as stream:
        patches = stream.only("patch")
        assert "first admin" in html_of(next(patches))
        add(server, "ada", "admin")
        assert "first admin" not in html_of(next(patches))
        with server.sessions.begin() as session:
            session.add(Board(title="Mine", slug="mine"))
        assert "Welcome" not in html_of(next(patches))


def html_of(patch):
    return next(each["html"] for each in patch.data["ops"] if each["target"] == "greeting")
