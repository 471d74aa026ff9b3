"""Counts, sums and quantiles read off the cells agree with the values themselves."""

from fractions import Fraction

import numpy as np
import pytest

from analysis.profile.cells import exact_sum, is_nan, order, split, unorder
from analysis.profile.grid import Grid
from analysis.profile.table import Table


def grid(x, origin=0.0):
    key, low = split(np.asarray(x), origin)
    kept = ~is_nan(key)
    rows = np.c_[np.ones(kept.sum(), np.int64), low[kept]]
    return Grid.of(Table.of(key[kept], rows), origin)


def test_order_is_that_of_the_numbers():
    draw = np.random.default_rng(2)
    x = np.sort(np.r_[-np.inf, draw.normal(size=1_000) * 10.0 ** draw.integers(-50, 50, 1_000), np.inf])
    key, _ = split(x, 0.0)
    assert (np.diff(order(key)) >= 0).all()
    assert (unorder(order(key)) == key).all()


def test_the_sum_is_exact():
    x = np.random.default_rng(3).normal(1e3, 50, 5_000)
    key, low = split(x, 990.0)
    total = sum(Fraction(float(v)) for v in (x - 990.0).astype(np.float32))
    table = Table.of(key, np.c_[np.ones(len(x), np.int64), low])
    assert Fraction(exact_sum(table.keys, table.values[:, 0], table.values[:, 1]), 2**149) == total


def test_denormals_zeros_and_infinities_have_their_cells():
    x = [0.0, -0.0, 5e-324, -5e-324, 1e-40, np.inf, -np.inf, 1e300]
    found = grid(x)
    assert found.n == len(x)
    assert found.infinite == 3
    assert found.value[0] == -np.inf


def test_quantiles_lie_within_a_cell():
    x = np.random.default_rng(4).lognormal(4, 1, 20_000)
    found = grid(x)
    for share in (0.05, 0.5, 0.95, 0.99):
        assert found.quantile(share) == pytest.approx(np.quantile(x, share, method="inverted_cdf"), rel=2**-7)


def test_bins_of_integers_are_those_of_their_values():
    x = np.random.default_rng(5).integers(0, 40, 10_000)
    found = grid(x, 20.0)
    edges = found.edges()
    counts = found.binned(edges)
    borders = np.unique(np.quantile(x, np.arange(1, 10) / 10, method="inverted_cdf"))
    assert counts.tolist() == np.bincount(np.searchsorted(borders, x, side="left")).tolist()


def test_the_mean_and_the_variance_are_those_of_the_values():
    x = np.random.default_rng(6).gamma(2, 30, 10_000)
    found = grid(x, 60.0)
    assert found.mean == pytest.approx(x.mean(), rel=1e-7)
    assert found.variance() == pytest.approx(x.var(), rel=1e-4)
