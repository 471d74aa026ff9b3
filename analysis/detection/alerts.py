"""`Alert`: one cause, with its consequences; what people are told about."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from analysis.detection.findings import Finding
from analysis.detection.origins import Origin
from analysis.vocabulary import Family, Severity


@dataclass(frozen=True)
class Alert:
    """A cause, named by the finding that leads it; `fingerprint` is the same for the same cause in the next run."""

    family: Family
    severity: Severity
    lead: Finding
    consequences: tuple[Finding, ...]
    fingerprint: tuple[str, ...]
    columns: tuple[str, ...] = ()  # every column that is part of the cause
    since: datetime | None = None
    until: datetime | None = None  # None while it lasts
    segment: tuple[str, str] | None = None  # category and value in which it happens
    versions: tuple[str, ...] = ()  # model versions that are new in the window, where that is the cause
    composite: float = 0.0
    origins: tuple[Origin, ...] = ()  # where the changes of fairness and accuracy come from

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object."""
        return {
            "type": self.family.value,
            "family": self.family.value,
            "severity": self.severity.value,
            "cause": self.lead.to_json(),
            "columns": list(self.columns),
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat() if self.until else None,
            "segment": list(self.segment) if self.segment else None,
            "versions": list(self.versions),
            "composite": self.composite,
            "fingerprint": list(self.fingerprint),
            "consequences": [finding.to_json() for finding in self.consequences],
            "origins": [origin.to_json() for origin in self.origins],
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Alert":
        """Return the alert that `to_json` wrote."""
        since, until = (datetime.fromisoformat(kept[end]) if kept[end] else None for end in ("since", "until"))
        return cls(
            Family(kept["family"]),
            Severity(kept["severity"]),
            Finding.from_json(kept["cause"]),
            tuple(Finding.from_json(one) for one in kept["consequences"]),
            tuple(kept["fingerprint"]),
            tuple(kept["columns"]),
            since,
            until,
            (kept["segment"][0], kept["segment"][1]) if kept["segment"] else None,
            tuple(kept["versions"]),
            kept["composite"],
            tuple(Origin.from_json(one) for one in kept.get("origins", ())),
        )
