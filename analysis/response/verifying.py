"""Whether a fix holds: what an alert was raised for, measured again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from analysis.detection.alerts import Alert
from analysis.detection.findings import Finding, Reason
from analysis.detection.report import Report
from analysis.vocabulary import Verdict


class Holds(StrEnum):
    """How it went."""

    WELL = "well"  # back within its limits
    OVER = "over"  # still over
    UNKNOWN = "unknown"  # not enough data yet


class Window(StrEnum):
    """Whose decisions were looked at."""

    AFTER = "after"  # made since the fix
    MIXED = "mixed"  # some of them before it
    BEFORE = "before"  # all of them before it: they cannot show it


@dataclass(frozen=True)
class Measured:
    """One alert: what it was raised for, the value then and the value now."""

    then: Finding
    now: Finding | None
    holds: Holds

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object: the numbers, without the facts around them."""
        then, now = (replace(one, facts={}).to_json() if one else None for one in (self.then, self.now))
        return {"then": then, "now": now, "holds": self.holds.value}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> "Measured":
        """Return what `to_json` wrote."""
        now = Finding.from_json(kept["now"]) if kept["now"] else None
        return cls(Finding.from_json(kept["then"]), now, Holds(kept["holds"]))


def measure(alert: Alert, report: Report) -> Measured:
    """Return how the report finds what the alert is about.

    Its group may be a stretch of hours that another window does not have: then the worst of all groups counts.
    """
    lead = alert.lead
    about = [one for one in report.findings if (one.metric, one.column) == (lead.metric, lead.column)]
    named = [one for one in about if one.group == lead.group] or about
    now = max(named, key=lambda one: (one.verdict is Verdict.ALARM, one.rank), default=None)
    return Measured(lead, now, _holds(lead, now))


def _holds(lead: Finding, now: Finding | None) -> Holds:
    if now is None or now.verdict in (Verdict.INSUFFICIENT_DATA, Verdict.NOT_COMPUTABLE):
        return Holds.UNKNOWN
    is_as_old = lead.reason is Reason.STANDING and now.reason is Reason.STANDING
    return Holds.OVER if now.verdict is Verdict.ALARM or is_as_old else Holds.WELL


def window(report: Report, fixed_at: datetime) -> Window:
    """Return whether the decisions that the report looked at were made since the fix."""
    since, until = report.window.since, report.window.until
    if since is None or until is None or since >= fixed_at:
        return Window.AFTER
    return Window.BEFORE if until <= fixed_at else Window.MIXED


def verdict(measured: Sequence[Measured]) -> Holds:
    """Return how the whole went: over where one is over, well where all are."""
    found = {one.holds for one in measured}
    return next((one for one in (Holds.OVER, Holds.UNKNOWN) if one in found), Holds.WELL if found else Holds.UNKNOWN)


def others(report: Report, alerts: Sequence[Alert]) -> list[Alert]:
    """Return what the report raises beside those alerts: a fix may break something else."""
    known = {alert.fingerprint for alert in alerts}
    return [one for one in report.alerts if one.fingerprint not in known]
