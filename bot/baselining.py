"""What `ethixbot baseline` does: a worker counts the log, an operation keeps it; reading needs no lock."""

import tempfile
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from analysis.detection import compare as comparing
from analysis.errors import BadInput
from analysis.profile import Profile
from bot import offline
from bot import settings as environment
from bot.operations import baselines as operations
from bot.operations.baselines import Activated, Wish
from bot.runner import Runner, job_for
from bot.services import Services
from bot.worker import Job
from bot.working import Seen, WorkFailedError, work
from storage import baselines, places
from storage.tables import Baseline, Model, Run
from templates import words


@dataclass(frozen=True)
class Line:
    """A stored baseline as the list shows it."""

    version: str
    made_at: datetime
    by: str
    rows: int
    since: datetime | None
    until: datetime | None
    checksum: str
    is_active: bool


def create(wish: Wish, log: str | None = None, seen: Seen | None = None) -> Baseline:
    """Return a new version, not active, counted from the log (none: the one in the policy); raise BadInput."""
    with offline.services("baseline") as services:
        model = operations.ask(services, wish, "baseline_create")
        return _made(services, (wish, "baseline_create"), _job(services, model, "baseline", log), seen)


def reset(model: str, actor: str, reason: str, cause: str) -> dict[str, Any]:
    """Return what came of the wish; where no bot runs, it is counted here: `made`. Raise BadInput."""
    asked = {"model": model, "by": actor, "reason": reason, "cause": cause}
    return offline.ask_or_do("baseline", asked, _counted_here)


def _counted_here(services: Services, told: dict[str, Any]) -> dict[str, Any]:
    """Do what the runs that wait ask for, until this one is done, as the bot would."""
    runner = Runner(services)
    while told["run"] is not None:
        with services.database.read() as session:
            run = session.get(Run, told["run"])
            assert run is not None
            if run.status == "failed":
                raise BadInput("baseline", str(run.error))
            if run.status == "finished":
                made = baselines.get(session, run.model_id, str(run.baseline))
                return told | {"made": made}
        if not runner.step():  # another bot has it, or it is tried again later
            break
    return told


def activate(wish: Wish, version: str) -> Activated:
    """Make a stored version the one that windows are compared with; raise BadInput."""
    with offline.services("baseline") as services:
        return operations.activate(services, wish, version)


def stored(model_id: str) -> list[Line]:
    """Return the model's baselines, oldest first; raise BadInput."""
    with offline.reading("baseline") as database, database.read() as session:
        _known(session.get(Model, model_id), model_id)
        return [_line(baseline) for baseline in baselines.of(session, model_id)]


def differing(model_id: str, before: str, after: str) -> dict[str, Any]:
    """Return the report on one stored version against another, with its sentences; raise BadInput."""
    policy = offline.policy(environment.load())
    with offline.reading("baseline") as database, database.read() as session:
        _known(session.get(Model, model_id), model_id)
        old, new = (_profile(baselines.get(session, model_id, version), version) for version in (before, after))
    return words.report(comparing.compare(old, new, policy.checks, before))


def wish(model: str, actor: str, reason: str) -> Wish:
    """Return what was asked for; nobody proves at the command line who they are, so the login is kept too."""
    return Wish(model, actor, reason, {"door": "command line", "login": offline.login()})


def _job(services: Services, model: Model, task: str, log: str | None) -> Job:
    watched = services.policy.model(model.id)
    assert watched is not None  # `ask` says so
    if task == "baseline" and not (log or watched.baseline):
        raise BadInput("--log", f"the policy names no baseline of {model.id}.", "Say which log it is made from.")
    job = job_for(services, task, watched, "", spec=model.spec or None)
    return replace(job, source=job.source | {"predictions": _anywhere(log)}) if log else job


def _anywhere(log: str) -> str:
    """Return a place that means the same from another folder, where the bot may run."""
    return log if places.is_address(log) else str(Path(log).absolute())


def _made(services: Services, asked: tuple[Wish, str], job: Job, seen: Seen | None) -> Baseline:
    wish, verb = asked
    with tempfile.TemporaryDirectory(prefix="ethixbot-baseline-") as folder:
        try:
            result = work(replace(job, folder=folder), seen)
        except WorkFailedError as error:
            raise BadInput("baseline", str(error)) from None
        made = Baseline(
            model_id=wish.model,
            version="",
            is_active=False,
            created_by=wish.actor,
            created_at=services.clock(),
            source=places.shown(job.source["predictions"]),
            rows=result["rows"],
            checksum=result["checksum"],
            profile=(Path(folder) / "profile.bin").read_bytes(),
        )
    return operations.keep(services, wish, made, verb)


def _known(model: Model | None, model_id: str) -> None:
    if model is None:
        raise BadInput("baseline", f"there is no model “{model_id}” in the database yet.")


def _profile(baseline: Baseline | None, version: str) -> Profile:
    if baseline is None:
        raise BadInput("baseline", f"there is no version {version}.", "`ethixbot baseline list` names them.")
    return Profile.from_bytes(baseline.profile)


def _line(baseline: Baseline) -> Line:
    profile = Profile.from_bytes(baseline.profile)
    return Line(
        baseline.version, baseline.created_at, baseline.created_by, baseline.rows, profile.since, profile.until,
        baseline.checksum, baseline.is_active,
    )  # fmt: skip
