"""A check that hangs, dies of memory or of a cut log ends alone: it is told, and people are answered meanwhile."""

import os
import threading
import time
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from bot.demo import demo
from bot.operations import detection
from bot.operations.detection import Wish
from bot.runner import Runner
from bot.services import SYSTEM
from storage.tables import Run

LIMIT = timedelta(seconds=3)


def children() -> set[str]:
    """Return the processes that this one started and that still are."""
    return {pid for told in Path("/proc/self/task").glob("*/children") for pid in told.read_text().split()}


def read_from(world, log):
    policy = world.bot.services.policy
    watched = policy.models[0]
    source = watched.source.model_copy(update={"predictions": str(log)})
    models = (watched.model_copy(update={"source": source}),)
    world.bot.services.policy = policy.model_copy(update={"models": models})


def test_a_run_that_hangs_is_ended_at_its_limit_and_presses_are_answered_meanwhile(fairness):
    log = fairness.folder / "hangs.parquet"
    os.mkfifo(log)  # opening it waits for a writer who never comes
    read_from(fairness, log)
    before = children()
    run = detection.request(fairness.bot.services, Wish(demo.MODEL, SYSTEM))
    runner = threading.Thread(target=Runner(fairness.bot.services, LIMIT).step)
    began = time.monotonic()
    runner.start()
    fairness.press("acknowledge", by="oncall")
    assert fairness.incident().state == "acknowledged"
    assert runner.is_alive()
    assert children() - before
    runner.join(20)
    assert not runner.is_alive()
    assert 3 <= time.monotonic() - began < 10
    assert not children() - before
    with fairness.bot.services.database.read() as session:
        assert session.get(Run, run.id).status == "failed"
    fairness.settle()
    said = fairness.messages("engineering")[-1]["text"]
    assert "took longer than 3 s and was ended" in said
    assert "have the model checked" in said


def test_a_run_out_of_memory_fails_with_its_reason_and_the_bot_lives(fairness):
    log = fairness.folder / "log" / "current.parquet"
    table = pq.read_table(log).slice(0, 1000)
    long = pa.DictionaryArray.from_arrays(pa.array([0] * 1000, pa.int32()), ["x" * (3 << 19)])
    pq.write_table(table.append_column("note", long), log, store_schema=False)  # 1.5 MB here, 1.5 GB when it is read
    run = detection.request(fairness.bot.services, Wish(demo.MODEL, SYSTEM))
    assert Runner(fairness.bot.services, memory=1 << 30).step()
    with fairness.bot.services.database.read() as session:
        ended = session.get(Run, run.id)
    assert (ended.status, ended.error) == ("failed", "The log needs more memory than a check may have.")
    fairness.press("acknowledge", by="oncall")
    assert fairness.incident().state == "acknowledged"
