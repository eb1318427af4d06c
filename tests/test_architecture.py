"""The folders are the stations of a change; imports only go against its direction."""

import os
from pathlib import Path

from importlinter.cli import lint_imports

TOP = Path(__file__).parents[1]


def test_a_package_imports_only_those_before_it(monkeypatch, capsys):
    monkeypatch.chdir(TOP)
    monkeypatch.setenv("NO_COLOR", "1")
    status = lint_imports(config_filename=str(TOP / "pyproject.toml"), no_cache=True)
    assert status == os.EX_OK, capsys.readouterr().out
