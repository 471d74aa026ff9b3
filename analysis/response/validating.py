"""Whether a candidate may serve: its predictions on the validation window beside the champion's and the baseline."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from analysis.detection.alerts import Alert
from analysis.detection.findings import Finding
from analysis.detection.report import Report
from analysis.metrics.intervals import z_of
from analysis.response.serving import Validation
from analysis.vocabulary import Family, Severity
from analysis.vocabulary import Verdict as Judged

LEAST_COVERED = 0.95  # of the window's requests; who leaves out the difficult ones has not been tried

# Of these, a candidate shares whatever is amiss with the champion: both are asked about the same requests.
SHARED = frozenset({Family.DATA, Family.QUALITY, Family.OPERATIONS})

# What the table shows, in its order; a metric of groups has a row for each protected attribute.
SHOWN = (
    "disparate_impact_ratio", "demographic_parity_difference", "equal_opportunity_difference", "accuracy", "auc",
    "score_total_variation", "explanation_spearman",
)  # fmt: skip


class Why(StrEnum):
    """Why a candidate does not pass."""

    ALERT = "alert"  # it would raise an alert of its own
    ACCURACY = "accuracy"  # it is right less often than the champion, by more than the policy allows
    NOT_ENOUGH = "not_enough"  # too little to judge


@dataclass(frozen=True)
class Paired:
    """How often both were right on the same requests, of those whose outcome is known.

    >>> paired = Paired(rows=1000, champion=780, candidate=760, lost=60, won=40)
    >>> round(paired.drop, 3), [round(side, 4) for side in paired.interval]
    (0.02, [0.0003, 0.0396])
    """

    rows: int
    champion: int  # right decisions
    candidate: int
    lost: int  # the champion was right where the two differ
    won: int  # the candidate was

    @property
    def drop(self) -> float:
        """Return how much less often the candidate is right, as a share of the requests."""
        return (self.champion - self.candidate) / self.rows if self.rows else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Return the drop's 95 % interval of paired shares (Agresti & Min 2005: half a request added to each cell)."""
        n, lost, won = self.rows + 2, self.lost + 0.5, self.won + 0.5
        middle = (lost - won) / n
        half = z_of(0.95) * ((lost + won) - (lost - won) ** 2 / n) ** 0.5 / n
        return middle - half, middle + half


@dataclass(frozen=True)
class Value:
    """A number and how sure it is."""

    value: float | None = None
    interval: tuple[float, float] | None = None

    @classmethod
    def of(cls, finding: Finding | None) -> "Value":
        """Return what the finding measured; nothing where there was too little."""
        unknown = (Judged.INSUFFICIENT_DATA, Judged.NOT_COMPUTABLE)
        if finding is None or finding.verdict in unknown:
            return cls()
        return cls(finding.value, finding.interval)


@dataclass(frozen=True)
class Row:
    """A line of the table: one metric, on one attribute or on all."""

    metric: str
    column: str | None
    baseline: Value
    champion: Value
    candidate: Value
    fails: bool = False


@dataclass(frozen=True)
class Groups:
    """The two groups of an attribute that the champion or the candidate tells apart most: shares approved."""

    column: str
    lowest: str
    highest: str
    champion: tuple[float, float]
    candidate: tuple[float, float]
    is_alike: bool  # the candidate raises nothing about it
    was_alike: bool


@dataclass(frozen=True)
class Reason:
    """One reason why it does not pass: the finding that leads an alert, or what it is about."""

    why: Why
    severity: Severity | None = None
    finding: Finding | None = None

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object."""
        return {
            "why": self.why.value,
            "severity": self.severity.value if self.severity else None,
            "finding": self.finding.to_json() if self.finding else None,
        }


@dataclass(frozen=True)
class Reports:
    """The same baseline held against itself, the champion's decisions and the candidate's."""

    baseline: Report
    champion: Report
    candidate: Report


@dataclass(frozen=True)
class Verdict:
    """What was found; it passes where nothing speaks against it."""

    reasons: tuple[Reason, ...]
    rows: tuple[Row, ...]
    groups: tuple[Groups, ...]
    paired: Paired
    allowed_drop: float

    @property
    def passes(self) -> bool:
        """Return whether the candidate may serve."""
        return not self.reasons

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object."""
        paired = asdict(self.paired) | {"drop": self.paired.drop, "interval": list(self.paired.interval)}
        return {
            "passes": self.passes,
            "reasons": [one.to_json() for one in self.reasons],
            "table": [asdict(one) for one in self.rows],
            "groups": [asdict(one) for one in self.groups],
            "same_requests": paired | {"allowed_drop": self.allowed_drop},
        }


def judge(reports: Reports, paired: Paired, rules: Validation) -> Verdict:
    """Return whether the candidate passes: no alert of its own, no less right than the policy allows, enough to say."""
    own = [one for one in _own(reports, rules) if rules.worst is None or one.severity.rank >= rules.worst.rank]
    reasons = [Reason(Why.ALERT, one.severity, one.lead) for one in own]
    if paired.rows and paired.drop > rules.accuracy_drop and Family.MODEL not in rules.ignore:
        reasons.append(Reason(Why.ACCURACY))
    if not reports.candidate.is_enough:
        reasons.append(Reason(Why.NOT_ENOUGH))
    rows = tuple(_rows(reports, [one.finding for one in reasons if one.finding]))
    return Verdict(tuple(reasons), rows, tuple(_groups(reports)), paired, rules.accuracy_drop)


def _own(reports: Reports, rules: Validation) -> list[Alert]:
    """Return the candidate's alerts, less those of the requests themselves, which the champion has too."""
    of_requests = {one.fingerprint for one in reports.champion.alerts if one.family in SHARED}
    return [
        one
        for one in reports.candidate.alerts
        if one.family not in rules.ignore and not (one.family in SHARED and one.fingerprint in of_requests)
    ]


def _rows(reports: Reports, failing: list[Finding]) -> list[Row]:
    sides = [_found(one) for one in (reports.baseline, reports.champion, reports.candidate)]
    wrong = {(one.metric, one.column) for one in failing}
    keys = sorted(set(sides[2]), key=lambda key: (SHOWN.index(key[0]), key[1] or ""))
    found = []
    for key in keys:
        baseline, champion, candidate = (Value.of(side.get(key)) for side in sides)
        if candidate.value is not None:
            found.append(Row(*key, baseline, champion, candidate, fails=key in wrong))
    return found


def _found(report: Report) -> Mapping[tuple[str, str | None], Finding]:
    return {(one.metric, one.column): one for one in report.findings if one.metric in SHOWN}


def _groups(reports: Reports) -> list[Groups]:
    """Return for each attribute the groups that are furthest apart, where the champion told them apart: there."""
    champion, candidate = (_rates(one) for one in (reports.champion, reports.candidate))
    found = []
    for column in candidate:
        before = {group: rate for group, rate in champion.get(column, {}).items() if group in candidate[column]}
        if len(before) < 2:
            continue
        alike, was_alike = (_is_alike(one, column) for one in (reports.candidate, reports.champion))
        told_apart = candidate[column] if was_alike and not alike else before
        low, high = (pick(told_apart, key=lambda group: (told_apart[group], group)) for pick in (min, max))
        pairs = [(side[low], side[high]) for side in (before, candidate[column])]
        found.append(Groups(column, low, high, pairs[0], pairs[1], alike, was_alike))
    return found


def _rates(report: Report) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for one in report.findings:
        if one.metric == "selection_rate" and one.column and one.group and Value.of(one).value is not None:
            assert one.value is not None
            found.setdefault(one.column, {})[one.group] = one.value
    return found


def _is_alike(report: Report, column: str) -> bool:
    return not any(
        one.column == column and one.verdict is Judged.ALARM for one in report.findings if one.family is Family.FAIRNESS
    )
