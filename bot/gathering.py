"""What a bundle of evidence holds beside the decisions, and the checklist of what is there and what is not."""

import glob
import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from analysis.policy import Watched
from analysis.response import cases
from analysis.response.serving import Logged
from bot import masking
from storage.incidents import IncidentView
from storage.tables import RetrainRequest

LOGS_BACK = timedelta(days=30)  # 004: “last 30 days”
LARGEST_LOG = 50 << 20  # bytes of each log, its newest ones
COMMAND_S = 60
NO_LOG = "no log of that kind is named in the policy (models.logs)"


@dataclass(frozen=True)
class Item:
    """A line of the checklist: the files that answer it, or why none does."""

    what: str
    files: tuple[str, ...] = ()
    instead: str = ""


COMPARED = ("family", "metric", "column", "group", "baseline_value", "value", "interval")

CHECKLIST = (
    # 000, Collect Evidence: what the lines below do not name
    Item("drift snapshot with the bounds of its window", ("drift_snapshot.json", "window.profile")),
    Item("fairness by group", ("drift_snapshot.json",)),
    Item("comparison with the model before", ("comparison.json",)),
    Item("charts", ("chart.png", "chart")),
    Item("audit extract with proof of inclusion", ("audit.jsonl",)),
    # 004, Evidence Preservation Checklist, in its order; what of it lies in which file
    Item("model files and weights", ("versions.json",), "names and checksums; the artefact stays where it is"),
    Item("hyperparameters and configuration", ("versions.json", "policy.json")),
    Item("training data manifest and metadata", ("versions.json",)),
    Item("feature engineering code and configuration", (), "in the repository that the version's commit names"),
    Item("preprocessing pipeline documentation", (), "not held by this product"),
    Item("application logs of the last 30 days", ("logs/application",), NO_LOG),
    Item("access and authentication logs", ("logs/access",), NO_LOG),
    Item("recent CI runs", ("logs/ci", "retrains.json"), NO_LOG),
    Item("serving logs: predictions and confidence", ("decisions.parquet",)),
    Item("performance metrics", ("drift_snapshot.json",)),
    Item("monitoring and alerting logs", ("checks.json", "audit.jsonl")),
    Item("user access logs", ("audit.jsonl",)),
    Item("commit history", (), "in the repository that the version's commit names"),
    Item("model versioning history", ("aliases.json", "versions.json")),
    Item("configuration changes", ("policies.json", "restraints.json")),
    Item("deployment records", ("aliases.json", "rollouts.json")),
    Item("recent predictions, input and output", ("decisions.parquet",)),
    Item("training data snapshot", ("baseline.profile",), "its profile and checksum; the data stay where they are"),
    Item("test data and validation results", ("retrains.json", "comparison.json")),
    Item("human review and override decisions", ("reviews.json", "approvals.json", "votes.json", "restraints.json")),
    Item("incident timeline", ("timeline.json", "report.md")),
    Item("assessment notes", ("timeline.json",)),
    Item("forensic analysis notes", ("timeline.json", "report.md")),
    Item("communication records", ("messages.json",)),
    Item("decision logs", ("audit.jsonl", "timeline.json")),
    Item("prompts and outputs", (), "not applicable to a tabular model"),
)


def checklist(names: Mapping[str, str], missing: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return each line with the files that are there (name → SHA-256), and where none is, why."""
    return [_line(item, names, missing) for item in CHECKLIST]


def _line(item: Item, names: Mapping[str, str], missing: Mapping[str, str]) -> dict[str, Any]:
    found = sorted(name for name in names for wanted in item.files if name == wanted or name.startswith(f"{wanted}-"))
    lacking = [missing[name] for name in item.files if name in missing]
    why = "; ".join(dict.fromkeys(lacking)) or ("" if found else item.instead or "nothing is on record")
    note = {"note": item.instead} if found and item.instead and item.instead != NO_LOG else {}
    return {"what": item.what, "files": found} | ({"missing": why} if why else {}) | note


def about(view: IncidentView, history: Mapping[str, list[dict[str, Any]]]) -> set[str]:
    """Return the ids by which the audit log names the incident, its alerts, what was asked for it, left to people."""
    incident = view.incident.id
    asked = [one for name in ("approvals", "retrains", "rollouts") for one in history[name]]
    mine = {str(one["id"]) for one in asked if incident in (one.get("incident_id"), one.get("subject"))}
    left = {cases.entity(one["model_id"], one["id"]) for one in history["reviews"] if one["incident_id"] == incident}
    return {incident, *(alert.id for alert in view.alerts)} | mine | left


def comparison(report: Mapping[str, Any], retrains: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the version before beside the one now, metric by metric, and each candidate that was validated since."""
    versions = report.get("versions") or {}
    return {
        "before": "the active baseline",
        "versions": versions,
        "metrics": [
            {name: one.get(name) for name in COMPARED}
            for one in report.get("results", [])
            if one.get("baseline_value") is not None and one.get("value") is not None
        ],
        "candidates": [
            {name: one[name] for name in ("id", "candidate", "status", "validation")}
            for one in retrains
            if one["validation"]
        ],
    }


def logs(watched: Watched, folder: Path, now: datetime) -> dict[str, str]:
    """Copy the logs that the policy names into `logs/`, secrets masked; return what is missing and why."""
    missing: dict[str, str] = {}
    for log in watched.logs:
        text, why = _text(log, now)
        if why:
            missing[f"logs/{log.kind}"] = f"{log.name}: {why}"
        if text:
            _keep(folder, f"{log.kind}-{log.name}", text)
    return missing


def pipelines(retrains: Sequence[RetrainRequest], folder: Path) -> None:
    """Copy what each retrain's pipeline printed on this machine into `logs/`, secrets masked."""
    for one in retrains:
        printed = Path(one.log_path) if one.log_path else None
        if printed is not None and printed.is_file():
            _keep(folder, f"ci-{one.id.lower()}", _newest(printed, LARGEST_LOG))


def _keep(folder: Path, name: str, text: str) -> None:
    target = folder / "logs" / f"{name}.txt"
    target.parent.mkdir(exist_ok=True)
    target.write_text(masking.everything(text), encoding="utf-8")


def _newest(path: Path, most: int) -> str:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - most))
        return file.read(most).decode("utf-8", "replace")


def _text(log: Logged, now: datetime) -> tuple[str, str]:
    if log.path is not None:
        return _of_files(sorted(map(Path, glob.glob(log.path, recursive=True))), now)
    try:
        ran = subprocess.run(
            log.command, capture_output=True, text=True, errors="replace", timeout=COMMAND_S, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        return "", f"the command could not be run ({error})"
    return ran.stdout[-LARGEST_LOG:], f"the command ended with code {ran.returncode}" if ran.returncode else ""


def _of_files(paths: list[Path], now: datetime) -> tuple[str, str]:
    """Return the newest lines of the files that changed in the last 30 days, oldest file first."""
    recent, why, left = [], "", LARGEST_LOG
    for path in sorted(paths, key=lambda one: one.stat().st_mtime if one.exists() else 0, reverse=True):
        try:
            if datetime.fromtimestamp(path.stat().st_mtime, UTC) < now - LOGS_BACK or left <= 0:
                continue
            size, text = path.stat().st_size, _newest(path, left)
        except OSError as error:
            why = f"{path} cannot be read ({error.strerror})"
            continue
        left -= size
        recent.append(f"── {path} ──\n{text}")
    return "\n".join(reversed(recent)), why or ("" if recent else "no file of the last 30 days is there")


def masked(value: object) -> bytes:
    """Return the same without secrets: the policy names addresses, which may have some.

    >>> masked("http://bot:hush@host").decode()
    '"http://bot:…@host"'
    """
    return masking.everything(as_json(value).decode()).encode()


def as_json(value: object) -> bytes:
    """Return canonical-looking JSON that a person can read."""
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False, default=_plain).encode()


def _plain(value: object) -> str:
    assert isinstance(value, datetime)
    return value.isoformat()
