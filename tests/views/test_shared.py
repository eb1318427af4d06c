"""Share links: one board and its stream without a person, for as long as the link is valid."""

from __future__ import annotations

import re
import shutil
from contextlib import closing
from datetime import timedelta
from urllib.parse import quote, urlencode

import httpx
import pytest
import sqlalchemy as sa

from dashboard.models.boards import ShareLink
from dashboard.models.types import utc_now
from tests.support import people
from tests.support.page import fetch, get
from tests.support.server import Server, running
from tests.support.sse import EventStream
from tests.support.ward import Base, Bed, Patient
from tests.views.board_site import ORDERS, add_orders, make_board

OTHERS = [
    {"title": "People", "table_name": "people"},
    {"title": "Links", "table_name": "share_links"},
]


@pytest.fixture
def private(database: str, request: pytest.FixtureRequest):
    """The shop's board, where nobody may watch without signing in."""
    with running(database, public=False, heartbeat=getattr(request, "param", 30)) as server:
        make_board(server, [*ORDERS[:2], *OTHERS])
        add_orders(server, 10)
        people.add(server, "ed", "editor")
        yield server


@pytest.fixture
def editor(private: Server):
    client = people.sign_in(private, "ed")
    yield client
    client.close()


def make_link(client: httpx.Client, name: str = "Lobby") -> str:
    """Make a link and return its path."""
    form = {"csrf_token": people.token(client.get("/boards/shop/share").text)}
    answer = client.post("/boards/shop/share", data={**form, "name": name, "days": "7"})
    assert answer.status_code == 200
    (path,) = re.findall(r'value="http://[^/]+(/shared/[^"]+)"', answer.text)
    return path


def open_stream(server: Server, path: str) -> EventStream:
    page = fetch(server.url + path)
    query = urlencode({"view": "/boards/shop", "since": page.cursor})
    return EventStream(f"{server.url}{page.stream}?{query}")


def ends_with(stream: EventStream) -> str:
    return next(stream.only("bye")).data["reason"]


def test_the_board_is_shown_without_a_person(private: Server, editor: httpx.Client) -> None:
    path = make_link(editor)
    assert get(private.url + "/boards/shop")[0] == 303
    status, html = get(private.url + path)
    assert status == 200
    assert "1</span> in all" in html
    # No link leads to what can't be seen, and what a watcher may not see isn't there.
    assert "/tables/" not in html
    assert "/edit" not in html
    assert html.count("you may not see it") == 2
    with open_stream(private, path) as stream:
        add_orders(private, 20)
        patch = next(stream.only("patch")).data
        assert "/tables/" not in str(patch)


def test_the_token_is_told_once(private: Server, editor: httpx.Client) -> None:
    path = make_link(editor)
    token = path.rpartition("/")[2]
    listed = editor.get("/boards/shop/share").text
    assert token not in listed
    assert "Lobby" in listed
    assert "by ed," in listed
    with private.sessions() as session:
        (link,) = session.scalars(sa.select(ShareLink))
        assert token not in link.token_hash
    assert link.token_hash not in editor.get("/tables/share_links").text


def test_it_gives_nothing_else(private: Server, editor: httpx.Client) -> None:
    path = make_link(editor)
    for view in ("/boards/shop", path, "/"):
        assert get(f"{private.url}/stream?view={quote(view)}")[0] == 401
    # Whatever is asked of the link's own stream, it's of the link's board.
    with EventStream(f"{private.url}{path}/stream?view=/tables/customer&since=") as stream:
        assert {next(stream.only("patch")).data["view"][:12] for _ in range(3)} == {"/boards/shop"}
    assert get(f"{private.url}/shared/nonsense")[0] == 404
    assert get(f"{private.url}/shared/nonsense/stream")[0] == 404


def test_revoking_ends_the_streams_at_once(private: Server, editor: httpx.Client) -> None:
    path, other = make_link(editor), make_link(editor, "Other")
    with open_stream(private, path) as stream, open_stream(private, other) as spared:
        page = editor.get("/boards/shop/share").text
        revoke = re.findall(r'action="(/boards/shop/share/\d+/revoke)"', page)
        answer = editor.post(revoke[1], data={"csrf_token": people.token(page)})
        assert answer.status_code == 303
        assert ends_with(stream) == "auth"
        add_orders(private, 20)
        assert next(spared.only("patch", "bye")).event == "patch"
    assert get(private.url + path)[0] == 410
    assert get(private.url + path + "/stream")[0] == 410
    assert "Revoked" in editor.get("/boards/shop/share").text


@pytest.mark.parametrize("private", [0.4], indirect=True)
def test_expiry_ends_the_streams(private: Server, editor: httpx.Client) -> None:
    path = make_link(editor)
    with open_stream(private, path) as stream:
        # As time itself does it, without a change that is logged.
        with private.registry["dashboard.engine"].begin() as connection:
            connection.execute(
                sa.update(ShareLink).values(expires_at=utc_now() + timedelta(seconds=1))
            )
        assert ends_with(stream) == "auth"
    assert get(private.url + path)[0] == 410


def test_only_editors_share(private: Server, editor: httpx.Client) -> None:
    people.add(private, "wim", "watcher")
    with closing(people.sign_in(private, "wim")) as watcher:
        assert watcher.get("/boards/shop/share").status_code == 403
        assert "/share" not in watcher.get("/boards/shop").text
    form = {"csrf_token": people.token(editor.get("/").text)}
    for wrong in (
        {"name": "", "days": "7"},
        {"name": "x" * 101, "days": "7"},
        {"name": "x", "days": "9"},
    ):
        assert editor.post("/boards/shop/share", data={**form, **wrong}).status_code == 422
    assert editor.post("/boards/shop/share/999/revoke", data=form).status_code == 404
    assert editor.post("/boards/none/share", data=form).status_code == 404


def test_a_link_shows_what_a_watcher_sees(tmp_path, migrated) -> None:
    """Whoever makes it may see more, and doesn't hand that on."""
    database = f"sqlite:///{shutil.copy(migrated, tmp_path / 'ward.sqlite')}"
    with running(database, public=False, models="tests.support.ward") as server:
        Base.metadata.create_all(server.registry["dashboard.engine"])
        with server.sessions.begin() as session:
            session.add(Patient(id=1, name="Secret"))
            session.flush()
            session.add(Bed(id=1, name="One", patient_id=1))
        panels = [{"title": "Beds", "table_name": "bed"}, {"title": "Who", "table_name": "patient"}]
        make_board(server, panels)
        people.add(server, "ed", "editor")
        with closing(people.sign_in(server, "ed")) as editor:
            assert "Secret" in editor.get("/boards/shop").text
            html = get(server.url + make_link(editor))[1]
    assert "One" in html
    assert "Secret" not in html
