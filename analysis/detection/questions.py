"""`Question`: a raised metric of fairness or accuracy whose change is to be taken apart, and the rates behind it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analysis.detection.alerts import Alert
from analysis.detection.checks import fairness as groups
from analysis.detection.crosstab import Event, Population
from analysis.detection.findings import Finding
from analysis.detection.pair import Pair
from analysis.metrics.fairness import Rate, Rates
from analysis.metrics.reweighting import Measure, alone, difference, ratio
from analysis.profile import Profile
from analysis.profile.cells import Ints
from analysis.vocabulary import Verdict


@dataclass(frozen=True)
class Kind:
    """How a metric is made of rates."""

    event: Event
    measure: Measure
    rates_of: Callable[[Profile, str], Rates] | None = None  # by group; None where everybody is one group


KINDS = {
    groups.DI: Kind(Event.FAVOURABLE, ratio, groups.selection),
    groups.DP: Kind(Event.FAVOURABLE, difference, groups.selection),
    groups.EO: Kind(Event.QUALIFIED, difference, groups.true_positive),
    groups.GAP: Kind(Event.RIGHT, difference, groups.correct),
    "accuracy_drop": Kind(Event.RIGHT, alone),
    "accuracy": Kind(Event.RIGHT, alone),
}


@dataclass(frozen=True)
class Question:
    """The place of its alert, the metric, the rows it is about, and the rates of both sides by group."""

    alert: int
    metric: str
    population: Population
    rates: tuple[tuple[Rate, ...], tuple[Rate, ...]]

    @property
    def kind(self) -> Kind:
        """Return how the metric is made."""
        return KINDS[self.metric]

    @property
    def attributes(self) -> tuple[str, ...]:
        """Return the protected attributes whose groups are compared."""
        return tuple(self.population.column.split(" & ")) if self.population.column else ()

    def value(self, side: int) -> float:
        """Return the metric in the baseline (0) or in the window (1)."""
        return float(self.kind.measure(np.array([rate.value for rate in self.rates[side]])))

    def agrees(self, sides: tuple[Ints, Ints]) -> bool:
        """Return whether two tables of counts have the rates that the profiles have."""
        totals = [table.sum(axis=tuple(range(1, table.ndim - 1))).tolist() for table in sides]
        return tuple(tuple(Rate(yes, no + yes) for no, yes in total) for total in totals) == self.rates


def asked(alert: Alert) -> list[Finding]:
    """Return the findings to take apart: raised, on the whole window, the first of each event."""
    first: dict[tuple[Event, bool], Finding] = {}
    for finding in (alert.lead, *alert.consequences):
        kind = KINDS.get(finding.metric)
        if kind and finding.verdict is Verdict.ALARM and (kind.rates_of or finding.group is None):
            first.setdefault((kind.event, kind.rates_of is None), finding)
    return list(first.values())


def question(pair: Pair, place: int, finding: Finding) -> Question:
    """Return the question that a finding of the alert in that place asks."""
    kind = KINDS[finding.metric]
    if kind.rates_of is None:
        totals = (profile.total("outcome.hour", 3).tolist() for profile in (pair.baseline, pair.window))
        before, now = ((Rate(right, judged),) for _, judged, right in totals)
        return Question(place, finding.metric, Population(kind.event, None), (before, now))
    found = groups.sides(pair, str(finding.column), kind.rates_of)
    population = Population(kind.event, finding.column, tuple(found.now))
    return Question(place, finding.metric, population, (tuple(found.before.values()), tuple(found.now.values())))
