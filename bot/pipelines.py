"""Starts the retrain command of a request as its own session and follows it to its end, over restarts too."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from analysis.response.serving import Retrain
from bot.operations import retraining
from bot.services import Services
from bot.supervise import TIMED_OUT
from storage import leases
from storage.tables import RetrainRequest

LOOK_AGAIN = timedelta(seconds=1)
LAST_WORDS = 300  # characters of the log shown with a failure


@dataclass
class Pipelines:
    """Looks at each request that runs once a second; what is known of it lies in its folder."""

    services: Services

    def step(self) -> bool:
        """Return whether a request was looked at."""
        now = self.services.clock()
        with self.services.database.write() as session:
            request = leases.claim(session, RetrainRequest, leases.Lease(now, LOOK_AGAIN, "running"))
        if request is None:
            return False
        folder = self.services.data / "retrain" / request.id
        ended = _read(folder / "ended.json")
        if ended is not None:
            self._ended(request, folder, int(ended["exit_code"]))
        elif request.started_at is None:
            self._start(request, folder, now)
        elif not _is_alive(folder):
            self._failed(request, "its process is gone, and left no exit code", None)
        return True

    def _start(self, request: RetrainRequest, folder: Path, now: datetime) -> None:
        watched = self.services.policy.model(request.model_id)
        if watched is None or watched.retrain is None:
            self._failed(request, "the pipeline is no longer in the policy", None)
            return
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._spawn(request, watched.retrain, folder)
        except (OSError, subprocess.CalledProcessError) as error:
            self._failed(request, f"it could not be started ({error})", None)
            return
        values = {"started_at": now, "log_path": str(folder / "log.txt")}
        retraining.record(self.services, request, "retrain_started", **values)

    def _spawn(self, request: RetrainRequest, pipeline: Retrain, folder: Path) -> None:
        told = {"ETHIXBOT_MODEL": request.model_id, "ETHIXBOT_REQUEST": request.id, "ETHIXBOT_OUTPUT": str(folder)}
        limit = str(pipeline.timeout.total_seconds())
        secret = ("SLACK_", "DATABASE_URL", "ETHIXBOT_")  # the pipeline gets our environment less our secrets
        environment = {k: v for k, v in os.environ.items() if not k.startswith(secret)} | told
        subprocess.run(
            [sys.executable, "-m", "bot.supervise", str(folder), limit, *pipeline.command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
            check=True,
        )

    def _ended(self, request: RetrainRequest, folder: Path, code: int) -> None:
        if code == 0:
            values: dict[str, Any] = {"status": "finished", "result": _read(folder / "result.json") or {}}
            values |= {"finished_at": self.services.clock(), "exit_code": 0}
            retraining.record(self.services, request, "retrain_finished", **values)
            return
        why = "it took longer than the policy allows" if code == TIMED_OUT else f"it ended with code {code}"
        self._failed(request, f"{why}: {_last_words(folder)}", code)

    def _failed(self, request: RetrainRequest, why: str, code: int | None) -> None:
        now = self.services.clock()
        values = {"status": "failed", "finished_at": now, "error": why, "exit_code": code}
        retraining.record(self.services, request, "retrain_failed", **values)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return found if isinstance(found, dict) else None


def _is_alive(folder: Path) -> bool:
    """Return whether the supervisor runs; one that has not yet written its start counts as running."""
    started = _read(folder / "started.json")
    if started is None:
        return True
    try:
        os.kill(int(started["pid"]), 0)
    except ProcessLookupError:
        return (folder / "ended.json").exists()  # it ended between our two looks
    except PermissionError:
        return True
    return True


def _last_words(folder: Path) -> str:
    try:
        text = (folder / "log.txt").read_text(errors="replace").strip()
    except FileNotFoundError:
        return ""
    return text[-LAST_WORDS:]
