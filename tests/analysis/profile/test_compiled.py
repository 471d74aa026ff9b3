"""The compiled loop and the one in numpy give the same bits, whatever the values, the type and the order of hours."""

import numpy as np
import pytest

from analysis.profile import builder, counting
from analysis.profile.cells import CELLS, is_nan
from analysis.profile.columns import Numbers
from analysis.profile.counting import Hours
from analysis.spec import Number

compiled = pytest.importorskip("analysis.profile.compiled")
DRAW = np.random.default_rng(12)
N = 10_000
ODD = np.r_[np.nan, np.inf, -np.inf, 0.0, -0.0, 5e-324, -5e-324, 1e308, -1e308, 1e-40, DRAW.normal(size=N - 10)]
COLUMNS = {
    "doubles": DRAW.normal(1_000, 3, N), "odd": ODD, "singles": DRAW.normal(0, 1e5, N).astype(np.float32),
    "integers": DRAW.integers(-5, 500, N), "small": DRAW.integers(0, 3, N).astype(np.int8), "few": ODD[:3],
    "cubes": DRAW.normal(size=N) ** 21, "nothing": ODD[:0],
}  # fmt: skip


ORDERS = {"in order": np.sort, "in runs": lambda place: np.sort(place) * 7 % 9, "at random": lambda place: place}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("share", [0.0, 0.1])
def test_both_loops_give_the_same_bits(name, order, share):
    x = COLUMNS[name]
    nulls = np.flatnonzero(DRAW.random(len(x)) < share)
    place = ORDERS[order](DRAW.integers(0, 9, len(x))).astype(np.uint32)
    found = []
    for loop in (counting.PLAIN, compiled.FAST):
        number, held = Number(2.5, 0.25), np.zeros(CELLS, np.uint64)
        hourly, ends = loop.numeric(Numbers(x, nulls), number, held, Hours.of(place, 9))
        cells, by_place = loop.apart(x, 2.5, place, 9)
        piled = np.zeros(9 * CELLS, np.uint64)
        loop.pile(x, 2.5, place, piled)
        known = ~is_nan(np.arange(CELLS))  # the dropped bits of NaN are nobody's
        arrays = hourly, held[known], cells, by_place[:, known[cells]], piled.reshape(9, CELLS)[:, known]
        found.append((ends, *(array.tobytes() for array in arrays)))
    assert found[0] == found[1]


@pytest.mark.parametrize("kind", [np.uint8, np.uint32])
def test_both_count_the_same_codes(kind):
    a, b = (DRAW.integers(0, n, N).astype(kind) for n in (5, 7))
    assert (counting.cross(a, 5, b, 7) == compiled.cross(a, 5, b, 7)).all()
    assert (counting.count(a, 5) == compiled.count(a, 5)).all()
    table = DRAW.integers(0, 99, 7).astype(np.uint8)
    assert (counting.look(table, b) == compiled.look(table, b)).all()


def test_whole_profiles_are_the_same(reference, spec):
    made = []
    for loop in (counting.PLAIN, compiled.FAST):
        one = builder.Builder(spec, loop)
        for batch in reference.to_batches(max_chunksize=999):
            one.add(batch)
        made.append(one.profile().to_bytes())
    assert made[0] == made[1]
    assert builder.fastest() is compiled.FAST
