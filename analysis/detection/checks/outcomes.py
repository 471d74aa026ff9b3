"""Outcomes: how often the model was right, and how well it ranks, on rows whose label is known."""

from dataclasses import replace

import numpy as np

from analysis.detection.findings import Draft, Fact, Reason
from analysis.detection.pair import Pair, Sizes
from analysis.metrics import performance
from analysis.metrics.intervals import wilson
from analysis.metrics.performance import Auc, Drop
from analysis.metrics.power import smallest_drop
from analysis.profile import Profile
from analysis.profile.cells import CELLS, Ints, order
from analysis.profile.columns import HOUR
from analysis.profile.profile import moment
from analysis.profile.table import Table

ALL = ("accuracy", "accuracy_drop", "auc", "auc_drop")


def check(pair: Pair) -> list[Draft]:
    """Return accuracy and AUC and their drops."""
    if pair.spec.column("label") is None:
        return []
    (_, n, x), (_, m, y) = (profile.total("outcome.hour", 3).tolist() for profile in (pair.baseline, pair.window))
    sizes = Sizes(n, m, pair.window.rows - m)
    if not sizes.least():
        return [pair.unknown(metric, (None, None), sizes, Reason.NO_LABELS) for metric in ALL]
    if not pair.is_enough(sizes):
        return [_able(pair, pair.unknown(metric, (None, None), sizes, Reason.TOO_FEW_ROWS), x / n) for metric in ALL]
    return [*_accuracy(pair, sizes, x, y), *_worst_day(pair, x, n), *_auc(pair, sizes)]


def _able(pair: Pair, draft: Draft, before: float) -> Draft:
    """Return an accuracy with the smallest drop that would have been found: in points, or relative to before."""
    finding = draft.finding
    drop = smallest_drop(before, finding.n_baseline, finding.n_window, pair.limits.alpha)
    if drop is None or finding.metric not in ALL[:2]:
        return draft
    return replace(draft, finding=replace(finding, detectable=drop / (before if finding.metric == ALL[1] else 1.0)))


def maturity(pair: Pair, sizes: Sizes) -> dict[str, Fact]:
    """Return the shares of rows whose label is known: cohorts of unlike maturity are said to be so."""
    before, now = sizes.baseline / max(pair.baseline.rows, 1), sizes.window / max(pair.window.rows, 1)
    return {"labelled": now, "labelled_before": before, "immature": now < 0.9 * before}


def _accuracy(pair: Pair, sizes: Sizes, x: int, y: int) -> list[Draft]:
    where = (None, None)
    facts = maturity(pair, sizes)
    share = y / sizes.window
    plain = pair.draft(
        "accuracy", where, sizes, value=share, baseline_value=x / sizes.baseline,
        interval=tuple(wilson(y, sizes.window)), facts=facts,
    )  # fmt: skip
    if not x:
        return [plain, pair.unknown("accuracy_drop", where, sizes, Reason.UNDEFINED)]
    drop = performance.accuracy_drop(x, sizes.baseline, y, sizes.window)
    both = [_minimum(pair, plain, drop, y), _dropped(pair, "accuracy_drop", sizes, drop).told(**facts)]
    return [_able(pair, draft, x / sizes.baseline) for draft in both]


def _minimum(pair: Pair, plain: Draft, drop: Drop, right: int) -> Draft:
    """Return accuracy held to the minimum that a policy states; raised where even its upper bound is below."""
    limit = pair.limits.limit("accuracy")
    if not limit.borders:
        return plain
    bound = wilson(right, plain.finding.n_window, 2 * pair.limits.bound - 1).high
    held = replace(plain, absolute=limit.severity(bound), standing=limit.severity(drop.baseline))
    finding = replace(plain.finding, p=drop.p)
    return replace(held, finding=finding, test="accuracy_drop", effect=drop.window if drop.relative > 0 else 1.0)


def _worst_day(pair: Pair, x: int, n: int) -> list[Draft]:
    """Return the accuracy drop of the worst 24 hours that have enough labels (004, cat. 1: > 5 % in 24 h)."""
    table = pair.window.table("outcome.hour", 3)
    days, place = np.unique(table.keys[table.keys >= 0] // 24, return_inverse=True)
    found = []
    for i, day in enumerate(days.tolist()):
        _, m, y = table.values[table.keys >= 0][place == i].sum(axis=0).tolist()
        if x and m >= pair.limits.sizes.rows:
            found.append((performance.accuracy_drop(x, n, y, m), day, m))
    if len(found) < 2:
        return []
    drop, day, m = max(found, key=lambda one: (one[0].relative, -one[1]))
    draft = _dropped(pair, "accuracy_drop", Sizes(n, m), drop).told(days=len(found))
    finding = replace(draft.finding, group=f"{moment(day * 24 * HOUR):%Y-%m-%d}", p=min(1.0, drop.p * len(found)))
    return [replace(draft, finding=finding, test="accuracy by day")]


def _dropped(pair: Pair, metric: str, sizes: Sizes, drop: Drop) -> Draft:
    draft = pair.draft(
        metric, (None, None), sizes, value=drop.relative, baseline_value=0.0, interval=tuple(drop.interval), p=drop.p,
        facts={"before": drop.baseline, "now": drop.window},
    )  # fmt: skip
    return replace(draft, test=metric, effect=drop.relative)


def by_label(profile: Profile) -> tuple[Ints, Ints, Ints]:
    """Return the ranks of the score's cells and how many negative and positive rows lie in each."""
    return _halves(profile.table("outcome.score", 2))


def decided(profile: Profile) -> tuple[Ints, Ints, Ints]:
    """Return the ranks of the score's cells and how many unfavourable and favourable decisions lie in each."""
    return _halves(profile.table("score.decision", 2))


def _halves(table: Table) -> tuple[Ints, Ints, Ints]:
    ranks, place = np.unique(order(table.keys % CELLS), return_inverse=True)
    counts = np.zeros((2, len(ranks)), np.int64)
    np.add.at(counts, (table.keys // CELLS, place), table.values[:, 0])
    return ranks, counts[0], counts[1]


def _auc(pair: Pair, sizes: Sizes) -> list[Draft]:
    try:
        before, now = (performance.auc(*by_label(profile)[1:]) for profile in (pair.baseline, pair.window))
    except ValueError:
        reason = Reason.ONE_CLASS if pair.spec.column("score") else Reason.NEVER_LOGGED
        return [pair.unknown(metric, (None, None), sizes, reason) for metric in ALL[2:]]
    return [_plain(pair, sizes, before, now), _dropped(pair, "auc_drop", sizes, performance.auc_drop(before, now))]


def _plain(pair: Pair, sizes: Sizes, before: Auc, now: Auc) -> Draft:
    half = 1.959964 * now.variance**0.5
    return pair.draft(
        "auc", (None, None), sizes, value=now.value, baseline_value=before.value,
        interval=(max(0.0, now.value - half), min(1.0, now.value + half)), facts={"error": now.error},
    )  # fmt: skip
