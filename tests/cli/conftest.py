"""The command, called as the script calls it, in a folder of the test's own."""

from __future__ import annotations

import io
import logging
from dataclasses import dataclass

import pytest

from dashboard.cli import main


@dataclass
class Result:
    status: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def logging_as_before():
    """Take back what a command that reads the ini file's logging has set up."""
    loggers = [logging.getLogger(name) for name in ("", "dashboard", "sqlalchemy.engine")]
    before = [(logger.level, logger.handlers[:]) for logger in loggers]
    yield
    for logger, (level, handlers) in zip(loggers, before, strict=True):
        logger.setLevel(level)
        logger.handlers[:] = handlers


@pytest.fixture
def dashboard(monkeypatch, capsys, tmp_path):
    """Return a function that runs the command with its arguments and standard input."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments, stdin=""):
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        capsys.readouterr()
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as error:
            status = error.code
        captured = capsys.readouterr()
        return Result(status, captured.out, captured.err)

    return run


@pytest.fixture
def ini(dashboard, tmp_path):
    """A development.ini beside its migrated database."""
    assert dashboard("init", "development.ini").status == 0
    return tmp_path / "development.ini"
