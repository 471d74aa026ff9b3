"""Distances agree with scipy on the values themselves, as far as their stated error allows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats
from scipy.spatial.distance import jensenshannon

from analysis.metrics import distance
from analysis.profile.cells import split
from analysis.profile.grid import Grid
from analysis.profile.table import Table

COUNTS = st.integers(1, 12).flatmap(
    lambda k: st.tuples(*[arrays(np.int64, k, elements=st.integers(0, 10_000)).filter(lambda c: c.sum() > 0)] * 2)
)


@given(COUNTS)
def test_psi_is_kl_and_its_mirror(counts):
    a, b = counts
    assert distance.psi(a, b) == pytest.approx(distance.kl(a, b) + distance.kl_mirror(a, b), abs=1e-12)
    assert distance.psi(a, b) == pytest.approx(distance.psi(b, a), abs=1e-12)
    assert distance.psi(a, b) >= 0


@given(COUNTS)
def test_jensen_shannon_is_scipys(counts):
    a, b = counts
    assert distance.js_distance_base2(a, b) == pytest.approx(jensenshannon(a, b, base=2), abs=1e-7)
    assert 0 <= distance.js_distance_base2(a, b) <= 1 + 1e-12


def test_kl_is_scipys_where_nothing_is_floored():
    a, b = np.array([50, 30, 20]), np.array([10, 60, 30])
    assert distance.kl(a, b) == pytest.approx(stats.entropy(b, a))
    assert distance.kl_mirror(a, b) == pytest.approx(stats.entropy(a, b))


@given(COUNTS)
def test_chi2_is_scipys_on_the_pooled_table(counts):
    table = np.array(distance.pooled(*counts))
    table = table[:, table.sum(axis=0) > 0]
    found = distance.chi2(*counts)
    if table.shape[1] < 2:
        assert found.p == 1.0
        return
    expected = stats.chi2_contingency(table, correction=False)
    assert found.statistic == pytest.approx(expected.statistic, abs=1e-8)
    assert found.p == pytest.approx(expected.pvalue, abs=1e-12)
    assert found.freedom == expected.dof


def test_cramers_v_is_the_corrected_one_of_scipy():
    rng = np.random.default_rng(0)
    table = rng.integers(50, 500, (2, 6))
    n, (r, k) = table.sum(), table.shape
    phi2 = stats.chi2_contingency(table, correction=False).statistic / n
    phi2 = max(0, phi2 - (k - 1) * (r - 1) / (n - 1))
    rows, columns = r - (r - 1) ** 2 / (n - 1), k - (k - 1) ** 2 / (n - 1)
    assert distance.chi2(*table).v == pytest.approx(np.sqrt(phi2 / min(columns - 1, rows - 1)))


def grids(x, y, origin):
    made = []
    for side in (x, y):
        key, low = split(side, origin)
        made.append(Grid.of(Table.of(key, np.c_[np.ones(len(side), np.int64), low]), origin))
    return made


def aligned(a, b):
    from analysis.detection.checks.inputs import _aligned

    return _aligned(a, b)


@pytest.mark.parametrize("shift", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("name", ["normal", "far", "skewed", "integers"])
def test_ks_and_wasserstein_from_cells_are_scipys_within_their_error(name, shift):
    rng = np.random.default_rng(7)
    draw = {
        "normal": lambda n: rng.normal(0, 1, n), "far": lambda n: rng.normal(1_000, 1, n),
        "skewed": lambda n: rng.lognormal(0, 1, n), "integers": lambda n: rng.integers(0, 30, n).astype(float),
    }[name]  # fmt: skip
    x, y = draw(20_000), draw(15_000)
    y = y + shift * x.std()
    value, a, b = aligned(*grids(x, y, float(np.round(np.median(x)))))
    found, expected = distance.ks(a, b), stats.ks_2samp(x, y, method="asymp")
    assert found.statistic <= expected.statistic + 1e-12
    assert expected.statistic <= found.statistic + found.error
    w1 = distance.wasserstein_over_std(value, a, b)
    assert w1 == pytest.approx(stats.wasserstein_distance(x, y) / x.std(), abs=0.005)


def test_ks_p_is_scipys_when_every_value_has_a_cell():
    rng = np.random.default_rng(8)
    x, y = rng.integers(0, 50, 3_000).astype(float), rng.integers(1, 51, 2_000).astype(float)
    _, a, b = aligned(*grids(x, y, 25.0))
    expected = stats.ks_2samp(x, y, method="asymp")
    assert distance.ks(a, b).statistic == pytest.approx(expected.statistic)
    assert distance.ks(a, b).p == pytest.approx(expected.pvalue)


@given(COUNTS)
def test_total_variation_lies_between_nothing_and_all(counts):
    assert 0 <= distance.total_variation(*counts) <= 1


def test_no_rows_and_no_spread_are_said():
    with pytest.raises(ValueError, match="nothing was counted"):
        distance.psi([0, 0], [1, 1])
    with pytest.raises(ValueError, match="constant"):
        distance.wasserstein_over_std([1.0, 2.0], [5, 0], [1, 1])


def test_excess_is_nothing_on_average_without_drift():
    rng = np.random.default_rng(9)
    share = np.full(10, 0.1)
    gaps = [distance.psi(rng.multinomial(500, share), rng.multinomial(500, share)) - 9 * (2 / 500) for _ in range(400)]
    assert abs(np.mean(gaps)) < 0.003
