"""What the worker copies for a bundle of evidence, as a process of its own, and what it has to load for that."""

import json
import re
import subprocess
import sys
from dataclasses import asdict

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from bot import tasks
from bot.pseudonyms import Pseudonym
from bot.worker import Job


def job_of(data, folder, **more):
    log = data / "current_e_biased_retrain.parquet"  # 4,000 decisions of a week
    source = {"predictions": str(log), "window_s": 86_400, "ends": "latest", "now": "2026-11-21T00:00:00+00:00"}
    return Job("decisions", str(folder), source, {}, **more)


@pytest.mark.parametrize(("limit", "rows"), [(100, 100), (2_000, 2_000), (10_000, 4_000)])
def test_as_many_are_copied_as_wanted_and_not_the_windows_alone(data, tmp_path, limit, rows):
    assert tasks.decisions(job_of(data, tmp_path, limit=limit))["rows"] == rows
    quiet = job_of(data, tmp_path, limit=limit)  # the last decision is 30 windows ago
    quiet.source.update(ends="now", now="2025-05-06T00:00:00+00:00")
    assert tasks.decisions(quiet)["rows"] == rows
    newest = pq.read_table(data / "current_e_biased_retrain.parquet").sort_by("timestamp").slice(4_000 - rows)
    assert pq.read_table(tmp_path / "decisions.parquet")["timestamp"].equals(newest["timestamp"])


def test_personal_columns_are_copied_as_keyed_hashes_and_nothing_slow_is_loaded(data, tmp_path):
    job = job_of(data, tmp_path, personal=("request_id",), key="0:ab", limit=100)
    command = [sys.executable, "-X", "importtime", "-m", "bot.worker"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as worker:
        worker.stdin.write(json.dumps(asdict(job)) + "\n")
        worker.stdin.flush()  # its end would tell the worker that we are gone
        told = worker.stderr.read()
    assert worker.returncode == 0, told
    newest = pq.read_table(job.source["predictions"]).sort_by("timestamp").slice(3_900)
    copied = pq.read_table(tmp_path / "decisions.parquet")
    hashed = Pseudonym("0", bytes.fromhex("ab")).hashed
    assert copied["request_id"].to_pylist() == [hashed(one) for one in newest["request_id"].to_pylist()]
    assert pc.all(pc.equal(copied["score"], newest["score"])).as_py()
    loaded = set(re.findall(r"\| +([a-z_]+)\.", told, re.MULTILINE))  # with parts: a module that was found
    assert "pyarrow" in loaded
    assert not loaded & {"pandas", "pydantic", "sqlalchemy", "matplotlib", "scipy", "slack_bolt"}
