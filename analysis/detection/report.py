"""`Report`: everything one comparison found, as data; `templates/words.py` adds the sentences."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from analysis.detection.alerts import Alert
from analysis.detection.findings import Finding
from analysis.profile import Profile
from analysis.vocabulary import Family, Verdict


@dataclass(frozen=True)
class Side:
    """What was compared: the baseline, or the window."""

    rows: int
    since: datetime | None
    until: datetime | None
    versions: tuple[str, ...]
    labelled: int
    checksum: str
    version: str | None = None  # of the baseline

    @classmethod
    def of(cls, profile: Profile, version: str | None = None) -> "Side":
        """Return the side that a profile stands for."""
        labelled = int(profile.total("outcome.hour", 3)[0])
        versions = tuple(sorted(profile.versions))
        return cls(profile.rows, profile.since, profile.until, versions, labelled, profile.checksum, version)

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object."""
        kept = asdict(self) | {"versions": list(self.versions)}
        kept["from"], kept["to"] = (end.isoformat() if end else None for end in (kept.pop("since"), kept.pop("until")))
        return kept

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Side":
        """Return the side that `to_json` wrote."""
        since, until = (datetime.fromisoformat(kept[end]) if kept[end] else None for end in ("from", "to"))
        return cls(
            kept["rows"], since, until, tuple(kept["versions"]), kept["labelled"], kept["checksum"], kept["version"]
        )


@dataclass(frozen=True)
class Report:
    """A comparison: both sides, the findings, the alerts, and the composite score with its parts."""

    baseline: Side
    window: Side
    findings: tuple[Finding, ...]
    alerts: tuple[Alert, ...]
    score: float = 0.0
    parts: Mapping[Family, float] = field(default_factory=dict)

    @property
    def is_enough(self) -> bool:
        """Return whether anything could be judged; where not, the report neither raises nor passes."""
        judged = (Verdict.OK, Verdict.NOTICE, Verdict.ALARM)
        return any(f.verdict in judged and f.metric != "composite" and "effect" in f.facts for f in self.findings)

    def of(self, metric: str, column: str | None = None, group: str | None = None) -> Finding:
        """Return one finding; raise KeyError where there is none."""
        for finding in self.findings:
            if (finding.metric, finding.column, finding.group) == (metric, column, group):
                return finding
        raise KeyError((metric, column, group))

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object, the same for the same profiles."""
        return {
            "baseline": self.baseline.to_json(),
            "window": self.window.to_json(),
            "enough": self.is_enough,
            "results": [finding.to_json() for finding in self.findings],
            "alerts": [alert.to_json() for alert in self.alerts],
            "composite": {"score": self.score, "parts": {name.value: part for name, part in self.parts.items()}},
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Report":
        """Return the report that `to_json` wrote."""
        return cls(
            Side.from_json(kept["baseline"]),
            Side.from_json(kept["window"]),
            tuple(Finding.from_json(one) for one in kept["results"]),
            tuple(Alert.from_json(one) for one in kept["alerts"]),
            kept["composite"]["score"],
            {Family(name): part for name, part in kept["composite"]["parts"].items()},
        )
