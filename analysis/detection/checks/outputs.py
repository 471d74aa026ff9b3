"""Outputs: how the score, its entropy, or the classes moved."""

from dataclasses import replace

from analysis.detection.checks.inputs import counts_of, gone, nulls
from analysis.detection.checks.outcomes import by_label, decided
from analysis.detection.findings import Draft, Fact, Reason
from analysis.detection.pair import Pair, Sizes, missing
from analysis.metrics import distance, performance
from analysis.profile import Profile
from analysis.profile.cells import Ints
from analysis.profile.grid import Grid

OUTPUTS = ("score_total_variation", "score_psi")


def check(pair: Pair) -> list[Draft]:
    """Return what is missing of the outputs, and the findings of the score; without one, those of the decisions."""
    return [*_missing(pair), *_shift(pair)]


def _missing(pair: Pair) -> list[Draft]:
    """Return how much more often requests that did not fail have no decision, score or latency."""
    drafts = []
    for role in ("decision", "score", "latency_ms"):
        column = pair.spec.column(role)
        if column is not None:
            (n, before), (m, now) = (_lacking(profile, role) for profile in (pair.baseline, pair.window))
            drafts += gone(pair, column, before) or [nulls(pair, column, before, Sizes(n - before, m - now, now))]
    return drafts


def _lacking(profile: Profile, role: str) -> tuple[int, int]:
    """Return how many requests did not fail, and how many of these lack an output, as far as failures explain none."""
    rows, failed = profile.total("hour", 4)[:2].tolist()
    if role == "decision":
        lacking = int(profile.level("decision", 1).null[0])
    else:
        lacking = missing(profile, {"latency_ms": "latency"}.get(role, role))
    return rows - failed, max(0, lacking - failed)


def _shift(pair: Pair) -> list[Draft]:
    if pair.spec.column("score") is None:
        return _decisions(pair)
    name = str(pair.spec.column("score"))
    if not pair.window.has(name) and pair.window.rows:
        sizes = Sizes(pair.baseline.rows, 0, pair.window.rows)
        return [pair.unknown(metric, (name, None), sizes, Reason.COLUMN_GONE) for metric in OUTPUTS]
    grids = pair.grids("score", pair.spec.score)
    sizes = pair.sizes("score", grids)
    edges = grids[0].edges()
    drafts = _moved(pair, name, (grids[0].binned(edges), grids[1].binned(edges)), sizes)
    return [*drafts, _entropy(pair, name, grids, sizes), *_estimated(pair, name, sizes)]


def _estimated(pair: Pair, name: str, sizes: Sizes) -> list[Draft]:
    """Return the accuracy that the scores foretell, where labels of the baseline say what a score is worth."""
    if not pair.baseline.total("outcome.hour", 3)[1]:
        return []
    metric, where = "estimated_accuracy", (name, None)
    if not pair.is_enough(sizes):
        return [pair.unknown(metric, where, sizes, Reason.TOO_FEW_ROWS)]
    ranks, negative, positive = by_label(pair.baseline)
    worth = performance.calibrated(ranks, negative, positive)
    by_decision = decided(pair.window)
    if not len(worth.edges) or not len(by_decision[0]):
        return [pair.unknown(metric, where, sizes, Reason.ONE_CLASS)]
    now = performance.estimated(worth, *by_decision)
    facts: dict[str, Fact] = {"auc": now.auc, "beyond": now.beyond, "holds": now.beyond < 0.01}
    return [pair.draft(metric, where, sizes, value=now.accuracy, interval=tuple(now.interval), facts=facts)]


def _decisions(pair: Pair) -> list[Draft]:
    old, new = (profile.level("decision", 1) for profile in (pair.baseline, pair.window))
    sizes = Sizes(int(old.total()[0] - old.null[0]), int(new.total()[0] - new.null[0]), int(new.null[0]))
    column = pair.spec.column("decision")
    return _moved(pair, column, counts_of(old, new), sizes) if column else []


def _moved(pair: Pair, name: str, counts: tuple[Ints, Ints], sizes: Sizes) -> list[Draft]:
    if not pair.is_enough(sizes):
        return [pair.unknown(metric, (name, None), sizes, Reason.TOO_FEW_ROWS) for metric in OUTPUTS]
    p = distance.chi2(*counts).p
    moved, index = distance.total_variation(*counts), distance.psi(*counts)
    effects = {OUTPUTS[0]: (moved, moved), OUTPUTS[1]: (index, distance.psi_excess(*counts))}
    return [
        replace(pair.draft(metric, (name, None), sizes, value=value, p=p), test=f"shape:{name}", effect=effect)
        for metric, (value, effect) in effects.items()
    ]


def _entropy(pair: Pair, name: str, grids: tuple[Grid, Grid], sizes: Sizes) -> Draft:
    metric, where = "output_entropy_change", (name, None)
    if not pair.is_enough(sizes):
        return pair.unknown(metric, where, sizes, Reason.TOO_FEW_ROWS)
    try:
        before, now = (performance.entropy(grid.value, grid.count) for grid in grids)
    except ValueError:
        return pair.unknown(metric, where, sizes, Reason.NOT_A_PROBABILITY)
    try:
        moved = performance.output_entropy_change(before, now)
    except ValueError:
        return pair.unknown(metric, where, sizes, Reason.CONSTANT)
    facts = {"bits": now.value, "baseline_bits": before.value}
    draft = pair.draft(
        metric, where, sizes, value=moved.relative, interval=tuple(moved.interval), p=moved.p, facts=facts
    )
    return replace(draft, test="entropy", effect=abs(moved.relative))
