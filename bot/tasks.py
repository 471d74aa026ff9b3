"""What a worker process does: count a baseline, compare a window, judge a candidate, copy the last decisions."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analysis import discovery
from analysis.detection import compare as comparing
from analysis.detection import proxies
from analysis.detection.limits import Limits
from analysis.detection.pair import Pair
from analysis.detection.report import Report
from analysis.errors import BadLog, Fault, Refused
from analysis.profile import Profile
from analysis.response import validating
from analysis.response.affected import Scope
from analysis.response.serving import Validation
from analysis.response.validating import Reports
from analysis.spec import Spec
from bot import candidates, explaining, listing
from bot.meter import Meter
from bot.pseudonyms import Pseudonym
from bot.worker import Job
from storage import engines, places, predictions
from storage.predictions import Log
from templates import proxies as screening
from templates import words

EXPECTED = (Refused, MemoryError)
PROFILE = ".profile"  # how the name of a stored profile ends


def sentence(error: Exception) -> str:
    """Return one line for a person."""
    if isinstance(error, Refused):
        from templates import answers  # noqa: PLC0415  (knows every table, which only a refusal needs)

        return answers.refusal(error)
    return "The log needs more memory than a check may have."


def baseline(job: Job) -> dict[str, Any]:
    """Find out what the log looks like where nothing is pinned, count all of it, and write `profile.bin`."""
    if job.source["predictions"].endswith(PROFILE):
        return _kept(job, _stored(job.source["predictions"]))
    return _kept(job, _counted(job, _log(job)))


def reset(job: Job) -> dict[str, Any]:
    """Count the newest stretch of the model's log as its next baseline, and write `profile.bin`."""
    return _kept(job, _counted(job, _window(_log(job), job)))


def _counted(job: Job, log: Log) -> Profile:
    """Return the profile of a log by the pinned columns, all of which it must have, or by those that are found."""
    spec = Spec.from_json(job.spec) if job.spec else discovery.discover(predictions.sample(log), _told(job))
    profile = _count(job, spec, log, Meter.of(job, log))
    if profile.rows == 0:
        raise BadLog(Fault.EMPTY, file=str(log.paths[0]))
    lacking = [name for name in (*spec.roles.values(), *spec.features, *spec.protected) if not profile.has(name)]
    if lacking:
        raise BadLog(Fault.COLUMN_MISSING, file=str(log.paths[0]), column=lacking[0])
    return profile


def _stored(place: str) -> Profile:
    try:
        return Profile.from_bytes(Path(place).read_bytes())
    except OSError:
        raise BadLog(Fault.NOT_FOUND, file=place) from None


def _kept(job: Job, profile: Profile) -> dict[str, Any]:
    (Path(job.folder) / "profile.bin").write_bytes(profile.to_bytes())
    return {"spec": profile.spec.to_json(), "rows": profile.rows, "checksum": profile.checksum}


def check(job: Job) -> dict[str, Any]:
    """Count the window, compare it with the baseline, and write `profile.bin`."""
    assert job.spec is not None
    assert job.baseline is not None
    spec = Spec.from_json(job.spec)
    log = _window(_log(job), job)
    window = _count(job, spec, log)
    (Path(job.folder) / "profile.bin").write_bytes(window.to_bytes())
    before = Profile.from_bytes(Path(job.baseline).read_bytes())
    pair = Pair(before, window, Limits.model_validate(job.checks or {}))
    report = comparing.compare(before, window, pair.limits, job.baseline_version)
    return {"report": explaining.whence(pair, report, _baseline_log(job, before), log).to_json()}


def _baseline_log(job: Job, before: Profile) -> Log | None:
    """Return the log that the baseline was counted from, or its stretch of the model's own; None where it is gone."""
    if not job.reference or job.reference.endswith(PROFILE):
        return None
    try:
        log = replace(_log(job), paths=predictions.find(job.reference))
    except BadLog:
        return None
    if job.reference != job.source["predictions"] or before.since is None or before.until is None:
        return log
    return replace(log, since=before.since, until=before.until + timedelta(milliseconds=1))


def analyze(job: Job) -> dict[str, Any]:
    """Compare a log with a reference, whole with whole; both are files that nobody registered."""
    assert job.reference is not None
    log, reference = _log(job), _reference_log(job)
    meter = Meter.of(job, log, *([reference] if reference else []))
    before = _reference(job, reference, meter)
    window = _count(job, before.spec, log, meter)
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
    return None if place.endswith(PROFILE) else replace(_log(job), paths=predictions.find(place), late_labels=())


def _reference(job: Job, log: Log | None, meter: Meter | None) -> Profile:
    """Return the profile of the reference: as stored, or counted from its log by the columns that are found."""
    if log is None:
        return _stored(str(job.reference))
    return _count(job, discovery.discover(predictions.sample(log), _told(job)), log, meter)


def _count(job: Job, spec: Spec, log: Log, meter: Meter | None = None) -> Profile:
    return engines.counted(spec, log, engines.Hands(job.engine, job.threads, meter.add if meter else None))


def screen(job: Job) -> dict[str, Any]:
    """Say how much each input of a log tells of each protected attribute."""
    log = _log(job)
    spec = discovery.discover(predictions.sample(log), _told(job))
    profile = _count(job, spec, log, Meter.of(job, log))
    return screening.report(proxies.screen(profile, explaining.reader(log), Limits()), profile.rows)


def decisions(job: Job) -> dict[str, Any]:
    """Write `decisions.parquet`: the window's last decisions, personal columns as keyed hashes."""
    log = _window(_log(job), job)
    kept: list[pa.RecordBatch] = []
    for batch in predictions.read(log):
        kept.append(batch)
        while sum(b.num_rows for b in kept) - kept[0].num_rows >= job.limit:
            kept.pop(0)  # files are in time order; the whole batch is older than the last `limit` rows
    table = pa.concat_tables([pa.Table.from_batches([b]) for b in kept], promote_options="permissive")
    time = log.column("timestamp")
    if time in table.column_names:
        table = table.take(pc.sort_indices(table, [(time, "ascending")]))
    table = table.slice(max(0, table.num_rows - job.limit))
    for name in job.personal:
        if name in table.column_names:
            table = table.set_column(table.column_names.index(name), name, _hashed(table[name], job.key))
    pq.write_table(table, Path(job.folder) / "decisions.parquet", compression="zstd")
    return {"rows": table.num_rows, "hashed": [name for name in job.personal if name in table.column_names]}


def affected(job: Job) -> dict[str, Any]:
    """Count the decisions in scope, and write `affected.csv`."""
    scope = Scope.from_json(job.scope or {})
    if scope.days is not None:
        log = _window(_log(job), replace(job, source=job.source | {"window_s": scope.days * 86_400}))
    else:
        log = replace(_log(job), since=scope.since, until=scope.until)
    return listing.write(log, scope, str(job.told["favourable"]), _pseudonym(job.key), Path(job.folder))


def validate(job: Job) -> dict[str, Any]:
    """Hold a candidate's predictions against the baseline and the champion's, and write `profile.bin` of them."""
    assert job.spec is not None
    assert job.baseline is not None
    log, asked = _log(job), job.candidate or {}
    since, until = (datetime.fromisoformat(asked[end]) if asked.get(end) else None for end in ("since", "until"))
    log = replace(log, since=since, until=until) if since or not asked["is_window"] else _window(log, job)
    found = candidates.predictions_of(str(asked["predictions"]), log)
    sides = candidates.counted(Spec.from_json(job.spec), log, found, str(asked["version"]))
    (Path(job.folder) / "profile.bin").write_bytes(sides.candidate.to_bytes())
    before = Profile.from_bytes(Path(job.baseline).read_bytes())
    limits = Limits.model_validate(job.checks or {})
    reports = Reports(*(comparing.compare(before, one, limits, job.baseline_version) for one in (before, *sides.both)))
    verdict = validating.judge(reports, sides.paired, Validation.model_validate(asked["rules"]))
    window = reports.candidate.window.to_json()
    return verdict.to_json() | {"window": window, "requests": sides.rows, "predicted": sides.predicted}


TASKS: dict[str, Callable[[Job], dict[str, Any]]] = {
    "baseline": baseline,
    "reset": reset,
    "compare": check,
    "decisions": decisions,
    "affected": affected,
    "analyze": analyze,
    "proxies": screen,
    "validate": validate,
}


def _hashed(column: pa.ChunkedArray, key: str) -> pa.Array:
    pseudonym = _pseudonym(key)

    def one(value: object) -> str | None:
        return None if value is None else pseudonym.hashed(str(value))

    return pa.array([one(value) for value in column.to_pylist()], pa.string())


def _pseudonym(key: str) -> Pseudonym:
    id, _, secret = key.partition(":")
    return Pseudonym(id, bytes.fromhex(secret))


def _log(job: Job) -> Log:
    labels = job.source.get("labels")
    return Log(
        paths=predictions.find(job.source["predictions"]),
        late_labels=predictions.find(labels) if labels else (),
        columns=job.source.get("columns") or {},
    )


def _told(job: Job) -> discovery.Told:
    return discovery.Told(
        columns=job.source.get("columns") or {},
        protected=tuple(job.told["protected"]),
        references=job.told["references"],
        favourable=None if job.told["favourable"] is None else str(job.told["favourable"]),
    )


def _window(log: Log, job: Job) -> Log:
    """Return the log bounded to the window: back from now, or from its newest row."""
    until = datetime.fromisoformat(job.source["now"])
    if job.source["ends"] == "latest":
        until = _newest(log) + timedelta(milliseconds=1)
    since = until - timedelta(seconds=job.source["window_s"])
    return Log(log.paths, since=since, until=until, late_labels=log.late_labels, columns=log.columns)


def _newest(log: Log) -> datetime:
    column = log.column("timestamp")
    newest: datetime | None = None
    for batch in predictions.read(Log(log.paths, columns=log.columns)):
        if column not in batch.schema.names:
            raise BadLog(Fault.COLUMN_MISSING, file=str(log.paths[0]), column=column)
        top = pc.max(batch.column(column).cast(pa.timestamp("ms", tz="UTC"))).as_py()
        newest = top if newest is None or (top is not None and top > newest) else newest
    if newest is None:
        raise BadLog(Fault.EMPTY, file=str(log.paths[0]))
    return newest
