"""What every task of a worker begins with: the log that a job names, its window, and how it is counted."""

from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from analysis import discovery
from analysis.errors import BadLog, Fault
from analysis.profile import Profile
from analysis.spec import Spec
from bot.meter import Meter
from bot.worker import Job
from storage import engines, predictions
from storage.predictions import Log

PROFILE = ".profile"  # how the name of a stored profile ends


def log(job: Job) -> Log:
    """Return the log that the job names, whole. Raise BadLog."""
    labels = job.source.get("labels")
    return Log(
        paths=predictions.find(job.source["predictions"]),
        late_labels=predictions.find(labels) if labels else (),
        columns=job.source.get("columns") or {},
    )


def told(job: Job) -> discovery.Told:
    """Return what is known of the log's columns."""
    return discovery.Told(
        columns=job.source.get("columns") or {},
        protected=tuple(job.told["protected"]),
        references=job.told["references"],
        favourable=None if job.told["favourable"] is None else str(job.told["favourable"]),
    )


def window(log: Log, job: Job) -> Log:
    """Return the log bounded to the window: back from now, or from its newest row."""
    until = datetime.fromisoformat(job.source["now"])
    if job.source["ends"] == "latest":
        until = _newest(log) + timedelta(milliseconds=1)
    since = until - timedelta(seconds=job.source["window_s"])
    return Log(log.paths, since=since, until=until, late_labels=log.late_labels, columns=log.columns)


def count(job: Job, spec: Spec, log: Log, meter: Meter | None = None) -> Profile:
    """Return the profile of the log; `meter` counts along."""
    return engines.counted(spec, log, engines.Hands(job.engine, job.threads, meter.add if meter else None))


def stored(place: str) -> Profile:
    """Return the profile of a file. Raise BadLog."""
    try:
        return Profile.from_bytes(Path(place).read_bytes())
    except OSError:
        raise BadLog(Fault.NOT_FOUND, file=place) from None


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
