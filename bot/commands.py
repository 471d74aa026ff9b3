"""Runs a command once, under its supervisor, and says how it went, over restarts of ours too."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot import supervise

LAST_WORDS = 300  # characters of the log shown with a failure
LARGEST = 1 << 20  # bytes of a file with which a command says something of itself
KILLED = 255  # the supervisor is gone, and left no exit code
SECRET = ("SLACK_", "DATABASE_URL", "ETHIXBOT_")


@dataclass(frozen=True)
class Command:
    """What is run, how long it may take, how much memory each process may have, what it finds in its environment."""

    words: Sequence[str]
    timeout: timedelta
    memory_mb: int = 0  # 0: any
    told: Mapping[str, str] = field(default_factory=dict)


def spawn(folder: Path, command: Command) -> None:
    """Start it in a session of its own; of two supervisors of a folder the second one refuses. Raise OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    limits = (str(command.timeout.total_seconds()), str(command.memory_mb))
    supervised = [sys.executable, "-m", "bot.supervise", str(folder), *limits, *command.words]
    quiet = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
    try:
        subprocess.run(supervised, env=environment() | dict(command.told), check=True, **quiet)  # type: ignore[call-overload]
    except subprocess.CalledProcessError as error:
        raise OSError(f"its supervisor ended with code {error.returncode}") from None


def environment() -> dict[str, str]:
    """Return what a command gets of our environment: all but our secrets."""
    return {name: value for name, value in os.environ.items() if not name.startswith(SECRET)}


def follow(folder: Path, command: Command) -> int | None:
    """Return the exit code; None while it runs, which it does from the first call on. Raise OSError."""
    code = exit_code(folder)
    if code is not None:
        return code
    if not read(folder / "started.json"):
        spawn(folder, command)
        return None
    return None if is_running(folder) else KILLED


def exit_code(folder: Path) -> int | None:
    """Return the exit code that was left; None where there is none."""
    ended = read(folder / "ended.json")
    return int(ended["exit_code"]) if ended else None


def is_running(folder: Path) -> bool:
    """Return whether it runs, or ended between two looks; one that has not yet written its start counts as running."""
    started = read(folder / "started.json")
    return not started or is_alive(int(started["pid"])) or (folder / "ended.json").exists()


def is_alive(pid: int) -> bool:
    """Return whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def cancel(folder: Path) -> bool:
    """Have the supervisor end the command and all that it started; return whether they have ended."""
    (folder / supervise.CANCEL).touch()
    return exit_code(folder) is not None or not is_running(folder)


def read(path: Path) -> dict[str, Any]:
    """Return the JSON object of a file; an empty one where there is none that can be read."""
    try:
        if path.stat().st_size > LARGEST:
            return {}
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def last_words(folder: Path) -> str:
    """Return the end of what the command said."""
    try:
        with (folder / "log.txt").open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 4 * LAST_WORDS))
            return file.read().decode(errors="replace").strip()[-LAST_WORDS:]
    except OSError:
        return ""
