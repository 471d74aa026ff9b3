"""How well a team responds, against what it set itself (D4; 001 §9–10)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from statistics import median

from analysis.response.learning import POLICY_UPDATE
from analysis.response.terms import Terms
from analysis.vocabulary import Severity

REPEATS = 0.05  # of the incidents that were opened; 001 §9: fewer than that


class Figure(StrEnum):
    """What is measured."""

    ACKNOWLEDGE = "acknowledge"
    CONTAIN = "contain"
    ROOT_CAUSE = "root_cause"
    RESOLVE = "resolve"
    REPEATS = "repeats"
    POLICY_LAG = "policy_lag"
    BREACHES = "breaches"
    OPEN_CRITICAL = "open_critical"


# Which clock's span is the target of a time.
CLOCK = {
    Figure.ACKNOWLEDGE: "acknowledge",
    Figure.CONTAIN: "contain",
    Figure.ROOT_CAUSE: "root_cause",
    Figure.RESOLVE: "fix",
}


@dataclass(frozen=True)
class Seen:
    """What happened in a stretch of time; drills are left out."""

    spans: Mapping[tuple[Figure, Severity], tuple[timedelta, ...]]  # how long each took
    opened: int = 0
    reopened: int = 0  # of them
    repeated: int = 0  # of them, those whose cause had been there before, and those that were reopened
    policy_lags: tuple[timedelta, ...] = ()  # from a review to its update; of one still owed, until now
    breaches: int = 0  # deadlines whose time came
    open_critical: int = 0  # now


@dataclass(frozen=True)
class Measured:
    """One figure: a median time by severity, a share, a count or the longest lag; its target, None: it has none."""

    figure: Figure
    value: timedelta | float
    target: timedelta | float | None
    severity: Severity | None = None

    @property
    def is_met(self) -> bool:
        """Return whether the target is reached; what has none cannot miss it."""
        if self.target is None:
            return True
        if self.figure is Figure.REPEATS:
            return self.value < self.target or not self.value  # type: ignore[operator]
        return self.value <= self.target  # type: ignore[operator]


def measure(seen: Seen, terms: Mapping[Severity, Terms]) -> list[Measured]:
    """Return every figure that there is something to say of, times first, the worst severity before the others."""
    found = list(_times(seen, terms))
    if seen.opened:
        found.append(Measured(Figure.REPEATS, seen.repeated / seen.opened, REPEATS))
    if seen.policy_lags:
        found.append(Measured(Figure.POLICY_LAG, max(seen.policy_lags), POLICY_UPDATE))
    return [
        *found,
        Measured(Figure.BREACHES, float(seen.breaches), 0.0),
        Measured(Figure.OPEN_CRITICAL, float(seen.open_critical), 0.0),
    ]


def missed(found: Iterable[Measured]) -> list[Measured]:
    """Return the figures that do not reach their target."""
    return [one for one in found if not one.is_met]


def _times(seen: Seen, terms: Mapping[Severity, Terms]) -> Iterator[Measured]:
    for figure, clock in CLOCK.items():
        for severity in reversed(Severity):
            spans = seen.spans.get((figure, severity))
            if spans:
                term = terms[severity].of(clock) if severity in terms else None
                middle = timedelta(seconds=median(span.total_seconds() for span in spans))
                yield Measured(figure, middle, term.within if term else None, severity)
