"""The proxy screen: its numbers are scipy's, known proxies are found, and unrelated inputs are not."""

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import chi2_contingency
from scipy.stats.contingency import association as scipy_association

from analysis.detection.limits import Limits
from analysis.detection.proxies import screen
from analysis.discovery import Told, discover
from analysis.metrics.association import association
from analysis.profile import count
from analysis.vocabulary import Verdict
from storage.predictions import log_at, read
from templates import proxies
from tests.analysis.conftest import DATA, profile_of


def test_the_statistic_is_scipy_s_and_v_comes_to_its_v_with_many_rows():
    draw = np.random.default_rng(3)
    table = draw.integers(20, 900, (3, 6))
    ours, theirs = association(table), chi2_contingency(table, correction=False)
    assert (ours.statistic, ours.p, ours.freedom) == pytest.approx((theirs.statistic, theirs.pvalue, theirs.dof))
    many = table * 10_000
    assert association(many).v == pytest.approx(scipy_association(many, "cramer"), rel=1e-4)


def test_v_has_no_bias_where_there_is_nothing():
    draw = np.random.default_rng(4)
    found = [association(draw.multinomial(200, np.full(40, 1 / 40)).reshape(2, 20)).v ** 2 for _ in range(300)]
    assert np.mean(found) < 0.01


def screened(table, protected=("sex",), rows=10**9, limits=None):
    spec = discover(table, Told(protected=protected))
    found = screen(count(spec, table.to_batches()), lambda: table.to_batches(rows), limits or Limits())
    return {(one.attribute, one.feature): one for one in found}


def people(seed=1, rows=3_000):
    draw = np.random.default_rng(seed)
    sex = draw.choice(["f", "m"], rows)
    height = draw.normal(165, 7, rows) + 13 * (sex == "m")
    first = np.where(draw.random(rows) < 0.9, np.where(sex == "f", "Ann", "Bob"), "Kim")
    return pa.table({"sex": sex, "height": height, "name": first, "luck": draw.normal(0, 1, rows)})


def test_proxies_are_found_and_luck_is_none():
    found = screened(people())
    assert found["sex", "name"].v > 0.9
    assert found["sex", "height"].v > 0.6
    assert {key for key, one in found.items() if one.verdict is Verdict.NOTICE} == {("sex", "name"), ("sex", "height")}
    assert found["sex", "luck"].v < 0.1


def test_the_split_of_the_rows_changes_nothing():
    assert screened(people(), rows=100) == screened(people())


def test_a_proxy_that_hides_in_shape_is_found():
    """No difference of means: women in the middle, men at both ends."""
    draw = np.random.default_rng(2)
    sex = draw.choice(["f", "m"], 2_000)
    x = np.where(sex == "f", draw.normal(0, 0.5, 2_000), draw.choice([-3, 3], 2_000) + draw.normal(0, 0.5, 2_000))
    assert screened(pa.table({"sex": sex, "x": x}))["sex", "x"].v > 0.9


@pytest.mark.parametrize("sex", [["f"] * 500, ["f"] * 480 + ["m"] * 20, [None] * 500], ids=["one", "few", "none"])
def test_too_few_groups_are_said_to_be(sex):
    table = pa.table({"sex": pa.array(sex, pa.string()), "x": np.arange(500.0), "y": ["a"] * 500})
    found = screened(table)
    assert {one.verdict for one in found.values()} == {Verdict.INSUFFICIENT_DATA}
    assert "Too little" in proxies.summary(list(found.values()))


def test_in_the_reference_the_household_tells_sex_and_age_its_band():
    log = log_at([DATA / "reference.parquet"])
    found = screen(profile_of("reference"), lambda: read(log), Limits())
    close = {(one.attribute, one.feature) for one in found if one.verdict is Verdict.NOTICE}
    assert {("sex", "relationship"), ("sex", "marital_status"), ("age_band", "age")} <= close
    assert ("sex", "channel") not in close
    (age,) = [one for one in found if (one.attribute, one.feature) == ("age_band", "age")]
    assert age.v > 0.95
    assert 0 < age.weight < 1
    assert "tells much of age_band" in proxies.sentence(age)
