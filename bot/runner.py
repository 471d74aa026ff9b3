"""Runs checks: claims a run, lets a worker process do it, records the result; the lease outlives the limit of time."""

import tempfile
import time
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog

from analysis.policy import Watched
from analysis.response import resets
from bot import registrar
from bot.integrations.errors import SendError, TryLater, Uncertain
from bot.operations import audits, detection, registering, resetting
from bot.services import Services
from bot.worker import MEMORY, Job
from bot.working import BEAT_S, LIMIT, Beat, WorkFailedError, WorkLostError, work
from storage import failpoints, leases, places
from storage.database import Busy
from storage.tables import Baseline, Model, Run

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)  # so long after the last beat another process may take the work over


def beating(services: Services, row: leases.Work, lease: timedelta) -> Beat:
    """Return a beat that renews the claim on the row; a database that is away for a moment does not end the work."""

    def beat() -> bool:
        try:
            with services.database.write() as session:
                return leases.renew(session, row, services.clock() + lease)
        except Busy:
            return True

    return beat


def job_for(services: Services, task: str, watched: Watched, folder: str, **more: Any) -> Job:  # noqa: ANN401
    """Return the job that reads the model's log."""
    source = watched.source
    place = watched.baseline if task == "baseline" else source.predictions
    return Job(
        task=task,
        folder=folder,
        source={
            "predictions": str(place),
            "labels": source.labels,
            "window_s": source.window.total_seconds(),
            "ends": source.ends,
            "now": services.clock().isoformat(),
            "columns": watched.columns,
        },
        told={
            "protected": list(watched.protected),
            "references": watched.reference_groups,
            "favourable": watched.favourable,
        },
        **more,
    )


@dataclass
class Runner:
    """One runner works on one run at a time."""

    services: Services
    limit: timedelta = LIMIT
    memory: int = MEMORY

    def step(self) -> bool:
        """Return whether a run was worked on."""
        claimed = detection.begin(self.services, LEASE)
        if claimed is None:
            return False
        run, baseline, model = claimed
        failpoints.reach("run.after_claim")
        try:
            with tempfile.TemporaryDirectory(prefix="ethixbot-run-") as folder:
                self._do(run, baseline, model, folder)
        except WorkFailedError as error:
            detection.fail(self.services, run, str(error), again=error.died)
        except WorkLostError:
            log.warning("run taken over", run=run.id)
        except OSError as error:
            detection.fail(self.services, run, f"The check could not be started: {error}.", again=True)
        return True

    def _do(self, run: Run, baseline: Baseline | None, model: Model, folder: str) -> None:
        watched = self.services.policy.model(run.model_id)
        if watched is None:
            raise WorkFailedError(f"{run.model_id} is no longer in the policy.")
        if run.purpose == registering.PURPOSE:
            self._registry(run, watched)
            return
        if run.purpose == "baseline":
            self._baseline(run, watched, folder)
            return
        if run.purpose == resetting.PURPOSE:
            self._reset(run, watched, model, folder)
            return
        if run.purpose == audits.PURPOSE:
            watched = audits.over_the_span(self.services.policy, watched)
        if baseline is None:
            raise WorkFailedError(f"{run.model_id} has no baseline: say in the policy which log it is made from.")
        self._check(run, watched, (baseline, model), folder)

    def _registry(self, run: Run, watched: Watched) -> None:
        beat, seen_at = beating(self.services, run, LEASE), time.monotonic()

        def pulse() -> None:
            nonlocal seen_at
            if time.monotonic() - seen_at > BEAT_S:
                seen_at = time.monotonic()
                if not beat():
                    raise WorkLostError

        try:
            registrar.look(self.services, run, watched, pulse)
        except SendError as error:
            raise WorkFailedError(error.says, died=isinstance(error, TryLater | Uncertain)) from None

    def _work(self, run: Run, job: Job) -> dict[str, Any]:
        job = replace(job, memory=self.memory)
        return work(job, beat=beating(self.services, run, LEASE), limit=self.limit)

    def _baseline(self, run: Run, watched: Watched, folder: str) -> None:
        result = self._work(run, job_for(self.services, "baseline", watched, folder))
        made = self._made(run, places.shown(watched.baseline), result, folder)
        detection.baseline_made(self.services, run, made, result["spec"])

    def _reset(self, run: Run, watched: Watched, model: Model, folder: str) -> None:
        job = job_for(self.services, "reset", watched, folder, spec=model.spec)
        result = self._work(run, replace(job, source=job.source | {"window_s": resets.SPAN.total_seconds()}))
        failpoints.reach("run.before_result")
        resetting.counted(self.services, run, self._made(run, places.shown(job.source["predictions"]), result, folder))

    def _made(self, run: Run, source: str, result: dict[str, Any], folder: str) -> Baseline:
        return Baseline(
            model_id=run.model_id,
            version="",
            is_active=False,
            created_by=run.requested_by,
            created_at=self.services.clock(),
            source=source,
            rows=result["rows"],
            checksum=result["checksum"],
            profile=(Path(folder) / "profile.bin").read_bytes(),
        )

    def _check(self, run: Run, watched: Watched, before: tuple[Baseline, Model], folder: str) -> None:
        baseline, model = before
        place = Path(folder) / "baseline.bin"
        place.write_bytes(baseline.profile)
        checks = self.services.policy.checks.model_dump(mode="json")
        more = {"spec": model.spec, "baseline": str(place), "baseline_version": baseline.version, "checks": checks}
        more["reference"] = _source(watched, baseline)  # read again only where a raised change is to be explained
        result = self._work(run, job_for(self.services, "compare", watched, folder, **more))
        profile = (Path(folder) / "profile.bin").read_bytes()
        failpoints.reach("run.before_result")
        detection.finish(self.services, run, result["report"], profile)


def _source(watched: Watched, baseline: Baseline) -> str:
    """Return where the baseline's log lies: by the policy, which may know a key that is not stored."""
    known = (watched.baseline, watched.source.predictions)
    return next((one for one in known if one and places.shown(one) == baseline.source), baseline.source)
