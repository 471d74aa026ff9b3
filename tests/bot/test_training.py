"""The demo's model: it learns, it is kept without a pickle, and a file of another kind is refused."""

import pickle
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from skops import io

from analysis.errors import BadInput
from bot.demo import training
from bot.demo.demo import DATA


@pytest.fixture(scope="module")
def log():
    return pq.read_table(DATA / "reference.parquet")


@pytest.fixture(scope="module")
def model(log):
    return training.train(log.slice(0, 1500), training.NAMES)


def test_it_tells_good_outcomes_from_bad_ones_that_it_has_not_seen(model, log):
    unseen = log.slice(3000, 1000)
    score, good = training.scores(model, unseen), unseen["label"].to_numpy() == 1
    assert score[good].mean() > score[~good].mean() + 0.15


def test_what_was_saved_scores_as_before(model, log, tmp_path):
    training.save(model, tmp_path / "model.skops")
    again = training.load(tmp_path / "model.skops")
    np.testing.assert_array_equal(training.scores(again, log), training.scores(model, log))


def test_a_missing_value_is_scored_too(model, log):
    row = log.select(training.NAMES).slice(0, 1).drop_columns("occupation").append_column("occupation", [[None]])
    assert 0 < training.scores(model, row)[0] < 1


def test_a_file_with_a_type_that_we_did_not_name_is_not_read(tmp_path):
    io.dump({"model": Path("/")}, tmp_path / "model.skops")
    with pytest.raises(BadInput) as refused:
        training.load(tmp_path / "model.skops")
    assert "which no model of ours is made of" in str(refused.value)


def test_a_pickle_is_not_read(tmp_path):
    (tmp_path / "model.skops").write_bytes(pickle.dumps([1]))
    with pytest.raises(BadInput) as refused:
        training.load(tmp_path / "model.skops")
    assert "is no model that was saved by the demo" in str(refused.value)
