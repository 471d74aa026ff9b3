"""Reads both logs once more where a check raised fairness or accuracy, to say where the change comes from."""

from collections.abc import Iterator

import pyarrow as pa

from analysis.detection.decomposition import Read, explained, is_owed
from analysis.detection.pair import Pair
from analysis.detection.report import Report
from analysis.errors import BadLog
from storage import predictions
from storage.predictions import Log

MOST_ROWS = 200_000_000  # of both sides: two readings of 20 columns take some two minutes and a half


def whence(pair: Pair, report: Report, before: Log | None, now: Log) -> Report:
    """Return the report with the origins of its alerts.

    Where the baseline's log is not given or can no longer be read, or both logs are very large, the two profiles tell
    what they can: a check that is done is never lost to its explanation.
    """
    if not is_owed(report):
        return report
    rows = pair.baseline.rows + pair.window.rows
    try:
        return explained(pair, report, (reader(before), reader(now)) if before and rows <= MOST_ROWS else None)
    except (BadLog, MemoryError):
        return explained(pair, report, None)


def reader(log: Log) -> Read:
    """Return what reads a log, as often as asked."""

    def read() -> Iterator[pa.RecordBatch]:
        return predictions.read(log)

    return read
