"""Starts the pipeline of a request once and follows it to its end, over restarts of ours too."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog

from analysis.response.serving import Retrain
from bot.integrations.errors import Permanent, SendError, TryLater
from bot.integrations.pipelines.kinds import KINDS
from bot.integrations.pipelines.port import Pipeline, Running, Seen, State
from bot.operations import retraining
from bot.services import Services
from bot.settings import Settings
from storage import leases, places
from storage.tables import RetrainRequest

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=2)  # longer than the calls of one look; it is given back at its end
LATER = timedelta(seconds=15)
OVERDUE = timedelta(minutes=1)  # a kind ends what takes too long by itself; we do where it does not
MOST = 8_000  # characters of one thing that a pipeline says of itself


@dataclass
class Pipelines:
    """Looks at each request that runs, as often as its kind asks for."""

    services: Services
    settings: Settings

    def step(self) -> bool:
        """Return whether a request was looked at."""
        now = self.services.clock()
        lease = leases.Lease(now, LEASE, "running")
        with self.services.database.read() as session:
            if not leases.is_any_waiting(session, RetrainRequest, lease):
                return False
        with self.services.database.write() as session:
            request = leases.claim(session, RetrainRequest, lease)
        if request is None:
            return False
        watched = self.services.policy.model(request.model_id)
        if watched is None or watched.retrain is None or watched.retrain.kind != request.pipeline:
            retraining.failed(self.services, request, "the pipeline is no longer in the policy")
            return True
        run = self._running(request, watched.retrain, watched.source.predictions, now)
        try:
            self._look(KINDS[request.pipeline], run)
        except Permanent as error:
            retraining.failed(self.services, request, error.says)
        except SendError as error:
            log.warning("pipeline not reached", retrain=request.id, error=error.says)
            self._again(KINDS[request.pipeline], run, error)
        return True

    def _running(self, request: RetrainRequest, how: Retrain, log: str, now: datetime) -> Running:
        folder = folder_of(self.services, request)
        return Running(request, how, folder, told(request, how, log), self.settings, now)

    def _look(self, pipeline: Pipeline, run: Running) -> None:
        request = run.request
        if request.cancelled_by is not None:
            self._end(pipeline, run)
        elif request.started_at is None:
            self._start(pipeline, run)
        elif run.now > request.started_at + run.how.timeout + OVERDUE:
            pipeline.cancel(run)
            retraining.failed(self.services, request, "it took longer than the policy allows")
        else:
            self._follow(pipeline, run, pipeline.look(run))

    def _start(self, pipeline: Pipeline, run: Running) -> None:
        if pipeline.asks_first and "dispatched" not in run.request.remote:
            asked = {**run.request.remote, "dispatched": run.now.isoformat()}
            if not retraining.looked(self.services, run.request, {"remote": asked}):
                return
        remote = pipeline.start(run)
        retraining.started(self.services, run.request, remote, str(run.folder / "log.txt"))

    def _follow(self, pipeline: Pipeline, run: Running, seen: Seen) -> None:
        request = run.request
        if seen.state is State.RUNNING:
            values: dict[str, Any] = {"next_at": run.now + pipeline.every}
            values |= {"progress": {**request.progress, **bounded(seen.progress)}} if seen.progress else {}
            values |= {"remote": {**request.remote, **seen.remote}} if seen.remote else {}
            retraining.looked(self.services, request, values)
        elif seen.state is State.PASSED:
            retraining.trained(self.services, request, bounded(seen.result), seen.exit_code)
        elif seen.state is State.CANCELLED:
            retraining.cancelled(self.services, request)
        else:
            retraining.failed(self.services, request, seen.why, seen.exit_code)

    def _end(self, pipeline: Pipeline, run: Running) -> None:
        if pipeline.cancel(run):
            retraining.cancelled(self.services, run.request)
        else:
            retraining.looked(self.services, run.request, {"next_at": run.now + min(pipeline.every, LATER)})

    def _again(self, pipeline: Pipeline, run: Running, error: SendError) -> None:
        """Try again later; what was surely not dispatched is dispatched then."""
        request = run.request
        after = timedelta(seconds=error.after) if isinstance(error, TryLater) else LATER
        if run.now > request.requested_at + run.how.timeout + OVERDUE:
            retraining.failed(self.services, request, error.says)
            return
        values: dict[str, Any] = {"next_at": run.now + after}
        if request.started_at is None and isinstance(error, TryLater):
            values["remote"] = dict(request.remote)
        retraining.looked(self.services, request, values)


def folder_of(services: Services, request: RetrainRequest) -> Path:
    """Return where all that a request leaves behind lies."""
    return services.data / "retrain" / request.id


def told(request: RetrainRequest, how: Retrain, log: str) -> dict[str, str]:
    """Return what a pipeline is told of the request: a command in its environment, the others as inputs."""
    window = request.remote.get("window", {})
    return {
        "model": request.model_id,
        "request": request.id,
        "reason": request.reason,
        "notes": request.notes,
        "baseline": request.baseline or "",
        "validation": places.shown(how.validation or log),
        "validation_since": str(window.get("since", "")),
        "validation_until": str(window.get("until", "")),
    }


def bounded(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a pipeline says of itself, less what is too long to be kept.

    >>> bounded({"stage": "fit", "log": "x" * 100_000})
    {'stage': 'fit'}
    """
    return {str(name)[:50]: fact for name, fact in list(said.items())[:50] if len(str(fact)) <= MOST}
