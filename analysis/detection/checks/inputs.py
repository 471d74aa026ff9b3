"""Inputs: how far each feature moved, and what is wrong with its values."""

from dataclasses import replace

import numpy as np

from analysis.detection.findings import Draft, Reason
from analysis.detection.pair import Pair, Sizes, missing
from analysis.metrics import distance, quality
from analysis.profile.cells import Floats, Ints
from analysis.profile.grid import Grid
from analysis.profile.levels import Levels, rank
from analysis.spec import Number

SHAPE = ("psi", "kl", "kl_mirror", "js_distance_base2", "chi2", "cramers_v")
CLIP = (0.001, 0.999)


def check(pair: Pair) -> list[Draft]:
    """Return the findings of every feature and protected attribute, and of columns that came or went."""
    drafts: list[Draft] = []
    for name, number in pair.spec.numbers.items():
        drafts += gone(pair, name, missing(pair.baseline, f"number:{name}")) or numeric(pair, name, number)
    for name in (*pair.spec.categories, *pair.spec.protected):
        before = int(pair.baseline.level(f"category:{name}", 1).null[0])
        drafts += gone(pair, name, before) or categorical(pair, name)
    return drafts + _new(pair)


def gone(pair: Pair, name: str, before: int) -> list[Draft]:
    """Return that every row lacks a column which the log no longer has: a pipeline broke, whatever the cause."""
    if pair.window.has(name) or not pair.window.rows:
        return []
    sizes = Sizes(pair.baseline.rows - before, 0, pair.window.rows)
    if not pair.baseline.has(name):
        return [pair.unknown("null_increase", (name, None), sizes, Reason.COLUMN_GONE)]
    return [nulls(pair, name, before, sizes).told(gone=True)]


def _new(pair: Pair) -> list[Draft]:
    known = pair.baseline.level("columns", 1).names
    new = [name for name in pair.window.level("columns", 1).names if name not in known]
    sizes = Sizes(0, pair.window.rows)
    return [pair.unknown("psi", (name, None), sizes, Reason.COLUMN_NEW) for name in new]


def shape(pair: Pair, name: str, counts: tuple[Ints, Ints], sizes: Sizes) -> list[Draft]:
    """Return PSI, KL, Jensen–Shannon, χ² and Cramér's V of the same bins; they share one p."""
    where = (name, None)
    if not pair.is_enough(sizes):
        return [pair.unknown(metric, where, sizes, Reason.TOO_FEW_ROWS) for metric in SHAPE]
    a, b = counts
    test = distance.chi2(a, b)
    values = {metric: getattr(distance, metric)(a, b) for metric in SHAPE[:4]}
    values |= {"chi2": test.statistic, "cramers_v": test.v}
    effects = {"psi": distance.psi_excess(a, b), "kl": distance.kl_excess(a, b)}
    return [
        replace(
            pair.draft(metric, where, sizes, value=value, p=test.p, facts={"bins": len(a)}),
            test=f"shape:{name}", effect=effects.get(metric, value),
        )
        for metric, value in values.items()
    ]  # fmt: skip


def numeric(pair: Pair, name: str, number: Number) -> list[Draft]:
    """Return the findings of a numeric feature."""
    grids = pair.grids(f"number:{name}", number)
    sizes = pair.sizes(f"number:{name}", grids)
    edges = grids[0].edges()
    drafts = shape(pair, name, (grids[0].binned(edges), grids[1].binned(edges)), sizes)
    drafts += [nulls(pair, name, missing(pair.baseline, f"number:{name}"), sizes)]
    if not pair.is_enough(sizes):
        metrics = ("ks", "wasserstein_over_std", "out_of_range_share")
        return drafts + [pair.unknown(metric, (name, None), sizes, Reason.TOO_FEW_ROWS) for metric in metrics]
    return [*drafts, *_distances(pair, name, grids, sizes), _range(pair, name, grids, sizes)]


def _distances(pair: Pair, name: str, grids: tuple[Grid, Grid], sizes: Sizes) -> list[Draft]:
    value, a, b = _aligned(*grids)
    smirnov = distance.ks(a, b)
    facts = {"error": smirnov.error}
    ks = replace(pair.draft("ks", (name, None), sizes, value=smirnov.statistic, p=smirnov.p, facts=facts), effect=0.0)
    kept = np.isfinite(value)
    low, high = (grids[0].quantile(share) for share in CLIP)
    try:
        moved = distance.wasserstein_over_std(value[kept], a[kept], b[kept])
        clipped = distance.wasserstein_over_std(np.clip(value, low, high), a, b)
    except ValueError:
        return [ks, pair.unknown("wasserstein_over_std", (name, None), sizes, Reason.CONSTANT)]
    test = distance.chi2(*(grid.binned(grids[0].edges()) for grid in grids))
    facts = {"clipped": clipped, "mean": grids[1].mean, "baseline_mean": grids[0].mean}
    draft = pair.draft("wasserstein_over_std", (name, None), sizes, value=moved, p=test.p, facts=facts)
    return [ks, replace(draft, test=f"shape:{name}", effect=clipped)]


def _aligned(a: Grid, b: Grid) -> tuple[Floats, Ints, Ints]:
    """Return the mean of the values in each cell that either side has, and both counts."""
    ranks = np.union1d(a.rank, b.rank)
    counts = np.zeros((2, len(ranks)), np.int64)
    places = [np.searchsorted(ranks, grid.rank) for grid in (a, b)]
    for i, grid in enumerate((a, b)):
        counts[i, places[i]] = grid.count
    weight, mean = 1 / counts.sum(axis=0), np.zeros(len(ranks))
    for i, grid in enumerate((a, b)):
        mean[places[i]] += grid.value * (grid.count * weight[places[i]])
    return mean, counts[0], counts[1]


def nulls(pair: Pair, name: str, before: int, sizes: Sizes) -> Draft:
    """Return how much more often a column is missing; `before` is how often the baseline lacks it."""
    n, m = sizes.baseline + before, sizes.window + sizes.null
    held = Sizes(n, m, sizes.null)
    if not pair.is_enough(held):
        return pair.unknown("null_increase", (name, None), held, Reason.TOO_FEW_ROWS)
    return _share(pair, "null_increase", name, held, quality.null_increase(before, n, sizes.null, m))


def _range(pair: Pair, name: str, grids: tuple[Grid, Grid], sizes: Sizes) -> Draft:
    old, new = grids
    low, high = int(old.rank[0]), int(old.rank[-1])
    share = quality.out_of_range_share(old.n, new.beyond(low, high), new.n)
    tails = old.rank[np.searchsorted(np.cumsum(old.count), [CLIP[0] * old.n, CLIP[1] * old.n], side="left")]
    least, most = pair.window.spans.get(f"number:{name}", (float("nan"), float("nan")))
    before = pair.baseline.spans.get(f"number:{name}", (float("nan"), float("nan")))
    return _share(pair, "out_of_range_share", name, sizes, share).told(
        outside_quantiles=new.beyond(int(tails[0]), int(tails[1])) / new.n, infinite=new.infinite,
        least=least, most=most, baseline_least=before[0], baseline_most=before[1],
    )  # fmt: skip


def _share(pair: Pair, metric: str, name: str, sizes: Sizes, share: quality.Shares) -> Draft:
    is_increase = metric == "null_increase"
    draft = pair.draft(
        metric, (name, None), sizes, p=share.p, interval=tuple(share.interval) if is_increase else None,
        value=share.difference if is_increase else share.window,
        baseline_value=share.baseline, facts={"window_share": share.window, "baseline_share": share.baseline},
    )  # fmt: skip
    return replace(draft, test=f"{metric}:{name}", effect=share.difference)


def categorical(pair: Pair, name: str) -> list[Draft]:
    """Return the findings of a category; null is a value of its own in the distances."""
    old, new = (profile.level(f"category:{name}", 1) for profile in (pair.baseline, pair.window))
    sizes = Sizes(int(old.total()[0]), int(new.total()[0]), int(new.null[0]))
    drafts = shape(pair, name, counts_of(old, new), sizes)
    held = Sizes(sizes.baseline - int(old.null[0]), sizes.window - sizes.null, sizes.null)
    drafts.append(nulls(pair, name, int(old.null[0]), held))
    if not pair.is_enough(held):
        return [*drafts, pair.unknown("unseen_share", (name, None), held, Reason.TOO_FEW_ROWS)]
    unseen = unseen_names(old, new)
    singletons = int((old.values[:, 0] == 1).sum())
    share = quality.unseen_share(singletons, held.baseline, int(sum(new.get(v)[0] for v in unseen)), held.window)
    first = sorted(unseen, key=lambda value: (-int(new.get(value)[0]), value))[:5]
    return [*drafts, _share(pair, "unseen_share", name, held, share).told(values=first, cut=old.is_cut or new.is_cut)]


def counts_of(old: Levels, new: Levels) -> tuple[Ints, Ints]:
    """Return both counts over the union of values, with null and the values past the bound where there are any."""
    names = sorted({*old.names, *new.names})
    sides = []
    for side in (old, new):
        held = {value: int(row[0]) for value, row in zip(side.names, side.values, strict=True)}
        sides.append(np.array([*(held.get(value, 0) for value in names), side.null[0], side.other[0]], np.int64))
    kept = sides[0] + sides[1] > 0
    return sides[0][kept], sides[1][kept]


def unseen_names(old: Levels, new: Levels) -> list[str]:
    """Return the values that the baseline surely never had; where its set was cut, only those it would have kept."""
    known = set(old.names)
    unseen = [value for value in new.names if value not in known]
    if not old.is_cut:
        return unseen
    loose = [rank(value) for value in old.names if value not in old.pinned]
    return [value for value in unseen if rank(value) < max(loose)]
