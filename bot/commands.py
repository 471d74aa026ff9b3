"""Runs a command of the policy once, under its supervisor, and says how it went, over restarts too."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

ANY_MEMORY = "0"
LAST_WORDS = 300  # characters of the log shown with a failure
SECRET = ("SLACK_", "DATABASE_URL", "ETHIXBOT_")  # a command gets our environment less our secrets


def follow(folder: Path, command: Sequence[str], told: Mapping[str, str], timeout: timedelta) -> int | None:
    """Return the exit code; None while it runs, which it does from the first call on. Raise OSError."""
    ended = _read(folder / "ended.json")
    if ended is not None:
        return int(ended["exit_code"])
    started = _read(folder / "started.json")
    if started is None:
        _start(folder, command, told, timeout)
        return None
    return None if _is_alive(int(started["pid"])) else _gone(folder)


def last_words(folder: Path) -> str:
    """Return the end of what the command said."""
    try:
        return (folder / "log.txt").read_text(errors="replace").strip()[-LAST_WORDS:]
    except FileNotFoundError:
        return ""


def _start(folder: Path, command: Sequence[str], told: Mapping[str, str], timeout: timedelta) -> None:
    """Start it; of two supervisors of a folder the second one refuses, so this may be done again."""
    folder.mkdir(parents=True, exist_ok=True)
    environment = {k: v for k, v in os.environ.items() if not k.startswith(SECRET)} | dict(told)
    quiet = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
    limits = (str(timeout.total_seconds()), ANY_MEMORY)
    supervised = [sys.executable, "-m", "bot.supervise", str(folder), *limits, *command]
    subprocess.run(supervised, env=environment, check=False, **quiet)  # type: ignore[call-overload]


def _gone(folder: Path) -> int:
    """Return the exit code where it ended between our two looks; 255 for a supervisor that was killed."""
    ended = _read(folder / "ended.json")
    return int(ended["exit_code"]) if ended is not None else 255


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return found if isinstance(found, dict) else None
