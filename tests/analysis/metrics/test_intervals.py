"""Tests and intervals of proportions agree with statsmodels and scipy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import fisher_exact
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint, proportions_ztest

from analysis.detection.correction import benjamini_hochberg, holm
from analysis.metrics import intervals

TWO = st.tuples(st.integers(0, 200), st.integers(1, 200), st.integers(0, 200), st.integers(1, 200)).map(
    lambda t: (min(t[0], t[1]), t[1], min(t[2], t[3]), t[3])
)


@given(TWO)
def test_two_proportions_is_z_or_fisher(two):
    x, n, y, m = two
    p = intervals.two_proportions(*two)
    if min(x + y, n + m - x - y) * min(n, m) < 5 * (n + m):
        assert p == pytest.approx(fisher_exact([[x, n - x], [y, m - y]]).pvalue, abs=1e-9)
    else:
        assert p == pytest.approx(proportions_ztest([y, x], [m, n])[1], abs=1e-12)


@given(TWO)
def test_newcombe_is_statsmodels(two):
    x, n, y, m = two
    low, high = confint_proportions_2indep(y, m, x, n, method="newcomb", compare="diff")
    assert tuple(intervals.newcombe(*two)) == pytest.approx((low, high), abs=1e-9)


@given(TWO)
def test_wilson_is_statsmodels(two):
    x, n, *_ = two
    assert tuple(intervals.wilson(x, n)) == pytest.approx(proportion_confint(x, n, method="wilson"), abs=1e-9)


@given(TWO)
def test_katz_is_statsmodels(two):
    x, n, y, m = two
    x, y, n, m = max(x, 1), max(y, 1), max(n, x + 1, 2), max(m, y + 1, 2)
    expected = confint_proportions_2indep(y, m, x, n, method="log", compare="ratio")
    assert tuple(intervals.katz(x, n, y, m)) == pytest.approx(expected, rel=1e-6)


@given(TWO)
def test_katz_never_divides_by_nothing(two):
    low, high = intervals.katz(*two)
    assert 0 <= low <= high


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_corrections_are_statsmodels(p):
    assert benjamini_hochberg(p).tolist() == pytest.approx(multipletests(p, method="fdr_bh")[1].tolist(), abs=1e-12)
    assert holm(p).tolist() == pytest.approx(multipletests(p, method="holm")[1].tolist(), abs=1e-12)


def test_nothing_to_correct_is_nothing():
    assert holm([]).tolist() == []
    assert benjamini_hochberg([]).tolist() == []
