"""What the analysis kept with an alert and a run, read back as it was; None where an older version kept less."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from analysis.detection.alerts import Alert as Raised
from analysis.detection.findings import Finding
from analysis.detection.report import Report
from storage.tables import Alert as Stored
from templates import figures, names

UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, IndexError)


def raised(alert: Stored | None) -> Raised | None:
    """Return the alert as the analysis raised it."""
    try:
        return Raised.from_json(alert.details) if alert else None
    except UNREADABLE:
        return None


def report(kept: Mapping[str, Any]) -> Report | None:
    """Return the report of a run."""
    try:
        return Report.from_json(kept) if kept else None
    except UNREADABLE:
        return None


def group_rates(found: Report | None, column: str | None) -> list[Finding]:
    """Return the approval rates of an attribute's groups, those that are known."""
    results = found.findings if found else ()
    return [f for f in results if f.metric == "selection_rate" and f.column == column and f.value is not None]


def written(finding: Finding, value: float | None) -> str:
    """Return one of a finding's numbers as people read it."""
    return "not known" if value is None else figures.UNITS[names.metric(finding.metric).unit](value)


def fact(finding: Finding, name: str) -> float | None:
    """Return a fact of the finding that is a number."""
    value = finding.facts.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def listed(finding: Finding, name: str) -> list[str]:
    """Return a fact of the finding that is a list of names."""
    value = finding.facts.get(name)
    return [str(one) for one in value] if isinstance(value, list) else []


def text(kept: Mapping[str, Any], key: str) -> str | None:
    """Return a word that is kept under the key, or None."""
    return str(kept[key]) if kept.get(key) not in (None, "") else None


def whole(kept: Mapping[str, Any], key: str) -> int | None:
    """Return a whole number that is kept under the key, or None."""
    value = kept.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def moment(value: object) -> datetime | None:
    """Return the aware time that was kept as text, or None."""
    if isinstance(value, datetime):
        return value
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return at if at.tzinfo else None
