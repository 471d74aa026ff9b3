"""What a bundle of evidence is made from, and what its `case_bundle.json` says of that."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from sqlmodel import SQLModel

from analysis.response import cases
from bot import gathering
from storage.files import sha256
from storage.incidents import IncidentView
from storage.inclusion import Moved, Stretch
from storage.tables import Baseline, Bundle, Run

LAST = 10_000  # decisions (000, Collect Evidence)


@dataclass(frozen=True)
class Gathered:
    """The records of one moment, read in one transaction."""

    view: IncidentView
    about: set[str]  # ids by which the audit log names what belongs to the incident
    rows: Stretch
    moved: Moved
    head: tuple[int, str]
    baseline: Baseline | None
    runs: dict[int, Run]  # that saw its alerts
    history: dict[str, list[dict[str, Any]]]
    queries: dict[str, str]  # by which that is asked for again
    at: datetime

    @property
    def run(self) -> Run | None:
        """Return the run that saw the first alert."""
        seen_by = (alert.run_id for alert in self.view.alerts if alert.run_id is not None)
        return self.runs.get(next(seen_by, 0))


def conclude(gathered: Gathered, folder: Path, bundle: Bundle, missing: Mapping[str, str]) -> None:
    """Write the case: what is known of the incident, and the checklist of what is there and what is not."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    names = {path.relative_to(folder).as_posix(): sha256(path) for path in files}
    case = _case(gathered, bundle, gathering.checklist(names, missing))
    case["tables"] = _tables(folder, names, gathered)
    (folder / "case_bundle.json").write_bytes(gathering.as_json(case))


def _tables(folder: Path, names: Mapping[str, str], gathered: Gathered) -> dict[str, Any]:
    """Return of each table how many rows it has and their SHA-256, and how it is asked for again."""
    counts = {f"{name}.json": len(found) for name, found in gathered.history.items() if found}
    counts["audit.jsonl"] = (folder / "audit.jsonl").read_bytes().count(b"\n")
    decisions = folder / "decisions.parquet"
    if decisions.exists():
        counts["decisions.parquet"] = pq.read_metadata(decisions).num_rows
    how = {f"{name}.json": query for name, query in gathered.queries.items()} | {
        "decisions.parquet": f"the newest {LAST} rows of the model's log (models.source in policy.json), of 64 windows",
        "audit.jsonl": f"{gathered.queries['audit']}; and the same of the segments that were moved to files",
    }
    return {name: {"rows": rows, "sha256": names[name], "how": how[name]} for name, rows in counts.items()}


def _case(gathered: Gathered, bundle: Bundle, checklist: list[dict[str, Any]]) -> dict[str, Any]:
    view = gathered.view
    report = gathered.run.report if gathered.run else {}
    return {
        "incident": _record(view.incident),
        "version": bundle.version,
        "alerts": [_record(alert) for alert in view.alerts],
        "model": _record(view.model) | {"versions_seen": report.get("versions")},
        "oversight": [_record(one) for one in view.restraints],
        "baseline": _about(gathered.baseline),
        "fairness_metrics": [one for one in report.get("results", []) if one.get("family") == "fairness"],
        "human_review": cases.summary(gathered.history["reviews"]),
        "evaluations": [_record(request) for request in view.retrains],
        "audit_head": {"seq": gathered.head[0], "hash": gathered.head[1]},
        "checklist": checklist,
        "missing": {one["what"]: one["missing"] for one in checklist if "missing" in one},
    }


def _about(baseline: Baseline | None) -> dict[str, Any] | None:
    return baseline.model_dump(mode="json", exclude={"profile"}) if baseline else None


def _record(record: SQLModel) -> dict[str, Any]:
    return record.model_dump(mode="json")
