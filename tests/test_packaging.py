"""What is built is whole: the wheel serves every page from an empty folder."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tarfile
import time
import venv
import zipfile
from pathlib import Path

import httpx
import pytest

TOP = Path(__file__).parents[1]
PASSWORD = "a long enough password"
IGNORED = shutil.ignore_patterns(
    ".venv*", ".git", ".*_cache", "__pycache__", "*.sqlite*", "build", "dist", "*.egg-info"
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def run(*command, **options):
    """Run a command without this environment's settings; fail with what it said."""
    environ = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    result = subprocess.run(
        [str(each) for each in command],
        capture_output=True, text=True, env=environ, timeout=180, check=False, **options,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def build(kind, source, target):
    """Build an sdist or a wheel with the tools that are installed, without the network."""
    command = [sys.executable, "-m", "build", "--no-isolation", f"--{kind}", "--outdir", target]
    run(*command, source)
    (built,) = target.iterdir()
    return built


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The sdist, the wheel of the checkout, and the wheel of the sdist."""
    folder = tmp_path_factory.mktemp("built")
    source = shutil.copytree(TOP, folder / "source", ignore=IGNORED)
    sdist = build("sdist", source, folder / "sdist")
    wheel = build("wheel", source, folder / "wheel")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    unpacked = folder / sdist.name.removesuffix(".tar.gz")
    return unpacked, wheel, build("wheel", unpacked, folder / "again")


def contents(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return {
            name: hashlib.sha256(archive.read(name)).hexdigest()
            for name in archive.namelist()
            if not name.endswith("/RECORD")
        }


def test_the_wheel_of_the_sdist_is_that_of_the_checkout(built):
    _, wheel, again = built
    assert contents(wheel) == contents(again)


def test_nothing_is_missing_and_nothing_too_much(built):
    unpacked, wheel, _ = built
    names = set(contents(wheel))
    code = {
        str(path.relative_to(TOP))
        for path in (TOP / "dashboard").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert code <= names
    shared = {name for name in names if name.startswith("dashboard/_share/")}
    assert "dashboard/_share/alembic/env.py" in shared
    assert {"dashboard/_share/development.ini", "dashboard/_share/production.ini"} <= shared
    assert not [name for name in names if "__pycache__" in name or name.endswith(".sqlite")]
    assert not [name for name in names - code - shared if ".dist-info/" not in name]
    for name in ("tests/conftest.py", "alembic/env.py", "Makefile", "LICENSE", "docs", ".ci/run"):
        assert (unpacked / name).exists(), f"{name} is missing from the sdist"


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory):
    """An environment with the wheel in it; what the program needs comes from this one."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder / "venv", with_pip=False)
    python = folder / "venv/bin/python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index",
        "--quiet", built[1])  # fmt: skip
    (site,) = (folder / "venv/lib").glob("python*/site-packages")
    # A path that a .pth file adds comes after the environment's own, so the wheel wins.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "venv/bin"


@pytest.fixture
def serve(installed, tmp_path):
    """Return a function that runs pserve on an ini file of the folder and waits for an answer."""
    processes = []

    def start(ini):
        command = [installed / "python", "-c", "from pyramid.scripts.pserve import main; main()"]
        with (tmp_path / "server.log").open("w") as log:
            process = subprocess.Popen(
                [*command, ini], cwd=tmp_path, stdout=log, stderr=subprocess.STDOUT
            )
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=20)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(url, process, log):
    end = time.monotonic() + 60
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(url)
        time.sleep(0.1)
    raise AssertionError(log.read_text())


def test_an_installed_wheel_serves_every_page(installed, serve, tmp_path):
    where = run(
        installed / "python", "-c", "import dashboard; print(dashboard.__file__)", cwd=tmp_path
    )
    assert where.startswith(str(installed.parent))
    run(installed / "dashboard", "init", "development.ini", "--demo", cwd=tmp_path)
    add = ["user", "add", "development.ini", "ada", "--role", "admin", "--password-stdin"]
    run(installed / "dashboard", *add, cwd=tmp_path, input=PASSWORD)
    port = free_port()
    ini = tmp_path / "development.ini"
    ini.write_text(ini.read_text().replace(":6543", f":{port}"))
    process = serve(ini)
    base = f"http://127.0.0.1:{port}"
    assert wait_for(f"{base}/", process, tmp_path / "server.log").status_code == 200
    with httpx.Client(base_url=base, timeout=30) as browser:
        check_pages(browser, ["/", "/boards/operations", "/tables/flights", "/tables/flights/1"])
        check_pages(browser, ["/sign-in", "/healthz"])
        check_static(browser)
        sign_in(browser)
        check_pages(browser, [
            "/tables/flights/new", "/tables/flights/1/edit", "/tables/flights/1/delete",
            "/tables/people", "/account",
        ])  # fmt: skip


def check_pages(browser, paths):
    for path in paths:
        answer = browser.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:500]}"


def check_static(browser):
    page = browser.get("/").text
    files = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page))
    assert files
    check_pages(browser, files)


def sign_in(browser):
    page = browser.get("/sign-in").text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    form = {"name": "ada", "password": PASSWORD, "csrf_token": token[1]}
    assert browser.post("/sign-in", data=form).status_code == 303


def test_production_refuses_a_database_that_is_not_migrated(installed, serve, tmp_path):
    shutil.copy(TOP / "production.ini", tmp_path)
    process = serve(tmp_path / "production.ini")
    assert process.wait(timeout=60) != 0
    assert "dashboard init" in (tmp_path / "server.log").read_text()
    run(installed / "dashboard", "init", "production.ini", cwd=tmp_path)
    port = free_port()
    ini = tmp_path / "production.ini"
    ini.write_text(ini.read_text().replace(":6543", f":{port}"))
    process = serve(ini)
    answer = wait_for(f"http://127.0.0.1:{port}/healthz", process, tmp_path / "server.log")
    assert answer.status_code == 200
