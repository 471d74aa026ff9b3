"""A command of this machine: supervised in a session of its own, so that a restart of ours does not touch it."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot import supervise
from bot.integrations.errors import Permanent, TryLater
from bot.integrations.pipelines.port import Running, Seen, State
from bot.supervise import CANCELLED, TIMED_OUT

LAST_WORDS = 300  # characters of the log shown with a failure
LARGEST = 1 << 20  # bytes of a file that a pipeline says something of itself with
SECRET = ("SLACK_", "DATABASE_URL", "ETHIXBOT_")  # the pipeline gets our environment less our secrets


class Command:
    """Progress is read from `progress.json` in the folder, what was made from `result.json`."""

    every = timedelta(seconds=1)
    asks_first = False  # a second supervisor of the same folder does nothing

    def start(self, run: Running) -> Mapping[str, Any]:
        """Return on which machine it runs; raise Permanent where it cannot be started."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith(SECRET)}
        environment |= {f"ETHIXBOT_{name.upper()}": value for name, value in run.told.items()}
        limits = (str(run.how.timeout.total_seconds()), str(run.how.memory_mb or 0))
        try:
            run.folder.mkdir(parents=True, exist_ok=True)
            subprocess.run(
                [sys.executable, "-m", "bot.supervise", str(run.folder), *limits, *run.how.command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=environment | {"ETHIXBOT_OUTPUT": str(run.folder)},
                check=True,
            )
        except (OSError, subprocess.CalledProcessError) as error:
            raise Permanent(f"it could not be started ({error})") from None
        return {"host": socket.gethostname()}

    def look(self, run: Running) -> Seen:
        """Return how it goes, by the files that the supervisor and the command leave."""
        if run.request.remote.get("host") != socket.gethostname() and not run.folder.exists():
            raise TryLater(f"it runs on {run.request.remote.get('host')}", after=1)
        progress = read(run.folder / "progress.json") | {"line": _last_line(run.folder)}
        ended = read(run.folder / "ended.json")
        if not ended:
            alive = _is_alive(run.folder)
            return (
                Seen(progress=progress) if alive else Seen(State.FAILED, "its process is gone, and left no exit code")
            )
        code = int(ended["exit_code"])
        if code == 0:
            return Seen(State.PASSED, exit_code=0, progress=progress, result=read(run.folder / "result.json"))
        if code == CANCELLED and (run.folder / supervise.CANCEL).exists():
            return Seen(State.CANCELLED, exit_code=code)
        why = "it took longer than the policy allows" if code == TIMED_OUT else f"it ended with code {code}"
        return Seen(State.FAILED, f"{why}: {_last_words(run.folder)}", code)

    def cancel(self, run: Running) -> bool:
        """Have the supervisor end the command and all that it started; return whether they have ended."""
        if not run.folder.exists():
            return run.request.started_at is None
        (run.folder / supervise.CANCEL).touch()
        return bool(read(run.folder / "ended.json")) or not _is_alive(run.folder)


def read(path: Path) -> dict[str, Any]:
    """Return the JSON object of a file; an empty one where there is none that can be read."""
    try:
        if path.stat().st_size > LARGEST:
            return {}
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _is_alive(folder: Path) -> bool:
    """Return whether the supervisor runs; one that has not yet written its start counts as running."""
    started = read(folder / "started.json")
    if not started:
        return True
    try:
        os.kill(int(started["pid"]), 0)
    except ProcessLookupError:
        return (folder / "ended.json").exists()  # it ended between our two looks
    except PermissionError:
        return True
    return True


def _last_words(folder: Path) -> str:
    return _tail(folder)[-LAST_WORDS:]


def _last_line(folder: Path) -> str:
    lines = _tail(folder).splitlines()
    return lines[-1][-LAST_WORDS:] if lines else ""


def _tail(folder: Path) -> str:
    try:
        with (folder / "log.txt").open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 4 * LAST_WORDS))
            return file.read().decode(errors="replace").strip()
    except OSError:
        return ""
