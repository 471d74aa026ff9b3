"""Accuracy, AUC and entropy agree with scikit-learn and scipy on the rows themselves."""

import numpy as np
import pytest
from scipy.stats import entropy
from sklearn import metrics as learn

from analysis.detection.checks.outcomes import by_label
from analysis.metrics import performance
from analysis.profile.grid import Grid
from tests.analysis.conftest import report_on


@pytest.fixture
def labelled(reference):
    kept = np.array(reference["label"].is_valid()) & np.array(reference["score"].is_valid())
    return reference.filter(kept)


def test_accuracy_is_that_of_the_rows(labelled):
    found = report_on("a").of("accuracy_drop").facts["before"]
    assert found == learn.accuracy_score(labelled["label"].to_numpy(), labelled["decision"].to_numpy())


def test_auc_is_that_of_the_rows_within_its_error(baseline, labelled):
    _, negative, positive = by_label(baseline)
    found = performance.auc(negative, positive)
    exact = learn.roc_auc_score(labelled["label"].to_numpy(), labelled["score"].to_numpy())
    assert found.value == pytest.approx(exact, abs=found.error)
    assert found.error < 2e-3


def test_delong_variance_is_that_of_resampling():
    draw = np.random.default_rng(3)
    positive, negative = draw.integers(3, 10, 300), draw.integers(0, 8, 500)

    def value(p, n):
        return performance.auc(np.bincount(n, minlength=10), np.bincount(p, minlength=10))

    again = [value(draw.choice(positive, 300), draw.choice(negative, 500)).value for _ in range(2_000)]
    assert value(positive, negative).variance == pytest.approx(np.var(again), rel=0.15)


def test_entropy_is_scipys(baseline, reference):
    score = reference["score"].drop_null().to_numpy()
    exact = entropy(np.stack([score, 1 - score]), base=2).mean()
    grid = Grid.of(baseline.table("score", 2), baseline.spec.score.origin)
    assert performance.entropy(grid.value, grid.count).value == pytest.approx(exact, rel=1e-4)


def test_what_is_undefined_is_said():
    with pytest.raises(ValueError, match="one class"):
        performance.auc([1, 2], [0, 0])
    with pytest.raises(ValueError, match="no probability"):
        performance.entropy([3.0], [1])
    with pytest.raises(ValueError, match="never right"):
        performance.accuracy_drop(0, 10, 5, 10)
