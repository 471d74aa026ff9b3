"""Explanation: does the model weigh its features as it did."""

from dataclasses import replace

import numpy as np

from analysis.detection.findings import Draft, Fact, Reason
from analysis.detection.pair import Pair, Sizes
from analysis.metrics import explanation
from analysis.metrics.explanation import Strength
from analysis.profile.cells import Floats
from analysis.spec import Number

RANKS = {
    "explanation_spearman": explanation.spearman,
    "explanation_kendall": explanation.kendall,
    "explanation_ndcg": explanation.ndcg,
}


def check(pair: Pair) -> list[Draft]:
    """Return the rank correlations of mean |attribution|."""
    if not pair.spec.attributions:
        return []
    strengths, sizes = _strengths(pair)
    if not pair.is_enough(sizes):
        gone = not any(pair.window.has(f"attribution_{name}") for name in pair.spec.attributions)
        reason = Reason.COLUMN_GONE if gone and pair.window.rows else Reason.TOO_FEW_ROWS
        return [pair.unknown(metric, (None, None), sizes, reason) for metric in RANKS]
    before, now = (np.array([side[i].mean for side in strengths.values()]) for i in (0, 1))
    names = list(strengths)
    kept = explanation.weighty(before, now)
    p = min([1.0, *(explanation.welch(*strengths[n]) * kept.sum() for n, k in zip(names, kept, strict=True) if k)])
    facts = _movers(names, before, now) | {"features": int(kept.sum())}
    return [_rank(pair, metric, (before[kept], now[kept]), sizes, p).told(**facts) for metric in RANKS]


def _strengths(pair: Pair) -> tuple[dict[str, tuple[Strength, Strength]], Sizes]:
    found, least = {}, [pair.baseline.rows, pair.window.rows]
    for name in pair.spec.attributions:
        grids = pair.grids(f"attribution:{name}", Number())
        least = [min(n, grid.n) for n, grid in zip(least, grids, strict=True)]
        old, new = (Strength(grid.mean, grid.variance() / max(grid.n, 1)) for grid in grids)
        found[name] = (old, new)
    return found, Sizes(least[0], least[1], pair.window.rows - least[1])


def _movers(names: list[str], before: Floats, now: Floats) -> dict[str, Fact]:
    """Return the features whose share of the whole changed most: grown and shrunk."""
    with np.errstate(invalid="ignore"):
        gap = now / now.sum() - before / before.sum()
    by_gap = [names[i] for i in np.argsort(-np.abs(gap), kind="stable")[:3]]
    old = [names[i] for i in np.argsort(-before, kind="stable")[:5]]
    new = [names[i] for i in np.argsort(-now, kind="stable")[:5]]
    return {"moved": by_gap, "top_before": old, "top_now": new, "overlap": explanation.top_overlap(before, now)}


def _rank(pair: Pair, metric: str, strengths: tuple[Floats, Floats], sizes: Sizes, p: float) -> Draft:
    try:
        value = RANKS[metric](*strengths)
    except ValueError as why:
        reason = Reason.TOO_FEW_FEATURES if "fewer" in str(why) else Reason.CONSTANT
        return pair.unknown(metric, (None, None), sizes, reason)
    draft = pair.draft(metric, (None, None), sizes, value=value, baseline_value=1.0, p=p)
    return replace(draft, test="explanation", effect=value)
