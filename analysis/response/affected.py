"""Which decisions an incident may have touched: those of the finding's group and time, or of the days before (C12)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from analysis.detection.alerts import Alert
from analysis.vocabulary import Family

AS_FOUND = "found"
PERIODS = (AS_FOUND, "7", "30", "90")  # days
REPORTED = 30  # days back from the log's end, where no check says since when (004, Verification)


@dataclass(frozen=True)
class Scope:
    """The column whose groups are counted, the group that is listed (none: all), and when: a span, or days."""

    column: str | None = None
    group: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    days: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object."""
        ends = {name: at.isoformat() if at else None for name, at in (("since", self.since), ("until", self.until))}
        return {"column": self.column, "group": self.group, "days": self.days, **ends}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Scope":
        """Return the scope that `to_json` wrote."""
        since, until = (datetime.fromisoformat(kept[end]) if kept[end] else None for end in ("since", "until"))
        return cls(kept["column"], kept["group"], since, until, kept["days"])


def scope(alert: Alert | None, period: str, protected: tuple[str, ...]) -> Scope:
    """Return what is in scope; `alert` is the finding that opened the incident, None where people reported it.

    >>> scope(None, "found", ("sex",))
    Scope(column='sex', group=None, since=None, until=None, days=30)
    """
    column, group = _group(alert, protected)
    if period != AS_FOUND:
        return Scope(column, group, days=int(period))
    if alert is None or alert.since is None:
        return Scope(column, group, days=REPORTED)
    return Scope(column, group, alert.since, alert.until)


def _group(alert: Alert | None, protected: tuple[str, ...]) -> tuple[str | None, str | None]:
    if alert is not None and alert.family is Family.FAIRNESS and alert.lead.column:
        group = alert.lead.group or alert.lead.facts.get("lowest")
        return alert.lead.column, str(group) if group else None
    if alert is not None and alert.segment is not None:
        return alert.segment
    return (protected[0] if protected else None), None
