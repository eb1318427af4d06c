"""The program's settings: every ``dashboard.*`` key of the ini file, parsed once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from pyramid.settings import asbool, aslist

PREFIX = "dashboard."
POSITIVE = (
    "backlog",
    "heartbeat",
    "lifetime",
    "max_streams",
    "page_size",
    "poll",
    "queue_size",
    "statement_timeout",
)


class SettingsError(ValueError):
    """A setting has a value that the program can't work with; the message names the key."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What ``request.registry["dashboard.settings"]`` holds. Times are in seconds unless named."""

    environment: str = "production"
    """``development`` migrates (and fills) the database at start; ``production`` never does."""

    models: tuple[str, ...] = ()
    """Dotted names of modules whose mapped classes become live tables."""

    reflect: tuple[str, ...] = ()
    """Lines that name tables of the database to show as they are: ``*``, or names."""

    demo: bool = False
    """Create the flight board in an empty database."""

    replay: float = 0.0
    """Play the demo's day at this many times its real speed; 0 leaves the board still."""

    public: bool = False
    """Let anyone watch without signing in."""

    url: str = "http://127.0.0.1:6543"
    """Where the operator opens the program; used in what is printed at start."""

    secret: str | None = None
    """Signs the session cookie; without it a random one is kept in the database."""

    heartbeat: float = 15.0
    """A quiet stream gets a ``ping`` this often."""

    max_streams: int | None = None
    """Streams that may be open at once; one more is answered 503 with Retry-After. Unless set
    that is what the limit of open files allows, and 40 on a server where each holds a thread."""

    lifetime: float = 3600.0
    """A stream is ended after about this time, and its client comes back by its cursor."""

    backlog: int = 1024 * 1024
    """Bytes that may wait for one slow client before its stream is ended likewise."""

    queue_size: int = 10_000
    """Changes that may wait for one subscriber before it is sent to catch up from the log."""

    backplane: str = "local"
    """How processes tell each other of commits: ``local``, or the URL of what carries it."""

    poll: float | None = None
    """How often the log is looked at for what nobody told of; 0.5, and 2 with a backplane."""

    edge: str | None = None
    """The control port of an edge that holds streams for us, with the key by which it signs."""

    retention_days: float = 30.0
    """Changes older than this are pruned from the log."""

    retention_changes: int = 1_000_000
    """At most this many changes are kept in the log."""

    page_size: int = 100
    """Rows on a table page unless its URL says otherwise."""

    statement_timeout: float = 5.0
    """A question to the database that takes longer is stopped, and its page answered 503."""

    @classmethod
    def from_mapping(cls, settings: Mapping[str, Any]) -> Settings:
        """Read the ``dashboard.*`` keys of an ini section; raise SettingsError for a bad one."""
        known = {field.name: field for field in fields(cls)}
        given: dict[str, Any] = {}
        for key, text in settings.items():
            if not key.startswith(PREFIX):
                continue
            name = key.removeprefix(PREFIX)
            if name not in known:
                raise SettingsError(
                    f"{key} is not a setting. Known are: "
                    + ", ".join(PREFIX + each for each in sorted(known))
                )
            type_name = "lines" if name == "reflect" else known[name].type
            given[name] = _convert(key, type_name, text)
        return cls(**given)._checked()

    def _checked(self) -> Settings:
        if self.environment not in ("development", "production"):
            raise SettingsError(
                f"dashboard.environment is {self.environment!r}; "
                "it must be development or production."
            )
        for name in POSITIVE:
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise SettingsError(f"dashboard.{name} must be more than 0.")
        return self

    @property
    def development(self) -> bool:
        return self.environment == "development"


_CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "str": str,
    "str | None": lambda text: str(text) or None,
    "bool": asbool,
    "int": int,
    "int | None": int,
    "float": float,
    "float | None": float,
    "lines": lambda text: tuple(line for line in str(text).splitlines() if line.strip()),
    "tuple[str, ...]": lambda text: tuple(aslist(text)),
}


def _convert(key: str, type_name: Any, text: Any) -> Any:
    try:
        return _CONVERTERS[type_name](text)
    except ValueError as error:
        raise SettingsError(f"{key} is {text!r}, which is not a {type_name}.") from error
