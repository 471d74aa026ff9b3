"""Who may have a part in a change: the mix of people and the features, cut into levels, chosen, put into strata.

1. Every feature is cut at the borders of cells: into bins of like size of both sides together, what lies beyond the
   baseline's range apart. A category has its most frequent values, the other known ones, the unknown ones, and null.
   The mix of people is the joint of all other protected attributes.
2. Played are those that are raised in the same run or whose shift moves a rate by more than chance, the largest first,
   then the mix of people; as many as leave on average ROWS rows of the smallest group for a cell.
3. Levels are put together with those whose rate in the baseline is next to theirs: within such a stratum a shift
   changes little (Hansen, The prognostic analogue of the propensity score, Biometrika 95 (2008) 481–488).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.detection.crosstab import Numbers, Player, Texts
from analysis.detection.pair import Pair
from analysis.metrics.reweighting import Measure, effect, score, without_counterpart
from analysis.profile.cells import Ints
from analysis.profile.grid import Grid

BINS = 24  # of a feature, before its levels are put together
VALUES = 48  # of a category with a level of their own
JOINT = 1024  # levels of the mix of people
MOST = 5  # players
ROWS = 10  # of the smallest group of the baseline for a cell, on average
CELLS = 2048  # of a group, at most
CERTAIN = 3.3  # deviations by which a shift must move a group's rate, some twenty features being looked at
LOST = 0.25  # share of rows without a counterpart above which nothing can be told


@dataclass(frozen=True, eq=False)
class Candidate:
    """A player that may be chosen, its table in the baseline and in the window, and what it alone does."""

    player: Player
    before: Ints
    now: Ints
    effect: float
    is_mix: bool

    @property
    def is_certain(self) -> bool:
        """Return whether its shift moves the rate of some group by more than chance."""
        return score(self.before, self.now) > CERTAIN

    @property
    def is_lost(self) -> bool:
        """Return whether too many rows have no counterpart in the baseline."""
        return without_counterpart(self.before, self.now) > LOST

    @property
    def levels(self) -> int:
        """Return how many levels occur in the baseline."""
        return int(np.count_nonzero(self.before.sum(axis=(0, 2))))


def mix(pair: Pair, said: Collection[str]) -> Player | None:
    """Return the mix of people: all protected attributes but those that are compared; None where there is none."""
    others = [name for name in pair.spec.protected if name not in said and pair.baseline.has(name)]
    if not others:
        return None
    room = max(1, int(JOINT ** (1 / len(others))) - 3)
    return Player(tuple(_texts(pair, name, room) for name in others))


def features(pair: Pair, said: Collection[str]) -> list[Player]:
    """Return every feature that the baseline has and that is no protected attribute, one player each."""
    said = {*pair.spec.protected, *said}
    found = [Player((_numbers(pair, name),)) for name in pair.spec.numbers if _is_there(pair, name, said)]
    return found + [
        Player((_texts(pair, name, VALUES),)) for name in pair.spec.categories if _is_there(pair, name, said)
    ]


def _is_there(pair: Pair, name: str, said: Collection[str]) -> bool:
    return name not in said and pair.baseline.has(name)


def _numbers(pair: Pair, name: str) -> Numbers:
    origin = pair.spec.numbers[name].origin
    sides = [profile.table(f"number:{name}", 2) for profile in (pair.baseline, pair.window)]
    old, both = Grid.of(sides[0], origin), Grid.of(sides[0] + sides[1], origin)
    range_of = old.rank[[0, -1]] + [-1, 0] if len(old.rank) else np.zeros(0, np.int64)
    return Numbers(name, origin, np.union1d(both.edges(BINS), range_of))


def _texts(pair: Pair, name: str, room: int) -> Texts:
    level = pair.baseline.level(f"category:{name}", 1)
    frequent = sorted(level.names, key=lambda value: (-int(level.get(value)[0]), value))
    return Texts(name, tuple(frequent[:room]), frozenset(frequent[room:]), level.is_cut)


def weighed(player: Player, sides: tuple[Ints, Ints], measure: Measure, *, is_mix: bool) -> Candidate:
    """Return the candidate with what it does alone."""
    return Candidate(player, *sides, effect(*sides, measure), is_mix)


def chosen(candidates: Sequence[Candidate], raised: Collection[str]) -> list[Candidate]:
    """Return those that play, in the order of their effect; those without a counterpart never do."""
    held = [one for one in candidates if not one.is_lost]
    moved = [one for one in held if one.is_certain or (not one.is_mix and set(one.player.columns) & set(raised))]
    moved.sort(key=lambda one: (-abs(one.effect), one.player.columns))
    people = [one for one in held if one.is_mix and one not in moved]
    most = min(MOST, cells(held).bit_length() - 1) if held else 0
    return [*moved, *people][:most]


def cells(candidates: Sequence[Candidate]) -> int:
    """Return how many cells a group may have."""
    smallest = min(int(one.before.sum(axis=(1, 2)).min()) for one in candidates)
    return max(1, min(CELLS, smallest // ROWS))


def stratified(candidates: Sequence[Candidate]) -> tuple[Player, ...]:
    """Return the players with their levels put together, so that all their cells together fit."""
    room, left = (cells(candidates) if candidates else 1), len(candidates)
    sizes: dict[Candidate, int] = {}
    for one in sorted(candidates, key=lambda one: (one.levels, one.player.columns)):
        sizes[one] = max(1, min(one.levels, int(room ** (1 / left) + 1e-9)))
        room, left = room // sizes[one], left - 1
    return tuple(replace(one.player, strata=strata(one.before, one.now, sizes[one])) for one in candidates)


def strata(before: Ints, now: Ints, most: int) -> Ints:
    """Return the stratum of each level: like sizes, levels in the order of their rate; those never seen are the last.

    >>> strata(np.array([[[9, 1], [2, 18], [8, 2], [0, 0]]]), np.array([[[5, 5], [9, 9], [5, 5], [1, 1]]]), 2).tolist()
    [0, 1, 0, 2]
    """
    n, events = before.sum(axis=(0, 2)), before[..., 1].sum(axis=0)
    there = np.flatnonzero(n)
    by_rate = there[np.lexsort((there, events[there] / n[there]))]
    mass = n / max(n.sum(), 1) + now.sum(axis=(0, 2)) / max(int(now.sum()), 1)
    ends = np.cumsum(mass[by_rate])
    middle = (ends - mass[by_rate] / 2) / (ends[-1] if len(ends) else 1.0)
    place = np.arange(len(there)) if len(there) <= most else np.minimum((middle * most).astype(np.int64), most - 1)
    found = np.full(len(n), most, np.int64)
    found[by_rate] = place
    return found
