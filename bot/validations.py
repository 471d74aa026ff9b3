"""Judges the candidates that pipelines left: a worker process compares, the verdict is kept and told."""

import tempfile
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import structlog

from analysis.policy import Watched
from bot import candidates, checksums, pipelines, runner, working
from bot.checksums import Unreadable
from bot.integrations.errors import SendError
from bot.integrations.registry import registries
from bot.integrations.registry.port import Registry
from bot.operations import retraining
from bot.services import Services
from bot.working import WorkFailedError
from storage import baselines, leases, places, registry
from storage.tables import Model, ModelVersion, RetrainRequest

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=1)  # renewed while the log is read
LONGEST_NAME = 100
PROFILE = "profile.bin"  # of the candidate's window, beside what the pipeline left: the next baseline


@dataclass
class Validations:
    """Works on one candidate at a time."""

    services: Services

    def step(self) -> bool:
        """Return whether a candidate was judged."""
        lease = leases.Lease(self.services.clock(), LEASE, "validating", waits="validating")
        with self.services.database.read() as session:
            if not leases.is_any_waiting(session, RetrainRequest, lease):
                return False
        with self.services.database.write() as session:
            request = leases.claim(session, RetrainRequest, lease)
        if request is None:
            return False
        try:
            self._judge(request)
        except WorkFailedError as error:
            retraining.failed(self.services, request, str(error), request.exit_code)
        except OSError as error:
            retraining.failed(
                self.services, request, f"the validation could not be started: {error}", request.exit_code
            )
        except working.WorkLostError:
            log.warning("validation taken over, or cancelled", retrain=request.id)
        return True

    def _judge(self, request: RetrainRequest) -> None:
        watched = self.services.policy.model(request.model_id)
        if watched is None or watched.retrain is None:
            raise WorkFailedError(f"{request.model_id} is no longer in the policy.")
        folder = pipelines.folder_of(self.services, request)
        version = made(request, folder, registries.of(self.services, watched))
        self._check_new(version)
        with tempfile.TemporaryDirectory(prefix="ethixbot-validation-") as scratch:
            verdict = self._compared(request, watched, version.version, Path(scratch))
            folder.mkdir(parents=True, exist_ok=True)
            (folder / PROFILE).write_bytes((Path(scratch) / PROFILE).read_bytes())
        retraining.judged(self.services, request, verdict, version)

    def _check_new(self, version: ModelVersion) -> None:
        with self.services.database.read() as session:
            known = registry.version(session, version.model_id, version.version)
        if known is not None and known.artefact_sha256 not in (None, version.artefact_sha256):
            raise WorkFailedError(f"version {version.version} is registered already, with another artefact.")

    def _compared(self, request: RetrainRequest, watched: Watched, version: str, scratch: Path) -> dict[str, Any]:
        with self.services.database.read() as session:
            model = session.get(Model, request.model_id)
            baseline = baselines.get(session, request.model_id, str(request.baseline))
        if baseline is None or model is None:
            raise WorkFailedError(f"{request.model_id} has no baseline to be held against.")
        place = scratch / "baseline.bin"
        place.write_bytes(baseline.profile)
        checks = self.services.policy.checks.model_dump(mode="json")
        more = {"spec": model.spec, "baseline": str(place), "baseline_version": baseline.version, "checks": checks}
        job = runner.job_for(self.services, "validate", watched, str(scratch), **more)
        job = replace(job, candidate=self._candidate(request, watched, version))
        if watched.retrain is not None and watched.retrain.validation:
            job = replace(job, source=job.source | {"predictions": watched.retrain.validation})
        verdict = working.work(job, beat=runner.beating(self.services, request, LEASE))
        return verdict | {"baseline": baseline.version, "candidate": version}

    def _candidate(self, request: RetrainRequest, watched: Watched, version: str) -> dict[str, Any]:
        named = request.result.get("candidate")
        found = str(named) if named else candidates.file_in(pipelines.folder_of(self.services, request))
        if found is None:
            wanted = " or ".join(candidates.FILES)
            raise WorkFailedError(f"the pipeline left no {wanted}, so there is nothing to judge.")
        window = request.remote.get("window", {})
        until = window.get("until")
        after = datetime.fromisoformat(until) + timedelta(milliseconds=1) if until else None
        return {
            "predictions": str(found),
            "version": version,
            "since": window.get("since"),
            "until": after.isoformat() if after else None,
            "is_window": not (watched.retrain and watched.retrain.validation),
            "rules": watched.validation.model_dump(mode="json"),
        }


def made(request: RetrainRequest, folder: Path, there: Registry) -> ModelVersion:
    """Return the version that the pipeline made, with the checksums of what it is made of; raise WorkFailedError."""
    result = request.result
    name = str(result.get("version") or request.id)
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise WorkFailedError(
            f"a version has at most {LONGEST_NAME} printable characters; result.json has another one."
        )
    parts = {part: _part(result, part, folder, there) for part in ("artefact", "training_data")}
    unread = [f"{name}: {part.why}" for name, part in parts.items() if part.why]
    about = {one: result[one] for one in ("metrics", "commit", "run") if one in result}
    return ModelVersion(
        model_id=request.model_id,
        version=name,
        artefact=parts["artefact"].place,
        artefact_sha256=parts["artefact"].checksum,
        training_data=parts["training_data"].place,
        training_data_sha256=parts["training_data"].checksum,
        unread="; ".join(unread) or None,
        details=about
        | {"pipeline": request.pipeline, **({"run": request.remote["url"]} if "url" in request.remote else {})},
        retrain_id=request.id,
        registered_by=request.requested_by,
        registered_at=request.requested_at,
    )


class Part(NamedTuple):
    """A part of a version as the pipeline left it."""

    place: str | None = None
    checksum: str | None = None
    why: str | None = None  # it cannot be read from here


def _part(result: dict[str, Any], part: str, folder: Path, there: Registry) -> Part:
    """Return where the part lies and its checksum; one that cannot be read from here has the one that was told."""
    told = result.get(part)
    if not told:
        return Part()
    place = checksums.local(str(told))
    where = str(told) if place is None else str(folder / place)
    try:
        checksum = there.checksum(where)
    except (Unreadable, SendError) as error:
        return Part(places.shown(where), _given(result.get(f"{part}_sha256")), str(error))
    if checksum is None:
        raise WorkFailedError(f"result.json names {told} as {part}, which is not there.")
    return Part(where, checksum)


def _given(checksum: object) -> str | None:
    text = str(checksum or "").lower()
    return text if len(text) == 64 and set(text) <= set("0123456789abcdef") else None
