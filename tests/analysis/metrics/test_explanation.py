"""Rank metrics agree with scipy and scikit-learn."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import ndcg_score

from analysis.metrics import explanation
from tests.analysis.conftest import report_on

PAIRS = st.integers(5, 12).flatmap(
    lambda k: st.tuples(*[st.lists(st.integers(0, 6).map(float), min_size=k, max_size=k)] * 2)
)


@given(PAIRS)
def test_correlations_are_scipys(pair):
    a, b = pair
    assume(len(set(a)) > 1 and len(set(b)) > 1)
    assert explanation.spearman(a, b) == pytest.approx(stats.spearmanr(a, b).statistic)
    assert explanation.kendall(a, b) == pytest.approx(stats.kendalltau(a, b).statistic)
    assert explanation.ndcg(a, b) == pytest.approx(ndcg_score([a], [b]))


def test_mean_attributions_are_those_of_the_rows(reference, baseline):
    from analysis.profile.grid import Grid

    x = np.abs(reference["attribution_age"].drop_null().to_numpy())
    grid = Grid.of(baseline.table("attribution:age", 2), 0.0)
    assert grid.mean == pytest.approx(x.astype(np.float64).mean(), rel=1e-12)
    assert grid.variance() == pytest.approx(x.astype(np.float64).var(), rel=1e-3)


def test_a_feature_no_longer_read_is_named():
    assert report_on("h").of("explanation_spearman").facts["moved"][0] == "education_num"


def test_few_features_say_nothing():
    with pytest.raises(ValueError, match="fewer"):
        explanation.spearman([1, 2, 3, 4], [1, 2, 3, 4])
    with pytest.raises(ValueError, match="weigh the same"):
        explanation.spearman([1, 1, 1, 1, 1], [1, 2, 3, 4, 5])
