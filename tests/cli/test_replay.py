"""``dashboard replay``: the day played from a process of its own, and stopped cleanly."""

import signal
import subprocess
import sys

import pytest


@pytest.fixture
def board(dashboard, ini):
    assert dashboard("init", ini, "--demo").status == 0
    return ini


def test_it_plays_to_the_end(dashboard, board):
    result = dashboard("replay", board, "--speed", "1e9", "--from", "22:30")
    assert result.status == 0, result.err
    assert result.out.endswith("The day is over at 10:44; --from 16:00 or --loop plays it again.\n")
    again = dashboard("replay", board, "--speed", "1e9")
    assert "The day is over" in again.out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_between_two_commits(board, number):
    command = [sys.executable, "-m", "dashboard.cli", "replay", board, "--speed", "600"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert "Playing 22 July 2013 at 600 times" in process.stdout.readline()
    assert "clock is at 16:00" in process.stderr.readline()
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 0, err
    assert out.startswith("Stopped at 16:")


def test_without_a_board_it_says_what_to_do(dashboard, ini):
    result = dashboard("replay", ini)
    assert result.status == 1
    assert "--demo` first" in result.err


@pytest.mark.parametrize(
    "arguments", [("--speed", "0"), ("--speed", "x"), ("--speed", "nan"), ("--from", "25:00")]
)
def test_what_makes_no_sense_is_refused(dashboard, board, arguments):
    assert dashboard("replay", board, *arguments).status == 2
