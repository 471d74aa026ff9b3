"""What a sample could have shown: statsmodels' power of the same test, and the windows' own words."""

import numpy as np
import pytest
from statsmodels.stats.proportion import power_proportions_2indep

from analysis.metrics.intervals import two_proportions
from analysis.metrics.power import POWER, smallest_drop, smallest_gap
from analysis.vocabulary import Verdict
from templates import words
from tests.analysis.conftest import report_on


@pytest.mark.parametrize("rate", [0.03, 0.25, 0.5, 0.8, 0.97])
@pytest.mark.parametrize(("n", "m"), [(4_000, 800), (300, 300), (120, 5_000)])
@pytest.mark.parametrize("alpha", [0.05, 0.005])
def test_the_smallest_gap_has_a_power_of_four_in_five(rate, n, m, alpha):
    gap = smallest_gap(rate, n, m, alpha)
    below = smallest_drop(rate, n, m, alpha)
    signed, tail = (gap, "larger") if below is None else (-gap, "smaller")
    shown = power_proportions_2indep(signed, rate, m, ratio=n / m, alpha=alpha / 2, alternative=tail).power
    assert shown == pytest.approx(POWER, abs=1e-9)


def test_it_is_found_in_four_of_five_simulated_samples():
    draw = np.random.default_rng(4)
    gap = smallest_drop(0.4, 900, 600, 0.005)
    x, y = draw.binomial(900, 0.4, 4_000), draw.binomial(600, 0.4 - gap, 4_000)
    found = np.mean([two_proportions(a, 900, b, 600) < 0.005 for a, b in zip(x, y, strict=True)])
    assert found == pytest.approx(POWER, abs=0.02)


def test_more_rows_show_a_smaller_gap_and_no_rows_show_none():
    gaps = [smallest_gap(0.3, n, n, 0.005) for n in (100, 1_000, 10_000)]
    assert gaps == sorted(gaps, reverse=True)
    assert smallest_gap(0.3, 0, 100, 0.005) is None


def test_a_window_that_passes_says_how_small_a_gap_it_would_have_shown():
    found = report_on("a").of("demographic_parity_difference", "sex", "Male")
    assert found.verdict is Verdict.OK
    assert 0.02 < found.detectable < 0.1
    assert "points or more" in words.finding(found)


def test_a_window_that_is_too_small_says_what_it_could_have_shown():
    report = report_on("i")
    gap = report.of("demographic_parity_difference", "sex")
    assert gap.verdict is Verdict.INSUFFICIENT_DATA
    assert gap.detectable > 0.3
    assert "so few rows show only a gap of" in words.finding(gap)
    assert report.of("accuracy_drop").detectable > 0.2


def test_the_detectable_loss_of_accuracy_is_small_in_a_whole_window():
    report = report_on("a")
    assert 0.01 < report.of("accuracy").detectable < report.of("accuracy_drop").detectable < 0.06
