"""nginx, Caddy and HAProxy on ports of their own, each from a configuration of a test's."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.support.absent import absent

DOCS = Path(__file__).parents[2] / "docs" / "proxies"

NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {server}
}}
"""

CADDY = """
{{
    admin off
    skip_install_trust
    auto_https disable_redirects
    storage file_system {folder}/caddy
}}
{site}
"""

COMMANDS = {
    "nginx": ["nginx", "-c", "{config}"],
    "caddy": ["caddy", "run", "--adapter", "caddyfile", "--config", "{config}"],
    "haproxy": ["haproxy", "-db", "-f", "{config}"],
}


@dataclass(frozen=True)
class Place:
    """Where a proxy is to be: it listens on ``port`` and passes on to ``upstream``."""

    port: int
    upstream: int
    folder: Path


Config = Callable[[Place], str]


@dataclass(frozen=True)
class Kind:
    """A proxy in one configuration."""

    program: str
    config: Config
    scheme: str = "http"


def replaced(text: str, **others: str) -> str:
    """Return ``text`` with each key's place taken by its value; fail where it has none."""
    for old, new in others.items():
        assert old in text, f"{old!r} isn't in the configuration"
        text = text.replace(old, new)
    return text


def nginx(more: str = "") -> Config:
    """Return nginx as it comes, with one location that passes everything on."""

    def config(place: Place) -> str:
        server = (
            f"server {{ listen 127.0.0.1:{place.port}; {more} "
            f"location / {{ proxy_pass http://127.0.0.1:{place.upstream}; }} }}"
        )
        return NGINX.format(folder=place.folder, server=server)

    return config


def nginx_recipe(place: Place) -> str:
    recipe = replaced(
        (DOCS / "nginx.conf").read_text(),
        **{
            "127.0.0.1:6543": f"127.0.0.1:{place.upstream}",
            "listen 80;": f"listen 127.0.0.1:{free_port()};",
            "listen 443 ": f"listen 127.0.0.1:{place.port} ",
            "/etc/ssl/dashboard/fullchain.pem": f"{place.folder}/certificate.pem",
            "/etc/ssl/dashboard/privkey.pem": f"{place.folder}/key.pem",
        },
    )
    return NGINX.format(folder=place.folder, server=recipe)


def caddy(more: str = "") -> Config:
    def config(place: Place) -> str:
        site = (
            f"http://localhost:{place.port} {{\n{more}\n"
            f"reverse_proxy 127.0.0.1:{place.upstream}\n}}"
        )
        return CADDY.format(folder=place.folder, site=site)

    return config


def caddy_recipe(place: Place) -> str:
    recipe = replaced(
        (DOCS / "Caddyfile").read_text(),
        **{
            "dashboard.example.com {": f"https://localhost:{place.port} {{\n\ttls internal\n",
            "127.0.0.1:6543": f"127.0.0.1:{place.upstream}",
        },
    )
    return CADDY.format(folder=place.folder, site=recipe)


def haproxy(more: str = "", timeout: str = "50000") -> Config:
    """Return what Debian's haproxy.cfg has for defaults, with the least that can be added."""

    def config(place: Place) -> str:
        return f"""
defaults
    mode http
    option dontlognull
    timeout connect 5000
    timeout client {timeout}
    timeout server {timeout}
frontend web
    bind 127.0.0.1:{place.port}
    {more}
    default_backend dashboard
backend dashboard
    server local 127.0.0.1:{place.upstream}
"""

    return config


def haproxy_recipe(place: Place) -> str:
    return replaced(
        (DOCS / "haproxy.cfg").read_text(),
        **{
            "bind :80\n": f"bind 127.0.0.1:{free_port()}\n",
            "bind :443 ": f"bind 127.0.0.1:{place.port} ",
            "/etc/haproxy/dashboard.pem": f"{place.folder}/both.pem",
            "127.0.0.1:6543": f"127.0.0.1:{place.upstream}",
        },
    )


def program_path(name: str) -> str:
    """Return where the program is."""
    path = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    if path is None:
        absent(f"There is no {name}: install its package.")
    return path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def make_certificate(folder: Path) -> None:
    """Write a certificate for localhost, its key, and both in one file."""
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
        "-subj /CN=localhost -keyout key.pem -out certificate.pem"
    )
    subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    parts = [(folder / name).read_text() for name in ("certificate.pem", "key.pem")]
    (folder / "both.pem").write_text("".join(parts))


@contextmanager
def proxying(kind: Kind, upstream: int, folder: Path) -> Iterator[str]:
    """Run a proxy in front of ``upstream``, a port; yield its URL, without a slash at the end."""
    path = program_path(kind.program)
    make_certificate(folder)
    place = Place(free_port(), upstream, folder)
    config = folder / "config"
    config.write_text(kind.config(place))
    command = [path, *(each.format(config=config) for each in COMMANDS[kind.program][1:])]
    environment = {**os.environ, "HOME": str(folder)}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
        try:
            url = f"{kind.scheme}://localhost:{place.port}"
            _wait(process, url, folder / "log")
            yield url
        finally:
            process.terminate()
            process.wait(timeout=10)


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    """Wait until it answers: Caddy listens before it has made its certificate."""
    deadline = time.monotonic() + 20
    while True:
        try:
            httpx.get(f"{url}/healthz", verify=False).raise_for_status()
            return
        except httpx.HTTPError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
