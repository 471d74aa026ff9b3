"""Tasks of a worker that compare: a window, a log, a candidate with what was before."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from analysis import discovery
from analysis.detection import compare as comparing
from analysis.detection import proxies
from analysis.detection.limits import Limits
from analysis.detection.pair import Pair
from analysis.detection.report import Report
from analysis.errors import BadLog
from analysis.profile import Profile
from analysis.response import validating
from analysis.response.serving import Validation
from analysis.response.validating import Reports
from analysis.spec import Spec
from bot import candidates, explaining, jobs
from bot.meter import Meter
from bot.worker import Job
from storage import places, predictions
from storage.predictions import Log
from templates import proxies as screening
from templates import words


def check(job: Job) -> dict[str, Any]:
    """Count the window, compare it with the baseline, and write `profile.bin`."""
    assert job.spec is not None
    assert job.baseline is not None
    spec = Spec.from_json(job.spec)
    log = jobs.window(jobs.log(job), job)
    window = jobs.count(job, spec, log)
    (Path(job.folder) / "profile.bin").write_bytes(window.to_bytes())
    before = Profile.from_bytes(Path(job.baseline).read_bytes())
    pair = Pair(before, window, Limits.model_validate(job.checks or {}))
    report = comparing.compare(before, window, pair.limits, job.baseline_version)
    return {"report": explaining.whence(pair, report, baseline_log(job, before), log).to_json()}


def baseline_log(job: Job, before: Profile) -> Log | None:
    """Return the log that the baseline was counted from, or its stretch of the model's own; None where it is gone."""
    if not job.reference or job.reference.endswith(jobs.PROFILE):
        return None
    try:
        log = replace(jobs.log(job), paths=predictions.find(job.reference))
    except BadLog:
        return None
    if job.reference != job.source["predictions"] or before.since is None or before.until is None:
        return log
    return replace(log, since=before.since, until=before.until + timedelta(milliseconds=1))


def analyze(job: Job) -> dict[str, Any]:
    """Compare a log with a reference, whole with whole; both are files that nobody registered."""
    assert job.reference is not None
    log, reference = jobs.log(job), _reference_log(job)
    meter = Meter.of(job, log, *([reference] if reference else []))
    before = _reference(job, reference, meter)
    window = jobs.count(job, before.spec, log, meter)
    pair = Pair(before, window, Limits.model_validate(job.checks or {}))
    report = comparing.compare(before, window, pair.limits, places.shown(job.reference).rpartition("/")[2])
    report = explaining.whence(pair, report, reference, log)
    if job.draws:
        _draw(job, report, pair)
    return words.report(report)


def _draw(job: Job, report: Report, pair: Pair) -> None:
    """Write the pictures of the comparison into the folder `plots`."""
    from templates import plots  # noqa: PLC0415  (loads matplotlib)

    folder = Path(job.folder) / "plots"
    folder.mkdir()
    for name, picture in plots.of(report, pair.baseline, pair.window).items():
        (folder / name).write_bytes(picture.png)


def _reference_log(job: Job) -> Log | None:
    """Return where the reference lies; None where it is a stored profile."""
    place = str(job.reference)
    return (
        None if place.endswith(jobs.PROFILE) else replace(jobs.log(job), paths=predictions.find(place), late_labels=())
    )


def _reference(job: Job, log: Log | None, meter: Meter | None) -> Profile:
    """Return the profile of the reference: as stored, or counted from its log by the columns that are found."""
    if log is None:
        return jobs.stored(str(job.reference))
    return jobs.count(job, discovery.discover(predictions.sample(log), jobs.told(job)), log, meter)


def screen(job: Job) -> dict[str, Any]:
    """Say how much each input of a log tells of each protected attribute."""
    log = jobs.log(job)
    spec = discovery.discover(predictions.sample(log), jobs.told(job))
    profile = jobs.count(job, spec, log, Meter.of(job, log))
    return screening.report(proxies.screen(profile, explaining.reader(log), Limits()), profile.rows)


def validate(job: Job) -> dict[str, Any]:
    """Hold a candidate's predictions against the baseline and the champion's, and write `profile.bin` of them."""
    assert job.spec is not None
    assert job.baseline is not None
    log, asked = jobs.log(job), job.candidate or {}
    since, until = (datetime.fromisoformat(asked[end]) if asked.get(end) else None for end in ("since", "until"))
    log = replace(log, since=since, until=until) if since or not asked["is_window"] else jobs.window(log, job)
    found = candidates.predictions_of(str(asked["predictions"]), log)
    sides = candidates.counted(Spec.from_json(job.spec), log, found, str(asked["version"]))
    (Path(job.folder) / "profile.bin").write_bytes(sides.candidate.to_bytes())
    before = Profile.from_bytes(Path(job.baseline).read_bytes())
    limits = Limits.model_validate(job.checks or {})
    reports = Reports(*(comparing.compare(before, one, limits, job.baseline_version) for one in (before, *sides.both)))
    verdict = validating.judge(reports, sides.paired, Validation.model_validate(asked["rules"]))
    window = reports.candidate.window.to_json()
    return verdict.to_json() | {"window": window, "requests": sides.rows, "predicted": sides.predicted}
