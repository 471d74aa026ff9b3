"""Every metric that exists: what it is called, which family it belongs to, what computes it, what tests it.

Adding one is a function in its family's file and a row here (and a limit in `detection/limits.py`, where it may raise).
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from analysis.metrics import composite, distance, explanation, fairness, operations, performance, quality
from analysis.vocabulary import Family


class Worse(StrEnum):
    """Which way is worse."""

    UP = "up"
    DOWN = "down"
    AWAY = "away"  # from the baseline, either way


@dataclass(frozen=True)
class Metric:
    """A row: id, family, function, what is worse, which effect passes the limit, and where its p comes from."""

    id: str
    family: Family
    function: Callable[..., object]
    worse: Worse
    effect: str
    test: str


_D, _Q, _F, _M = Family.DATA, Family.QUALITY, Family.FAIRNESS, Family.MODEL
_X, _O = Family.EXPLANATION, Family.OPERATIONS
_UP, _DOWN, _AWAY = Worse.UP, Worse.DOWN, Worse.AWAY
_CHI2 = "χ² of the column's bins"
_GAP = "change of the gap, z; Holm over groups"

METRICS = {
    metric.id: metric
    for metric in (
        Metric("psi", _D, distance.psi, _UP, "excess over its expectation without drift, pooled bins", _CHI2),
        Metric("kl", _D, distance.kl, _UP, "excess over its expectation without drift, pooled bins", _CHI2),
        Metric("kl_mirror", _D, distance.kl_mirror, _UP, "value", _CHI2),
        Metric("js_distance_base2", _D, distance.js_distance_base2, _UP, "value", _CHI2),
        Metric("ks", _D, distance.ks, _UP, "value", "Kolmogorov–Smirnov, asymptotic"),
        Metric("wasserstein_over_std", _D, distance.wasserstein_over_std, _UP, "value on clipped values", _CHI2),
        Metric("chi2", _D, distance.chi2, _UP, "value", _CHI2),
        Metric("cramers_v", _D, distance.chi2, _UP, "value", _CHI2),
        Metric("null_increase", _Q, quality.null_increase, _UP, "value", "two proportions"),
        Metric("unseen_share", _Q, quality.unseen_share, _UP, "value", "two proportions, baseline singletons"),
        Metric("out_of_range_share", _Q, quality.out_of_range_share, _UP, "value", "two proportions, 2 of n"),
        Metric("selection_rate", _F, fairness.Rate, _AWAY, "value", "two proportions"),
        Metric("demographic_parity_difference", _F, fairness.difference, _UP, "increase; bound of the value", _GAP),
        Metric("disparate_impact_ratio", _F, fairness.ratio, _DOWN, "value; bound of the value", _GAP),
        Metric("equal_opportunity_difference", _F, fairness.difference, _UP, "increase; bound of the value", _GAP),
        Metric("equalized_odds_difference", _F, fairness.equalized_odds_difference, _UP, "value", "none"),
        Metric("accuracy_gap", _F, fairness.difference, _UP, "increase", _GAP),
        Metric("accuracy", _M, performance.accuracy_drop, _DOWN, "value", "two proportions"),
        Metric("accuracy_drop", _M, performance.accuracy_drop, _UP, "value", "two proportions"),
        Metric("auc", _M, performance.auc, _DOWN, "value", "DeLong z"),
        Metric("auc_drop", _M, performance.auc_drop, _UP, "value", "DeLong z"),
        Metric("estimated_accuracy", _M, performance.estimated, _DOWN, "none: a series of its own", "none"),
        Metric("score_total_variation", _M, distance.total_variation, _UP, "value", "χ² of the score's bins"),
        Metric("score_psi", _M, distance.psi, _UP, "excess, as psi", "χ² of the score's bins"),
        Metric("output_entropy_change", _M, performance.output_entropy_change, _AWAY, "size of the value", "z"),
        Metric("explanation_spearman", _X, explanation.spearman, _DOWN, "value", "Welch z, Bonferroni over features"),
        Metric("explanation_kendall", _X, explanation.kendall, _DOWN, "value", "as Spearman"),
        Metric("explanation_ndcg", _X, explanation.ndcg, _DOWN, "value", "as Spearman"),
        Metric("error_rate", _O, operations.error_rate, _UP, "value, where it rose", "two proportions"),
        Metric("latency_p50", _O, operations.latency, _UP, "value", "two proportions above the baseline's p95"),
        Metric("latency_p95", _O, operations.latency, _UP, "value", "two proportions above the baseline's p95"),
        Metric("latency_p99", _O, operations.latency, _UP, "value", "two proportions above the baseline's p95"),
        Metric("latency_p95_ratio", _O, operations.latency, _UP, "value", "two proportions above the baseline's p95"),
        Metric("composite", _M, composite.composite, _UP, "value", "none"),
    )
}
