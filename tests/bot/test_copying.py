"""What the worker copies for a bundle of evidence, as a process of its own, and what it has to load for that."""

import json
import re
import subprocess
import sys
from dataclasses import asdict

import pyarrow.compute as pc
import pyarrow.parquet as pq

from bot.pseudonyms import Pseudonym
from bot.worker import Job


def test_the_newest_decisions_are_copied_with_keyed_hashes_and_nothing_slow_is_loaded(data, tmp_path):
    log = data / "current_e_biased_retrain.parquet"
    source = {"predictions": str(log), "window_s": 7 * 86_400, "ends": "latest", "now": "2026-11-21T00:00:00+00:00"}
    job = Job("decisions", str(tmp_path), source, {}, personal=("request_id",), key="0:ab", limit=100)
    command = [sys.executable, "-X", "importtime", "-m", "bot.worker"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as worker:
        worker.stdin.write(json.dumps(asdict(job)) + "\n")
        worker.stdin.flush()  # its end would tell the worker that we are gone
        told = worker.stderr.read()
    assert worker.returncode == 0, told
    newest = pq.read_table(log).sort_by("timestamp").slice(3_900)
    copied = pq.read_table(tmp_path / "decisions.parquet")
    assert copied["timestamp"].equals(newest["timestamp"])
    hashed = Pseudonym("0", bytes.fromhex("ab")).hashed
    assert copied["request_id"].to_pylist() == [hashed(one) for one in newest["request_id"].to_pylist()]
    assert pc.all(pc.equal(copied["score"], newest["score"])).as_py()
    loaded = set(re.findall(r"\| +([a-z_]+)\.", told, re.MULTILINE))  # with parts: a module that was found
    assert "pyarrow" in loaded
    assert not loaded & {"pandas", "pydantic", "sqlalchemy", "matplotlib", "scipy", "slack_bolt"}
