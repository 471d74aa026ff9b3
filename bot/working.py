"""Lets a process of its own do a job, so that what a log or a library does to it harms nobody else."""

import json
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog

from bot.worker import Job
from templates import figures

log = structlog.get_logger(__name__)

LIMIT = timedelta(minutes=30)  # a run that hangs is ended
BEAT_S = 10.0  # how often a worker's claim is renewed while it works
DIED = "The process that read the log died"
DEATHS: dict[int, str] = {
    signal.SIGKILL: "somebody killed it; a system that runs out of memory does",
    signal.SIGABRT: "a library gave up; one that gets no more memory does",
    signal.SIGBUS: "the log was cut short while it was read",
}
Seen = Callable[[int, int], None]  # rows read, rows in all about; 0: not known
Beat = Callable[[], bool]  # renews the claim; False: somebody else has the work now


class WorkFailedError(Exception):
    """The worker said why it could not do the job; `died` when it said nothing and trying again may help."""

    def __init__(self, why: str, *, died: bool = False) -> None:
        super().__init__(why)
        self.died = died


class WorkLostError(Exception):
    """Somebody else has taken the work over: whatever came of it here is theirs to find."""


def work(job: Job, seen: Seen | None = None, beat: Beat | None = None, limit: timedelta = LIMIT) -> dict[str, Any]:
    """Return the result of the job, telling how many rows were read of how many.

    Raise WorkFailedError, at the limit too, or WorkLostError where the beat says that somebody else has the work.
    """
    command = [sys.executable, "-m", "bot.worker"]
    out = subprocess.PIPE if seen else subprocess.DEVNULL
    with (
        tempfile.TemporaryFile("w+") as errors,  # a file is never full, however much a library says
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out, stderr=errors, text=True) as process,
    ):
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(asdict(replace(job, tells=seen is not None))) + "\n")
            process.stdin.flush()  # kept open: its end tells the worker that we are gone
            listener = _listen(process, seen)
            _wait(process, beat, limit)
        except (WorkFailedError, WorkLostError):
            process.kill()
            listener.join()
            raise
        except BrokenPipeError:
            process.wait()
            raise WorkFailedError(f"{DIED}.", died=True) from None
        listener.join()
        errors.seek(0)
        said = errors.read().strip()
    if process.returncode == 1 and said and "Traceback" not in said:
        raise WorkFailedError(said.splitlines()[-1])
    if process.returncode != 0:
        log.error("worker died", code=process.returncode, said=said[-2000:])
        how = DEATHS.get(-process.returncode, f"code {process.returncode}")
        raise WorkFailedError(f"{DIED} ({how}).", died=True)
    result: dict[str, Any] = json.loads((Path(job.folder) / "result.json").read_text())
    return result


def _wait(process: "subprocess.Popen[str]", beat: Beat | None, limit: timedelta) -> None:
    """Return when the process has ended; raise WorkFailedError at the limit, WorkLostError when a beat says so."""
    end = time.monotonic() + limit.total_seconds()
    while True:
        left = end - time.monotonic()
        if left <= 0:
            raise WorkFailedError(f"The check took longer than {figures.span(limit)} and was ended.")
        try:
            process.wait(min(BEAT_S, left) if beat else left)
        except subprocess.TimeoutExpired:
            if beat is not None and not beat():
                raise WorkLostError from None
        else:
            return


def _listen(process: subprocess.Popen[str], seen: Seen | None) -> threading.Thread:
    """Pass on what the worker says of its progress, in a thread that ends with it: lines of rows and rows in all."""

    def listen() -> None:
        for line in process.stdout or ():
            words = line.split()
            if seen and len(words) == 2 and all(word.isdecimal() for word in words):  # libraries may print there too
                seen(int(words[0]), int(words[1]))

    thread = threading.Thread(target=listen, name="progress", daemon=True)
    thread.start()
    return thread
