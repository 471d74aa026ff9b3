"""What two profiles alone tell of a change: the mix of people, where one of their tables crosses it with the groups.

For accuracy that is a protected attribute or an intersection; for the groups of an attribute, an intersection that has
it as a part. Of several tables the one that explains most is taken. Features are in no such table.
"""

from collections.abc import Mapping

import numpy as np

from analysis.detection.checks import fairness as groups
from analysis.detection.crosstab import Player, Texts
from analysis.detection.origins import Basis
from analysis.detection.pair import Pair
from analysis.detection.players import Candidate, weighed
from analysis.detection.questions import Question
from analysis.metrics.fairness import Rate, Rates
from analysis.profile.cells import Ints

BASIS = Basis.PROFILES
Cells = Mapping[tuple[str, str], Rate]  # by group and by the value of the other attributes


def mix(pair: Pair, question: Question) -> Candidate | None:
    """Return the mix of people with what it does to the metric; None where no table tells."""
    known = [*((name,) for name in pair.spec.protected), *pair.spec.intersections]
    said = set(question.attributes)
    found = [one for names in known if said < set(names) if (one := _of(pair, question, names))]
    return max(found, key=lambda one: (abs(one.effect), one.player.columns), default=None)


def _of(pair: Pair, question: Question, names: tuple[str, ...]) -> Candidate | None:
    """Return the mix in one table; None where its rates are not those of the groups, as where some values are null."""
    rates_of = question.kind.rates_of or groups.correct
    before, now = (
        _cells(rates_of(profile, " & ".join(names)), names, question) for profile in (pair.baseline, pair.window)
    )
    levels = sorted({level for _, level in (*before, *now)})
    sides = _table(before, question, levels), _table(now, question, levels)
    if not levels or not question.agrees(sides):
        return None
    others = tuple(Texts(name, (), frozenset()) for name in names if name not in question.attributes)
    return weighed(Player(others), sides, question.kind.measure, is_mix=True)


def _cells(rates: Rates, names: tuple[str, ...], question: Question) -> Cells:
    """Return the rates by group and by the rest of the name: `Female & Black` is Black among the women."""
    found = {}
    for name, rate in rates.items():
        values = dict(zip(names, name.split(" & "), strict=False))
        group = " & ".join(values.pop(attribute, "") for attribute in question.attributes)
        found[group, " & ".join(values.values())] = rate
    return found


def _table(cells: Cells, question: Question, levels: list[str]) -> Ints:
    table = np.zeros((len(question.population.groups), len(levels), 2), np.int64)
    for (group, level), rate in cells.items():
        if group in question.population.groups:
            place = question.population.groups.index(group), levels.index(level)
            table[place] += (rate.n - rate.x, rate.x)
    return table
