"""The compiled loop and the one in numpy give the same bits, whatever the values, the type and the order of hours."""

import numpy as np
import pytest

from analysis.profile import builder, counting
from analysis.profile.cells import CELLS, coarse
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


@pytest.mark.parametrize("is_sorted", [True, False])
@pytest.mark.parametrize("name", COLUMNS)
def test_both_loops_give_the_same_bits(name, is_sorted):
    x = COLUMNS[name]
    place = DRAW.integers(0, 9, len(x))
    place = np.sort(place) if is_sorted else place
    found = []
    for loop in (counting.numeric, compiled.numeric):
        number, held = Number(2.5, 0.25), np.zeros(CELLS, np.uint64)
        plain, ends = loop(x, number, held, None)
        hourly, again = loop(x, number, held, (Hours.of(place.astype(np.int32), 9), coarse(0.25)))
        assert ends == again
        found.append(((plain.shape, ends), hourly.tobytes(), held[held > 0].tobytes()))
    assert found[0][:2] == found[1][:2]
    assert found[0][2] == found[1][2] or name in ("odd", "few")  # the dropped bits of NaN are nobody's


def test_both_count_the_same_crossings():
    codes = [(DRAW.integers(0, n, N).astype(np.int32), n) for n in (5, 7, 3)]
    for k in (2, 3):
        assert (counting.cross(*codes[:k]) == compiled.cross(*codes[:k])).all()


def test_whole_profiles_are_the_same(reference, spec):
    made = []
    for loop in (counting.PLAIN, compiled.FAST):
        one = builder.Builder(spec, loop)
        for batch in reference.to_batches(max_chunksize=999):
            one.add(batch)
        made.append(one.profile().to_bytes())
    assert made[0] == made[1]
    assert builder.fastest() is compiled.FAST
