"""A check that raised fairness or accuracy reads both logs once more to say where the change comes from."""

from dataclasses import replace

import pytest

from analysis.profile import Profile
from bot import comparisons, tasks
from bot.worker import Job
from storage import predictions

TOLD = {"protected": ["sex", "race", "age_band"], "references": {}, "favourable": None}


@pytest.fixture
def job(data, tmp_path):
    """Return a check of the biased retrain against the baseline of the reference, as the runner asks for it."""
    reference, window = str(data / "reference.parquet"), str(data / "current_e_biased_retrain.parquet")
    source = {
        "predictions": window, "labels": None, "columns": {}, "window_s": 8 * 86_400.0, "ends": "latest",
        "now": "2025-05-01T00:00:00+00:00",
    }  # fmt: skip
    made = Job(task="baseline", folder=str(tmp_path), source=source | {"predictions": reference}, told=TOLD)
    spec = tasks.baseline(made)["spec"]
    kept = (tmp_path / "profile.bin").rename(tmp_path / "baseline.bin")
    return replace(made, task="compare", source=source, spec=spec, baseline=str(kept), reference=reference)


def origins(job):
    (alert,) = comparisons.check(job)["report"]["alerts"]
    return alert["origins"]


def test_the_model_is_told_to_have_done_it_from_both_logs(job):
    first = origins(job)[0]
    assert (first["metric"], first["basis"], first["reason"]) == ("disparate_impact_ratio", "logs", None)
    assert first["parts"][0]["part"] == "model"
    assert first["parts"][0]["share"] > 0.9
    assert sum(part["value"] for part in first["parts"]) == pytest.approx(first["change"])


@pytest.mark.parametrize("gone", [None, "nowhere/*.parquet", "reference.profile"])
def test_a_baseline_whose_log_is_gone_is_said_to_be(job, gone):
    assert {one["reason"] for one in origins(replace(job, reference=gone))} == {"no_log"}


def test_a_log_that_broke_since_is_as_good_as_gone(job, tmp_path):
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"no log at all")
    assert {one["basis"] for one in origins(replace(job, reference=str(broken)))} == {"profiles"}


def test_a_baseline_that_is_a_stretch_of_the_model_s_own_log_is_found_again(job, data, tmp_path):
    both = tmp_path / "log"
    both.mkdir()
    for name in ("reference.parquet", "current_e_biased_retrain.parquet"):
        (both / name).write_bytes((data / name).read_bytes())
    whole = replace(job, source=job.source | {"predictions": str(both)}, reference=str(both))
    before = Profile.from_bytes((tmp_path / "baseline.bin").read_bytes())
    log = comparisons.baseline_log(whole, before)
    assert sum(batch.num_rows for batch in predictions.read(log)) == before.rows
    assert {one["basis"] for one in origins(whole)} == {"logs"}


def test_a_check_that_raised_no_such_alert_reads_nothing_again(job, data, monkeypatch):
    quiet = replace(job, source=job.source | {"predictions": str(data / "current_a_no_change.parquet")})
    monkeypatch.setattr(comparisons.explaining, "reader", None)
    assert comparisons.check(quiet)["report"]["alerts"] == []


def test_logs_that_are_too_large_are_not_read_again(job, monkeypatch):
    monkeypatch.setattr(comparisons.explaining, "MOST_ROWS", 100)
    assert {one["basis"] for one in origins(job)} == {"profiles"}


def test_a_check_is_not_lost_to_an_explanation_that_needs_too_much_memory(job, monkeypatch):
    def full(_log):
        raise MemoryError

    monkeypatch.setattr(comparisons.explaining, "reader", full)
    assert {one["basis"] for one in origins(job)} == {"profiles"}


def test_each_origin_of_a_report_on_files_has_its_sentence(job):
    files = replace(job, task="analyze", spec=None, baseline=None)
    (alert,) = comparisons.analyze(files)["alerts"]
    assert all(one["sentence"].startswith("Of the ") for one in alert["origins"])
    assert alert["origins"][0]["sentence"] in alert["sentence"]
