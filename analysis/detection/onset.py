"""Where in time, and in which part of the requests, a raised finding happened."""

from collections.abc import Callable

import numpy as np

from analysis.detection.findings import Finding
from analysis.detection.pair import Pair
from analysis.detection.trend import Stretch, locate
from analysis.profile import Profile, Table
from analysis.profile.cells import CELLS, Ints, order
from analysis.spec import Spec

EXPLAINED = 0.9  # share of an excess that a segment must hold to be named
Happened = tuple[Ints, Ints, Ints, float]  # hours, events, of how many, the baseline's share


def stretch(pair: Pair, finding: Finding) -> Stretch | None:
    """Return the hours in which it happened, or None where the log does not tell."""
    happened = _happened(pair, finding)
    return locate(*happened) if happened else None


def _happened(pair: Pair, finding: Finding) -> Happened | None:
    metric, column = finding.metric, finding.column
    if metric in WHEN:
        return WHEN[metric](pair, finding)
    return _moved(pair, _name(pair.spec, column), metric == "null_increase") if column else None


def _name(spec: Spec, column: str) -> str:
    return f"hour.number:{column}" if column in spec.numbers else f"hour.category:{column}"


def _columns(pair: Pair, name: str, width: int, events: int, total: int) -> Happened:
    window, before = pair.window.table(name, width), pair.baseline.total(name, width)
    return window.keys, window.values[:, events], window.values[:, total], before[events] / max(before[total], 1)


def _moved(pair: Pair, name: str, missing: bool) -> Happened | None:
    """Return how often a value was missing, or lay in the coarse bins that have gained."""
    if name not in pair.window.tables or name not in pair.baseline.tables:
        return None
    window, before = pair.window.tables[name], pair.baseline.total(name, pair.window.tables[name].width)
    if missing:
        before_all = before[0] + before[-32:].sum()
        return window.keys, window.values[:, 0], _rows(window), before[0] / max(before_all, 1)
    bins, old = window.values[:, -32:], before[-32:]
    now = bins.sum(axis=0)
    gained = now * max(old.sum(), 1) > old * max(now.sum(), 1)
    return window.keys, bins[:, gained].sum(axis=1), bins.sum(axis=1), old[gained].sum() / max(old.sum(), 1)


def _rows(table: Table) -> Ints:
    return np.asarray(table.values[:, 0] + table.values[:, -32:].sum(axis=1))


def _unseen(pair: Pair, column: str) -> Happened | None:
    """Return how often a value occurred that has no bin of its own; the pinned ones have."""
    name = f"hour.category:{column}"
    if name not in pair.window.tables:
        return None
    window, before = pair.window.tables[name], pair.baseline.total(name, 33)
    return window.keys, window.values[:, 32], window.values[:, 1:].sum(axis=1), before[32] / max(before[1:].sum(), 1)


def _wrong(pair: Pair) -> Happened:
    window, before = pair.window.table("outcome.hour", 3), pair.baseline.total("outcome.hour", 3)
    wrong = window.values[:, 1] - window.values[:, 2]
    return window.keys, wrong, window.values[:, 1], (before[1] - before[2]) / max(before[1], 1)


def _slow(pair: Pair) -> Happened:
    """Return how many requests took longer than the baseline's p95."""
    baseline = pair.baseline.table("latency", 2)
    rank = np.sort(order(baseline.keys))
    by_rank = np.argsort(order(baseline.keys))
    at = np.searchsorted(np.cumsum(baseline.values[by_rank, 0]), 0.95 * baseline.values[:, 0].sum())
    border = rank[min(int(at), len(rank) - 1)] if len(rank) else 0
    table = pair.window.table("hour.latency", 1)
    hours, place = np.unique(table.keys // CELLS, return_inverse=True)
    slow = order(table.keys % CELLS) > border
    total = np.bincount(place, table.values[:, 0], len(hours)).astype(np.int64)
    return hours, np.bincount(place[slow], table.values[slow, 0], len(hours)).astype(np.int64), total, 0.05


def _selection(pair: Pair, finding: Finding) -> Happened | None:
    """Return how often the group at the lower end was refused, or, if that did not rise, the other favoured."""
    attribute, group, rates = str(finding.column), finding.facts.get("lowest"), finding.facts
    is_lower = float(rates.get("lowest_rate") or 0) < float(rates.get("lowest_before") or 0)  # type: ignore[arg-type]
    group = group if is_lower else rates.get("highest")
    pinned = pair.spec.protected.get(attribute, ())
    if group not in pinned[:15]:
        return None
    place = 2 * pinned.index(str(group))
    seen, fine, before, before_fine = _group(pair.window, pair.baseline, attribute, place)
    table = pair.window.table(f"hour.group:{attribute}", 32)
    if is_lower:
        return table.keys, seen - fine, seen, (before - before_fine) / max(before, 1)
    return table.keys, fine, seen, before_fine / max(before, 1)


def _group(window: Profile, baseline: Profile, attribute: str, place: int) -> tuple[Ints, Ints, int, int]:
    name = f"hour.group:{attribute}"
    now, before = window.table(name, 32).values, baseline.total(name, 32)
    return now[:, place], now[:, place + 1], int(before[place]), int(before[place + 1])


def segment(pair: Pair, finding: Finding) -> tuple[str, str] | None:
    """Return the category and value to which missing values or errors are confined: the smallest that explains 90 %."""
    place = _place(pair, finding)
    if place is None:
        return None
    found = []
    for name in pair.spec.segments:
        if name != finding.column and name in pair.window.level("columns", 1).names:
            found += _explaining(pair, name, place)
    return min(found)[2:] if found else None


def _place(pair: Pair, finding: Finding) -> int | None:
    if finding.metric == "error_rate":
        return 1
    features = pair.spec.features
    is_null = finding.metric == "null_increase" and not finding.facts.get("gone")
    return 4 + features.index(finding.column) if is_null and finding.column in features else None


def _explaining(pair: Pair, name: str, place: int) -> list[tuple[int, int, str, str]]:
    now, before = (
        profile.level(f"segment:{name}", 4 + len(pair.spec.features)) for profile in (pair.window, pair.baseline)
    )
    share = before.total()[place] / max(int(before.total()[0]), 1)
    excess = now.values[:, place] - share * now.values[:, 0]
    whole = now.total()[place] - share * now.total()[0]
    rows = now.values[:, 0]
    held = (excess >= EXPLAINED * whole) & (rows < EXPLAINED * now.total()[0])
    return [(int(rows[i]), pair.spec.segments.index(name), name, now.names[i]) for i in np.flatnonzero(held)]


WHEN: dict[str, Callable[[Pair, Finding], Happened | None]] = {
    "demographic_parity_difference": _selection,
    "disparate_impact_ratio": _selection,
    "error_rate": lambda pair, _: _columns(pair, "hour", 4, 1, 0),
    "latency_p95_ratio": lambda pair, _: _slow(pair),
    "accuracy_drop": lambda pair, _: _wrong(pair),
    "auc_drop": lambda pair, _: _wrong(pair),
    "equal_opportunity_difference": lambda pair, _: None,
    "score_total_variation": lambda pair, _: _moved(pair, "hour.score", missing=False),
    "score_psi": lambda pair, _: _moved(pair, "hour.score", missing=False),
    "output_entropy_change": lambda pair, _: _moved(pair, "hour.score", missing=False),
    "unseen_share": lambda pair, finding: _unseen(pair, str(finding.column)),
}
