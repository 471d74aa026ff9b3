"""How much is too much, and how sure one must be: the `checks:` section of a policy.

The defaults are the table of REQUIREMENTS.md (003 as the stricter and the later; ours where no source gives one).
Imports nothing heavy: the command line reads this at every start.
"""

import operator
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator

from analysis.vocabulary import Family, Severity

Compare = Callable[[float, float], bool]
SIGNS: dict[str, Compare] = {">=": operator.ge, ">": operator.gt, "<=": operator.le, "<": operator.lt}


class Border:
    """One border, written as people write it: `> 0.05`, `>= 0.10`, `< 0.80`.

    >>> Border("< 0.80").is_passed(0.8), Border("≥ 0.1").is_passed(0.1)
    (False, True)
    """

    def __init__(self, text: str) -> None:
        match = re.fullmatch(r"\s*(>=|<=|>|<|≥|≤)\s*(-?\d+(?:\.\d+)?)\s*(%?)\s*", text)
        if not match:
            raise ValueError(f"“{text}” is no limit: write a sign and a number, like > 0.05 or < 0.80")
        self.sign = match[1].replace("≥", ">=").replace("≤", "<=")
        self.value = float(match[2]) / (100 if match[3] else 1)

    def is_passed(self, value: float) -> bool:
        """Return whether a value lies beyond the border."""
        return SIGNS[self.sign](value, self.value)

    @property
    def is_upper(self) -> bool:
        """Return whether larger is worse."""
        return self.sign.startswith(">")

    def __str__(self) -> str:
        return f"{self.sign} {self.value:.10g}"

    def __repr__(self) -> str:
        return f"Border({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Border) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))


def _border(text: object) -> Border:
    if isinstance(text, Border):
        return text
    if not isinstance(text, str):
        raise ValueError(f"“{text}” is no limit: write a sign and a number, like > 0.05 or < 0.80")
    return Border(text)


def _severity(text: object) -> object:
    return Severity.parse(text) if isinstance(text, str) else text


Level = Annotated[Severity, BeforeValidator(_severity)]  # a severity under any of its names
Edge = Annotated[Border, BeforeValidator(_border, json_schema_input_type=str), PlainSerializer(str, return_type=str)]


class Part(BaseModel):
    """A part of the checks: immutable, and an unknown key is an error that names it."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class Limit(Part):
    """The borders of one metric; the worst one that is passed gives the severity.

    >>> Limit(medium="> 0.05", critical="> 0.10").severity(0.07)
    <Severity.MEDIUM: 'medium'>
    """

    low: Edge | None = None
    medium: Edge | None = None
    high: Edge | None = None
    critical: Edge | None = None

    @property
    def borders(self) -> list[tuple[Severity, Border]]:
        """Return the borders that are set, mildest first."""
        return [(s, border) for s in Severity if (border := getattr(self, s.value)) is not None]

    @model_validator(mode="after")
    def is_ordered(self) -> "Limit":
        """Return the limit; raise ValueError where a worse severity has the laxer border."""
        borders = [border for _, border in self.borders]
        for mild, bad in pairwise(borders):
            worse = bad.value >= mild.value if mild.is_upper else bad.value <= mild.value
            if mild.is_upper != bad.is_upper or not worse:
                raise ValueError(f"{bad} cannot be worse than {mild}")
        return self

    def severity(self, value: float) -> Severity | None:
        """Return the worst severity whose border the value passes, or None."""
        passed = [severity for severity, border in self.borders if border.is_passed(value)]
        return passed[-1] if passed else None

    def border(self, severity: Severity | None) -> float | None:
        """Return the border of a severity, or the mildest one: what a value is shown against."""
        values = dict(self.borders)
        if severity in values:
            return values[severity].value
        return self.borders[0][1].value if self.borders else None


def _limit(**borders: str) -> Limit:
    return Limit(**borders)


# REQUIREMENTS, Default thresholds. AUC drop, the score's PSI and the gap of accuracies
# have no row there; they follow accuracy, PSI and the other gaps.
DEFAULTS: dict[str, Limit] = {
    "demographic_parity_difference": _limit(medium="> 0.05", critical="> 0.10"),
    "equal_opportunity_difference": _limit(medium="> 0.05", critical="> 0.10"),
    "disparate_impact_ratio": _limit(medium="< 0.90", critical="< 0.80"),
    "psi": _limit(medium=">= 0.10", critical=">= 0.25"),
    "kl": _limit(medium=">= 0.10", critical=">= 0.30"),
    "wasserstein_over_std": _limit(medium=">= 0.15", critical="> 0.30"),
    "null_increase": _limit(medium=">= 0.05", critical=">= 0.15"),
    "unseen_share": _limit(medium=">= 0.01", high=">= 0.10"),
    "out_of_range_share": _limit(medium=">= 0.01", high=">= 0.10"),
    "accuracy_gap": _limit(medium="> 0.05", critical="> 0.10"),
    "accuracy": _limit(),  # a stated minimum, where a policy has one: high: "< 0.70"
    "auc": _limit(),
    "accuracy_drop": _limit(high="> 0.05", critical="> 0.10"),
    "auc_drop": _limit(high="> 0.05", critical="> 0.10"),
    "score_total_variation": _limit(medium="> 0.20", critical="> 0.40"),
    "score_psi": _limit(medium=">= 0.10", critical=">= 0.25"),
    "output_entropy_change": _limit(medium="> 0.25", critical="> 0.50"),
    "explanation_spearman": _limit(medium="< 0.80", high="< 0.60"),
    "error_rate": _limit(high="> 0.01", critical="> 0.05"),
    "latency_p95_ratio": _limit(high="> 3", critical="> 10"),
    "composite": _limit(medium="> 0.20", critical="> 0.30"),
}
PLAYBOOK = {"equal_opportunity_difference": _limit(critical=">= 0.20")}  # 000, Alert severity
QUIET = {
    Family.DATA: Severity.HIGH, Family.QUALITY: Severity.HIGH, Family.OPERATIONS: Severity.HIGH,
    Family.EXPLANATION: Severity.MEDIUM,
}  # fmt: skip


class Sizes(Part):
    """The least that is judged (DEFINITIONS, When a finding raises); below, a finding says there is too little."""

    rows: int = Field(default=100, ge=1)  # non-null rows of a distribution
    group_rows: int = Field(default=30, ge=1)
    group_events: int = Field(default=5, ge=0)  # expected events, and as many non-events
    features: int = Field(default=5, ge=2)  # features in an explanation ranking
    hour_requests: int = Field(default=100, ge=1)  # neighbouring hours are merged until they have as many


class Persistence(Part):
    """How often a finding must come back before it opens, and stay away before it closes (hysteresis)."""

    open_k: int = Field(default=1, ge=1)
    open_of: int = Field(default=1, ge=1)
    clear: int = Field(default=1, ge=1)
    medium_becomes_high_after: int = Field(default=3, ge=1)  # runs in a row

    @model_validator(mode="after")
    def is_possible(self) -> "Persistence":
        """Return it; raise ValueError where more runs are asked for than are looked at."""
        if self.open_k > self.open_of:
            raise ValueError(f"open_k: {self.open_k} of the last {self.open_of} runs can never happen")
        return self


class Limits(Part):
    """The `checks:` section of a policy.

    A metric that is named replaces its own default and leaves the others.

    >>> Limits(limits={"psi": {"medium": ">= 0.2"}}).limit("psi").severity(0.3)
    <Severity.MEDIUM: 'medium'>
    >>> Limits().limit("disparate_impact_ratio").severity(0.8)
    <Severity.MEDIUM: 'medium'>
    """

    preset: Literal["monitoring", "playbook", "quiet"] = "monitoring"
    alpha: float = Field(default=0.005, gt=0, lt=1)
    bound: float = Field(default=0.99, gt=0.5, lt=1)  # confidence of the bound an absolute fairness limit is held to
    sizes: Sizes = Sizes()
    persistence: Persistence = Persistence()
    severity_caps: dict[Family, Level] = {}
    limits: dict[str, Limit] = {}

    @model_validator(mode="after")
    def is_known(self) -> "Limits":
        """Return the limits; raise ValueError for a metric that has none, naming those that have."""
        strange = sorted(set(self.limits) - set(DEFAULTS))
        if strange:
            raise ValueError(f"limits: {', '.join(strange)} is no metric with a limit; there are {', '.join(DEFAULTS)}")
        return self

    def limit(self, metric: str) -> Limit:
        """Return the borders of a metric: the policy's, the preset's, the default's, or none."""
        preset = PLAYBOOK if self.preset == "playbook" else {}
        return self.limits.get(metric) or preset.get(metric) or DEFAULTS.get(metric) or Limit()

    def cap(self, family: Family) -> Severity:
        """Return the worst severity that a family may have."""
        preset = QUIET if self.preset == "quiet" else {}
        return self.severity_caps.get(family) or preset.get(family) or Severity.CRITICAL
