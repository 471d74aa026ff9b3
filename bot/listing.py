"""Counts the decisions in scope by group and outcome and lists them, ids as keyed hashes; in the worker."""

import csv
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa

from analysis.response.affected import Scope
from bot.pseudonyms import Pseudonym
from bot.sheets import safe
from storage import predictions
from storage.predictions import Log

FILE = "affected.csv"
MOST = 1_000_000  # rows that a spreadsheet opens; all are counted
UNKNOWN = "not known"


def write(log: Log, scope: Scope, favourable: str, pseudonym: Pseudonym, folder: Path) -> dict[str, Any]:
    """Return the counts, and write the list of those in the group; each line has time, id, group and outcome."""
    counts: Counter[tuple[str, str]] = Counter()
    listed = 0
    with (folder / FILE).open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\r\n")
        rows.writerow(["time", "request_id_hashed", scope.column or "group", "outcome"])
        for batch in predictions.read(log):
            groups, outcomes = _groups(batch, scope), _outcomes(batch, log, favourable)
            counts.update(zip(groups, outcomes, strict=True))
            times, ids = _column(batch, log.column("timestamp")), _column(batch, log.column("request_id"))
            for at, id, group, outcome in zip(times, ids, groups, outcomes, strict=True):
                if (scope.group is None or group == scope.group) and listed < MOST:
                    hashed = "" if id is None else pseudonym.hashed(str(id))
                    rows.writerow([safe(one) for one in (str(at), hashed, group, outcome)])
                    listed += 1
    found = [{"group": group, "outcome": outcome, "decisions": n} for (group, outcome), n in sorted(counts.items())]
    return {"rows": sum(counts.values()), "listed": listed, "groups": found}


def _groups(batch: pa.RecordBatch, scope: Scope) -> list[str]:
    if scope.column is None:
        return ["all"] * batch.num_rows
    return [UNKNOWN if one is None else str(one) for one in _column(batch, scope.column)]


def _outcomes(batch: pa.RecordBatch, log: Log, favourable: str) -> list[str]:
    words = {favourable: "favourable"}
    found = _column(batch, log.column("decision"))
    return [UNKNOWN if one is None else words.get(str(one), "unfavourable") for one in found]


def _column(batch: pa.RecordBatch, name: str) -> list[Any]:
    return batch.column(name).to_pylist() if name in batch.schema.names else [None] * batch.num_rows
