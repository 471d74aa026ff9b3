"""How much of a change comes from other people and other inputs, and how much from what is done with like ones.

A population is counted twice, in the baseline and in the window: by group, by the stratum of each of k players (the mix
of people, features), and by event. The value of a set of players is the metric of the baseline's rows weighted so that
inside each group the players of the set are spread jointly as in the window:

    r_g(S) = Σ_x q_g(x_S) e_g(x_S) / n_g(x_S)

    players      Shapley shares of v(everybody) − v(nobody)
    model        the window's metric − v(everybody): like people, treated or turning out unlike before
    new          what window rows change that have no counterpart in the baseline, and so no weight

The parts add up to the change. The share of a group does not change its own rate, so a gap between groups is explained
by who is inside the groups. Intervals are normal, their deviation that of Poisson bootstrap draws of all counts; the
seed is made from the counts, so the same counts give the same interval.

References: Kitagawa, JASA 50 (1955) 1168–1194; DiNardo, Fortin & Lemieux, Econometrica 64 (1996) 1001–1044; Ñopo,
Review of Economics and Statistics 90 (2008) 290–299 (rows without a counterpart); Hanley & MacGibbon, Computer Methods
and Programs in Biomedicine 83 (2006) 57–62 (the bootstrap by Poisson weights).
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analysis.metrics.intervals import Interval, z_of
from analysis.metrics.shapley import shapley
from analysis.profile.cells import Floats, Ints

DRAWS = 200
ROOM = 1 << 21  # counts that are drawn at a time
Measure = Callable[[Floats], Floats]  # rates by group on the last axis → the metric


def difference(rates: Floats) -> Floats:
    """Return the largest minus the smallest rate.

    >>> float(difference(np.array([0.5, 0.25])))
    0.25
    """
    gap: Floats = rates.max(axis=-1) - rates.min(axis=-1)
    return gap


def ratio(rates: Floats) -> Floats:
    """Return the smallest over the largest rate; 1 where all are 0.

    >>> float(ratio(np.array([0.5, 0.25])))
    0.5
    """
    best = rates.max(axis=-1)
    return np.where(best > 0, rates.min(axis=-1) / np.where(best > 0, best, 1.0), 1.0)


def alone(rates: Floats) -> Floats:
    """Return the rate of the only group."""
    only: Floats = rates[..., 0]
    return only


@dataclass(frozen=True)
class Share:
    """A part of the change and its 95 % interval."""

    value: float
    interval: Interval


@dataclass(frozen=True)
class Parts:
    """The change of a metric and what it is made of; `players` in the order of the axes."""

    before: float
    now: float
    change: Share
    players: tuple[Share, ...]
    model: Share
    new: Share


def parts(before: Ints, now: Ints, measure: Measure) -> Parts:
    """Return the parts of the change between two tables of counts, shape (groups, strata of each player …, 2).

    Where approvals depend on x alone, a shift of x explains everything:

    >>> told = parts(np.array([[[80, 20], [20, 80]]]), np.array([[[40, 10], [30, 120]]]), alone)
    >>> round(told.change.value, 6), [round(one.value, 6) for one in (*told.players, told.model, told.new)]
    (0.15, [0.15, 0.0, 0.0])
    """
    values = _valued(before[None], now[None], measure)
    deviation = _deviations(before, now, measure)
    found = _split(values)[0]
    half = z_of(0.95) * deviation
    shares = [
        Share(value, Interval(value - side, value + side))
        for value, side in zip(found.tolist(), half.tolist(), strict=True)
    ]
    return Parts(
        float(values[0, 0]), float(values[0, -1]), shares[-1], tuple(shares[:-3]), model=shares[-3], new=shares[-2]
    )


def effect(before: Ints, now: Ints, measure: Measure) -> float:
    """Return what the players together do to the metric, without an interval."""
    values = _valued(before[None], now[None], measure)
    return float(values[0, -3] - values[0, 0])


def score(before: Ints, now: Ints) -> float:
    """Return how far one player's shift moved a group's rate, in standard deviations of no shift: the largest of all.

    With r(x) the baseline's rate at a level, Δ = Σ (q(x) − p(x)) r(x), and where p = q its variance is that of r over
    both sides together times 1/n + 1/m. It asks about the shift alone, so it is sharper than the interval of the part,
    which also holds what is not known of r.

    >>> counts = np.array([[[80, 20], [20, 80]]])
    >>> score(counts, counts), round(score(counts, np.array([[[60, 15], [25, 100]]])), 2)
    (0.0, 2.52)
    """
    n, m = before.sum(axis=-1), now.sum(axis=-1)
    whole = before[..., 1].sum(axis=-1) / np.maximum(n.sum(axis=-1), 1)
    rate = np.where(n > 0, before[..., 1] / np.maximum(n, 1), whole[:, None])
    p, q, both = (side / np.maximum(side.sum(axis=-1, keepdims=True), 1) for side in (n, m, n + m))
    moved = ((q - p) * rate).sum(axis=-1)
    spread = (both * rate**2).sum(axis=-1) - (both * rate).sum(axis=-1) ** 2
    sizes = 1 / np.maximum(n.sum(axis=-1), 1) + 1 / np.maximum(m.sum(axis=-1), 1)
    error = np.sqrt(np.maximum(spread, 0) * sizes)
    return float(np.divide(np.abs(moved), error, out=np.zeros_like(moved), where=error > 1e-12).max())


def without_counterpart(before: Ints, now: Ints) -> float:
    """Return the largest share, over groups, of window rows in cells that the baseline does not have.

    >>> without_counterpart(np.array([[[5, 5], [0, 0]]]), np.array([[[6, 0], [1, 1]]]))
    0.25
    """
    rows, known = now.sum(axis=-1), before.sum(axis=-1) > 0
    axes = tuple(range(1, rows.ndim))
    lost, n = np.where(known, 0, rows).sum(axis=axes), rows.sum(axis=axes)
    return float((lost / np.maximum(n, 1)).max())


def _split(values: Floats) -> Floats:
    """Return, from the values of all sets, of the common rows and of all: players, model, new, change."""
    sets, common, whole = values[..., :-2], values[..., -2], values[..., -1]
    rest = np.stack([common - sets[..., -1], whole - common, whole - sets[..., 0]], axis=-1)
    return np.concatenate([shapley(sets), rest], axis=-1)


def _valued(before: Ints, now: Ints, measure: Measure) -> Floats:
    """Return the metric of every set of players, of the window's rows with a counterpart, and of all its rows.

    The first axis is that of draws, the second that of groups.
    """
    n, events = before.sum(axis=-1), before[..., 1]
    held = n > 0
    rows = np.where(held, now.sum(axis=-1), 0)
    k = n.ndim - 2
    values = [measure(_weighted(n, events, rows, subset)) for subset in range(1 << k)]
    everything = tuple(range(2, 2 + k))
    kept = np.where(held[..., None], now, 0)
    for side in (kept, now):
        total = side.sum(axis=everything)
        values.append(measure(total[..., 1] / np.maximum(total.sum(axis=-1), 1)))
    return np.stack(values, axis=-1)


def _weighted(n: Ints, events: Ints, rows: Ints, subset: int) -> Floats:
    """Return the rate of each group where the players of the subset are spread as in the window."""
    k = n.ndim - 2
    out = tuple(2 + i for i in range(k) if not subset >> i & 1)
    n, events, rows = (counts.sum(axis=out, keepdims=True) for counts in (n, events, rows))
    axes = tuple(range(2, 2 + k))
    total = (rows * (events / np.maximum(n, 1))).sum(axis=axes)
    rate: Floats = total / np.maximum(rows.sum(axis=axes), 1)
    return rate


def _deviations(before: Ints, now: Ints, measure: Measure) -> Floats:
    """Return the standard deviation of each part over the draws."""
    chance = np.random.Generator(np.random.PCG64(_seed(before, now)))
    step = max(1, ROOM // max(before.size, 1))
    drawn = []
    for start in range(0, DRAWS, step):
        size = min(step, DRAWS - start)
        a, b = (chance.poisson(side, (size, *side.shape)) for side in (before, now))
        drawn.append(_split(_valued(a, b, measure)))
    deviation: Floats = np.concatenate(drawn).std(axis=0, ddof=1)
    return deviation


def _seed(before: Ints, now: Ints) -> int:
    digest = hashlib.sha256(before.astype("<i8").tobytes() + now.astype("<i8").tobytes())
    return int.from_bytes(digest.digest()[:8], "little")
