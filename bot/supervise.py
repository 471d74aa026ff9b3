"""Runs one pipeline command to its end and leaves a record that outlives whoever started it.

`python -m bot.supervise FOLDER TIMEOUT_S MEMORY_MB COMMAND…` writes `started.json` (once: a second supervisor of the
same folder refuses), `log.txt` and, last, `ended.json` with the exit code. So a bot that is restarted finds out how it
went. A file `cancel` in the folder ends the command and all that it started.
"""

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

TIMED_OUT = 124
NOT_STARTED = 127
CANCELLED = 143
LOOK_S = 0.2
GRACE_S = 5.0  # to tidy up after being asked to end
CANCEL = "cancel"


def main(arguments: list[str]) -> int:
    """Return 0 when the command was followed to its end; 2 where it was already started by another."""
    folder, timeout, memory, command = Path(arguments[0]), float(arguments[1]), int(arguments[2]), arguments[3:]
    try:
        with (folder / "started.json").open("x") as file:
            json.dump({"pid": os.getpid()}, file)
    except FileExistsError:
        return 2
    with (folder / "log.txt").open("ab", buffering=0) as log:
        code = _run(command, log, _Limits(folder, timeout, memory))
    ended = folder / "ended.json.new"
    ended.write_text(json.dumps({"exit_code": code}))
    ended.replace(folder / "ended.json")
    return 0


class _Limits:
    """How long a command may take, how much memory each of its processes may have (MB; 0: any), what ends it early."""

    def __init__(self, folder: Path, timeout: float, memory: int) -> None:
        self.until, self.memory, self._cancel = time.monotonic() + timeout, memory << 20, folder / CANCEL

    def bound(self) -> None:
        """Bound the memory of this process and of those that it starts."""
        if self.memory:
            resource.setrlimit(resource.RLIMIT_AS, (self.memory, self.memory))

    def broken(self) -> int | None:
        """Return the exit code of a command that has to end now; None while it may go on."""
        if self._cancel.exists():
            return CANCELLED
        return TIMED_OUT if time.monotonic() >= self.until else None


def _run(command: list[str], log: object, limits: _Limits) -> int:
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=limits.bound,  # noqa: PLW1509  (this process has one thread)
        )  # type: ignore[call-overload]
    except (OSError, subprocess.SubprocessError) as error:
        says = getattr(error, "strerror", None) or "could not be started"
        os.write(log.fileno(), f"{command[0]}: {says}\n".encode())  # type: ignore[attr-defined]
        return NOT_STARTED
    while True:
        try:
            return int(process.wait(LOOK_S))
        except subprocess.TimeoutExpired:
            code = limits.broken()
        if code is not None:
            _end(process)
            return code


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End the command and all that it started: asked first, then killed."""
    os.killpg(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(GRACE_S)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # what the command itself has left behind
    process.wait()


if __name__ == "__main__":
    if os.fork():  # whoever started us waits for this process only; the work goes on in its own session
        os._exit(0)
    os.setsid()
    sys.exit(main(sys.argv[1:]))
