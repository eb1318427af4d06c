"""The server's side of the pipe to the benchmark."""

from __future__ import annotations

import json
import os
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any

Commands = dict[str, Callable[..., dict[str, Any]]]


_answers = os.fdopen(os.dup(1), "w")
# What the program prints goes to the log, so that it doesn't come between the answers.
os.dup2(2, 1)


def say(**answer: Any) -> None:
    _answers.write(json.dumps(answer) + "\n")
    _answers.flush()


def obey(line: str, commands: Commands) -> None:
    given = json.loads(line)
    say(**commands[given.pop("do")](**given))


def obey_in_thread(commands: Commands, at_end: Callable[[], object] = lambda: None) -> None:
    """Answer commands on a thread until there are no more, or one fails; then end the process."""

    def run() -> None:
        status = 1
        try:
            for line in sys.stdin:
                obey(line, commands)
            status = 0
        except Exception:
            traceback.print_exc()
        finally:
            at_end()
            os._exit(status)

    threading.Thread(target=run, name="benchmark", daemon=True).start()
