"""`Finding`: one metric on one column or group, with all that is known about it and no prose."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

from analysis.vocabulary import Family, Severity, Verdict

Fact = str | int | float | bool | None | list[str] | list[float]


RULE = "rule"  # in place of a metric: the finding says how a rule of the policy went, its column is the rule's name


class Reason(StrEnum):
    """Why the verdict is what it is."""

    WITHIN = "within"  # within its limit, or there is none
    MATERIAL_NOT_CERTAIN = "material_not_certain"
    CERTAIN_NOT_MATERIAL = "certain_not_material"
    MATERIAL_AND_CERTAIN = "material_and_certain"
    BEYOND_ABSOLUTE = "beyond_absolute"  # even the bound nearest to equality is past the limit
    STANDING = "standing"  # as old as the baseline
    RULE_HOLDS = "rule_holds"  # as often in a row as the rule asks
    RULE_HOLDS_NOT_YET = "rule_holds_not_yet"
    NOT_MEASURED = "not_measured"  # what a rule asks about, in this window
    TOO_FEW_ROWS = "too_few_rows"
    TOO_FEW_IN_GROUPS = "too_few_in_groups"
    TOO_FEW_FEATURES = "too_few_features"
    NO_LABELS = "no_labels"
    ONE_CLASS = "one_class"
    CONSTANT = "constant"
    NOT_A_PROBABILITY = "not_a_probability"
    COLUMN_GONE = "column_gone"
    COLUMN_NEW = "column_new"
    NEVER_LOGGED = "never_logged"
    UNDEFINED = "undefined"


@dataclass(frozen=True)
class Finding:
    """One metric, on one column or group; `value` against `limit`, and how sure one can be.

    >>> finding = Finding(Family.DATA, "psi", "age", value=0.3, limit=0.25)
    >>> Finding.from_json(finding.to_json()) == finding
    True
    """

    family: Family
    metric: str
    column: str | None = None
    group: str | None = None
    value: float | None = None
    baseline_value: float | None = None
    interval: tuple[float, float] | None = None
    p: float | None = None
    q: float | None = None
    n_baseline: int = 0
    n_window: int = 0
    n_null: int = 0
    limit: float | None = None
    detectable: float | None = None  # the smallest effect that so many rows show in four of five cases
    verdict: Verdict = Verdict.OK
    severity: Severity | None = None
    reason: Reason = Reason.WITHIN
    facts: Mapping[str, Fact] = field(default_factory=dict)

    @property
    def rank(self) -> tuple[int, float]:
        """Return what makes one finding worse than another: its severity, then how far past the limit it is."""
        return (self.severity.rank if self.severity else -1, number(self.facts.get("weight")) or 0.0)

    @property
    def is_of_rule(self) -> bool:
        """Return whether it says how a rule of the policy went."""
        return self.metric == RULE

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object; infinities and NaN have no place in JSON and become null."""
        kept = asdict(self)
        kept["interval"] = None if self.interval is None else [_finite(side) for side in self.interval]
        kept["facts"] = {name: _finite(fact) for name, fact in sorted(self.facts.items())}
        return {name: _finite(value) for name, value in kept.items()}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Finding":
        """Return the finding that `to_json` wrote; what others added (a sentence) is left out."""
        known = {name: kept[name] for name in cls.__dataclass_fields__ if name in kept}
        kinds = {"family": Family, "verdict": Verdict, "reason": Reason}
        known |= {name: kind(known[name]) for name, kind in kinds.items() if name in known}
        severity, interval = known.get("severity"), known.get("interval")
        known["severity"] = Severity(severity) if severity else None
        known["interval"] = (interval[0], interval[1]) if interval else None
        return cls(**known)


def _finite(value: Any) -> Any:  # noqa: ANN401  (any JSON value)
    return None if isinstance(value, float) and not math.isfinite(value) else value


def number(fact: Fact) -> float | None:
    """Return a fact as a number, or None."""
    return float(fact) if isinstance(fact, int | float) else None


@dataclass(frozen=True)
class Draft:
    """A finding before it is judged: the test it belongs to, and the effect that is held against the limit."""

    finding: Finding
    test: str | None = None  # findings of one test share its p and q
    effect: float | None = None
    absolute: Severity | None = None  # severity of the bound nearest to equality
    standing: Severity | None = None  # severity that the baseline already has

    def told(self, **facts: Fact) -> "Draft":
        """Return the draft with more facts."""
        return replace(self, finding=replace(self.finding, facts={**self.finding.facts, **facts}))
