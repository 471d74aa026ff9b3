"""What a worker process does: count a baseline, compare a window, judge a candidate, copy the last decisions."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analysis import discovery
from analysis.errors import BadLog, Fault, Refused
from analysis.profile import Profile
from analysis.response.affected import Scope
from analysis.spec import Spec
from bot import jobs, listing
from bot.meter import Meter
from bot.pseudonyms import Pseudonym
from bot.worker import Job
from storage import predictions
from storage.predictions import Log

EXPECTED = (Refused, MemoryError)
WINDOWS = (1, 8, 64)  # in how many windows back the last decisions are looked for


def sentence(error: Exception) -> str:
    """Return one line for a person."""
    if isinstance(error, Refused):
        from templates import answers  # noqa: PLC0415  (knows every table, which only a refusal needs)

        return answers.refusal(error)
    return "The log needs more memory than a check may have."


def baseline(job: Job) -> dict[str, Any]:
    """Find out what the log looks like where nothing is pinned, count all of it, and write `profile.bin`."""
    if job.source["predictions"].endswith(jobs.PROFILE):
        return _kept(job, jobs.stored(job.source["predictions"]))
    return _kept(job, _counted(job, jobs.log(job)))


def reset(job: Job) -> dict[str, Any]:
    """Count the newest stretch of the model's log as its next baseline, and write `profile.bin`."""
    return _kept(job, _counted(job, jobs.window(jobs.log(job), job)))


def _counted(job: Job, log: Log) -> Profile:
    """Return the profile of a log by the pinned columns, all of which it must have, or by those that are found."""
    spec = Spec.from_json(job.spec) if job.spec else discovery.discover(predictions.sample(log), jobs.told(job))
    profile = jobs.count(job, spec, log, Meter.of(job, log))
    if profile.rows == 0:
        raise BadLog(Fault.EMPTY, file=str(log.paths[0]))
    lacking = [name for name in (*spec.roles.values(), *spec.features, *spec.protected) if not profile.has(name)]
    if lacking:
        raise BadLog(Fault.COLUMN_MISSING, file=str(log.paths[0]), column=lacking[0])
    return profile


def _kept(job: Job, profile: Profile) -> dict[str, Any]:
    (Path(job.folder) / "profile.bin").write_bytes(profile.to_bytes())
    return {"spec": profile.spec.to_json(), "rows": profile.rows, "checksum": profile.checksum}


def decisions(job: Job) -> dict[str, Any]:
    """Write `decisions.parquet`: the log's last decisions, personal columns as keyed hashes."""
    log = jobs.window(jobs.log(job), job)
    kept = _last(log, job)
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


def _last(log: Log, job: Job) -> list[pa.RecordBatch]:
    """Return the newest rows: of the window, and where those are too few of a longer one; never of a whole history."""
    assert log.until is not None  # it is a window
    kept: list[pa.RecordBatch] = []
    for windows in WINDOWS:
        before, kept = sum(one.num_rows for one in kept), []
        span = timedelta(seconds=job.source["window_s"]) * windows
        for batch in predictions.read(replace(log, since=log.until - span)):
            kept.append(batch)
            while sum(one.num_rows for one in kept) - kept[0].num_rows >= job.limit:
                kept.pop(0)  # files are in time order; the whole batch is older than the last `limit` rows
        rows = sum(one.num_rows for one in kept)
        if rows >= job.limit or 0 < rows == before:
            break
    return kept


def affected(job: Job) -> dict[str, Any]:
    """Count the decisions in scope, and write `affected.csv`."""
    scope = Scope.from_json(job.scope or {})
    if scope.days is not None:
        log = jobs.window(jobs.log(job), replace(job, source=job.source | {"window_s": scope.days * 86_400}))
    else:
        log = replace(jobs.log(job), since=scope.since, until=scope.until)
    return listing.write(log, scope, str(job.told["favourable"]), _pseudonym(job.key), Path(job.folder))


def _comparing(name: str, job: Job) -> dict[str, Any]:
    """Do a task for which the metrics are needed, whose loading takes a third of a second."""
    from bot import comparisons  # noqa: PLC0415

    task: Callable[[Job], dict[str, Any]] = getattr(comparisons, name)
    return task(job)


TASKS: dict[str, Callable[[Job], dict[str, Any]]] = {
    "baseline": baseline,
    "reset": reset,
    "compare": partial(_comparing, "check"),
    "decisions": decisions,
    "affected": affected,
    "analyze": partial(_comparing, "analyze"),
    "proxies": partial(_comparing, "screen"),
    "validate": partial(_comparing, "validate"),
}


def _hashed(column: pa.ChunkedArray, key: str) -> pa.Array:
    pseudonym = _pseudonym(key)

    def one(value: object) -> str | None:
        return None if value is None else pseudonym.hashed(str(value))

    return pa.array([one(value) for value in column.to_pylist()], pa.string())


def _pseudonym(key: str) -> Pseudonym:
    id, _, secret = key.partition(":")
    return Pseudonym(id, bytes.fromhex(secret))
