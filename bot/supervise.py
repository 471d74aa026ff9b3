"""Runs one pipeline command to its end and leaves a record that outlives whoever started it.

`python -m bot.supervise FOLDER TIMEOUT_S COMMAND…` writes `started.json` (once: a second supervisor of the same folder
refuses), `log.txt` and, last, `ended.json` with the exit code. So a bot that is restarted finds out how it went.
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

TIMED_OUT = 124
NOT_STARTED = 127


def main(arguments: list[str]) -> int:
    """Return 0 when the command was followed to its end; 2 where it was already started by another."""
    folder, timeout, command = Path(arguments[0]), float(arguments[1]), arguments[2:]
    try:
        with (folder / "started.json").open("x") as file:
            json.dump({"pid": os.getpid()}, file)
    except FileExistsError:
        return 2
    with (folder / "log.txt").open("ab", buffering=0) as log:
        code = _run(command, log, timeout)
    ended = folder / "ended.json.new"
    ended.write_text(json.dumps({"exit_code": code}))
    ended.replace(folder / "ended.json")
    return 0


def _run(command: list[str], log: object, timeout: float) -> int:
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )  # type: ignore[call-overload]
    except OSError as error:
        os.write(log.fileno(), f"{command[0]}: {error.strerror}\n".encode())  # type: ignore[attr-defined]
        return NOT_STARTED
    try:
        return int(process.wait(timeout))
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return TIMED_OUT


if __name__ == "__main__":
    if os.fork():  # whoever started us waits for this process only; the work goes on in its own session
        os._exit(0)
    os.setsid()
    sys.exit(main(sys.argv[1:]))
