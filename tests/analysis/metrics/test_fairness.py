"""Group metrics agree with fairlearn on the rows themselves, exactly."""

import numpy as np
import pytest
from fairlearn import metrics as fair

from analysis.detection.checks.fairness import bound_of_gap, bound_of_ratio, false_positive, selection, true_positive
from analysis.metrics import fairness
from analysis.metrics.fairness import Rate
from tests.analysis.conftest import report_on


@pytest.fixture(params=["sex", "race", "age_band"])
def attribute(request):
    return request.param


@pytest.fixture
def rows(reference):
    table = reference.filter(np.array(reference["decision"].is_valid()))
    return table, table.filter(np.array(table["label"].is_valid()))


def test_gaps_and_ratios_are_fairlearns(baseline, rows, attribute):
    decided, labelled = rows
    said, group = decided["decision"].to_numpy(), np.array(decided[attribute].to_pylist())
    selected = selection(baseline, attribute)
    kwargs = {"sensitive_features": group}
    assert fairness.difference(selected) == fair.demographic_parity_difference(said, said, **kwargs)
    assert fairness.ratio(selected) == fair.demographic_parity_ratio(said, said, **kwargs)
    true, said = labelled["label"].to_numpy(), labelled["decision"].to_numpy()
    kwargs = {"sensitive_features": np.array(labelled[attribute].to_pylist())}
    tpr, fpr = true_positive(baseline, attribute), false_positive(baseline, attribute)
    assert fairness.difference(tpr) == fair.equal_opportunity_difference(true, said, **kwargs)
    assert fairness.equalized_odds_difference(tpr, fpr) == fair.equalized_odds_difference(true, said, **kwargs)


def test_the_gap_of_true_positives_is_that_of_false_negatives(baseline, attribute):
    tpr = true_positive(baseline, attribute)
    fnr = {group: Rate(rate.n - rate.x, rate.n) for group, rate in tpr.items()}
    assert fairness.difference(tpr) == pytest.approx(fairness.difference(fnr))


def test_small_groups_are_said_and_decide_nothing():
    report = report_on("a")
    for group in ("Other", "Amer-Indian-Eskimo"):
        assert report.of("selection_rate", "race", group).verdict == "insufficient_data"
    assert set(report.of("disparate_impact_ratio", "race", "Black").facts["thin"]) == {"Other", "Amer-Indian-Eskimo"}


def test_bounds_hold_equality_where_nothing_is_certain():
    assert bound_of_gap(Rate(10, 20), Rate(11, 20), 0.99) == 0.0
    assert bound_of_ratio(Rate(10, 20), Rate(11, 20), 0.99) == 1.0
    assert bound_of_gap(Rate(100, 1000), Rate(300, 1000), 0.99) > 0.1
    assert bound_of_ratio(Rate(100, 1000), Rate(300, 1000), 0.99) < 0.5


def test_the_change_of_a_gap_has_its_nominal_size():
    draw = np.random.default_rng(11)
    rates = lambda: (Rate(int(draw.binomial(300, 0.3)), 300), Rate(int(draw.binomial(900, 0.35)), 900))  # noqa: E731
    p = [fairness.change(rates(), rates()) for _ in range(2_000)]
    assert 0.03 < np.mean(np.array(p) < 0.05) < 0.07


def test_nobody_selected_is_no_disparity():
    assert fairness.ratio({"a": Rate(0, 5), "b": Rate(0, 5)}) == 1.0
    with pytest.raises(ValueError, match="two groups"):
        fairness.difference({"a": Rate(0, 5)})
