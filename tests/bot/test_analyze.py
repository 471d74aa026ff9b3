"""`ethixbot analyze` on files it has never seen: verdicts, exit codes, and one clear line for what is wrong."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from tests.shell import ethixbot, refused

KEYS = {
    "family", "metric", "column", "group", "value", "baseline_value", "interval", "p", "q", "n_baseline", "n_window",
    "n_null", "limit", "verdict", "severity", "sentence",
}  # fmt: skip


def process(*arguments):
    command = [sys.executable, "-m", "bot", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def log(path, rows=3_000, seed=1, amount=0.0):
    """Write a log of another trade, in the format that the name says."""
    chance = np.random.default_rng(seed)
    score = chance.beta(2, 2, rows)
    table = pa.table(
        {
            "timestamp": pa.array(np.arange(rows) * 60_000 + 1_700_000_000_000, pa.timestamp("ms", tz="UTC")),
            "request_id": [f"{seed}-{n}" for n in range(rows)],
            "premium": chance.normal(300 + amount, 60, rows),
            "region": chance.choice(["north", "south", "east"], rows),
            "score": score,
            "decision": (score > 0.5).astype(int),
        }
    )
    pq.write_table(table, path) if path.suffix == ".parquet" else pyarrow.csv.write_csv(table, path)
    return path


def test_a_fairness_break_in_json_has_every_key_and_exit_code_1(data):
    done = process("analyze", "--baseline", data / "reference.parquet", "--window",
                   data / "current_e_biased_retrain.parquet", "--protected", "sex", "--json", "-")  # fmt: skip
    assert done.returncode == 1, done.stderr
    report = json.loads(done.stdout)
    assert [(a["family"], a["severity"], a["cause"]["column"]) for a in report["alerts"]] == [
        ("fairness", "critical", "sex")
    ]
    assert all(set(row) >= KEYS for row in report["results"])
    assert set(report) >= {"baseline", "window", "results", "alerts", "composite"}


def test_nothing_raised_is_exit_code_0_and_the_same_files_give_the_same_bytes(tmp_path):
    arguments = ("analyze", "--baseline", log(tmp_path / "a.parquet"), "--window", log(tmp_path / "b.csv", seed=2))
    first, second = (one(*arguments, "--json", "-") for one in (process, ethixbot))
    assert first.returncode == 0, first.stdout
    assert first.stdout == second.stdout


@pytest.mark.parametrize("how", [["--threads", "3"], ["--engine", "spark", "--threads", "2"]], ids=["threads", "spark"])
def test_the_report_is_the_same_whoever_counts(data, how):
    if "spark" in how and not shutil.which("java"):
        pytest.skip("Java is not installed (Debian: apt-get install default-jre-headless)")
    asked = ("analyze", "--baseline", data / "reference.parquet", "--window", data / "current_f_concept_shift.parquet",
             "--late-labels", data / "late_labels.parquet", "--json", "-")  # fmt: skip
    here, there = ethixbot(*asked), process(*asked, *how)
    assert there.returncode == here.returncode == 1, there.stderr
    assert there.stdout == here.stdout


def test_a_worker_says_how_far_it_is(data, tmp_path):
    from bot import analyses

    said = []
    wanted = analyses.Wanted(str(data / "current_a_no_change.parquet"), str(data / "reference.parquet"))
    analyses.compared(wanted, lambda *step: said.append(step))
    rows = sum(pq.read_metadata(data / f"{name}.parquet").num_rows for name in ("reference", "current_a_no_change"))
    assert said
    assert {total for _, total in said} == {rows}
    assert [done for done, _ in said] == sorted(done for done, _ in said)


def test_drift_is_told_in_words_on_a_page_and_in_a_file(tmp_path):
    page, kept = tmp_path / "page.html", tmp_path / "report.json"
    done = ethixbot("analyze", "--baseline", log(tmp_path / "a.parquet"), "--window",
                    log(tmp_path / "b.csv", seed=2, amount=90), "--html", page, "--json", kept)  # fmt: skip
    assert done.returncode == 1
    assert "premium" in done.stdout
    assert "premium" in page.read_text()
    assert json.loads(kept.read_text())["alerts"][0]["cause"]["column"] == "premium"


def test_pictures_go_into_a_folder(tmp_path):
    done = ethixbot("analyze", "--baseline", log(tmp_path / "a.parquet"), "--window",
                    log(tmp_path / "b.csv", seed=2, amount=90), "--plots", tmp_path / "new" / "plots")  # fmt: skip
    assert done.returncode == 1
    assert sorted(path.name for path in (tmp_path / "new" / "plots").iterdir()) == [
        "alert-01-Data-quality-premium.png", "column-01-premium.png",
    ]  # fmt: skip


def test_profiles_can_be_made_merged_and_compared_with(tmp_path, data):
    whole = tmp_path / "reference.profile"
    assert ethixbot("profile", data / "reference.parquet", "-o", whole).returncode == 0
    assert ethixbot("merge", whole, whole, "-o", tmp_path / "two.profile").stdout.endswith("10,000 rows\n")
    window = data / "current_a_no_change.parquet"
    assert ethixbot("analyze", "--baseline", whole, "--window", window).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--window", "nowhere.parquet"), "nowhere.parquet"),
        (("--window", "broken.parquet"), "broken.parquet"),
        (("--window", "text.parquet"), "text.parquet"),
        (("--window", "empty"), "empty"),
        (("--window", "good.parquet", "--protected", "star_sign"), "star_sign"),
        (("--window", "good.parquet", "--reference-group", "region"), "attribute=group"),
        (("--window", "good.parquet", "--columns", "text.parquet"), "role: column"),
        (("--window", "good.parquet", "--html", "nowhere/page.html"), "nowhere/page.html"),
        (("--window", "good.parquet", "--plots", "text.parquet"), "text.parquet"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_bad_input_is_one_line_that_names_it(tmp_path, monkeypatch, arguments, says):
    monkeypatch.chdir(tmp_path)
    good = log(tmp_path / "good.parquet", rows=300)
    (tmp_path / "broken.parquet").write_bytes(good.read_bytes()[:-200])
    (tmp_path / "text.parquet").write_text("this is no log")
    (tmp_path / "empty").mkdir()
    assert says in refused("analyze", "--baseline", "good.parquet", *arguments)
