"""How far a reading is: told seldom, from any thread, and not at all where nobody asked."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from bot import meter
from bot.meter import Meter
from bot.worker import Job
from storage.predictions import log_at

JOB = Job("analyze", "", {}, {})


@pytest.fixture
def said(capsys, monkeypatch):
    monkeypatch.setattr(meter, "EVERY_S", 0.0)
    return lambda: [tuple(map(int, line.split())) for line in capsys.readouterr().out.splitlines()]


def test_rows_of_all_threads_are_added_up(said):
    told = Meter(1_000)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(told.add, [10] * 100))
    assert said() == [(10 * n, 1_000) for n in range(1, 101)]


def test_a_guess_that_was_too_low_grows_and_none_stays_none(said):
    Meter(5).add(8)
    Meter(0).add(8)
    assert said() == [(8, 8), (8, 0)]


def test_it_speaks_seldom(capsys):
    told = Meter(1_000)
    for _ in range(1_000):
        told.add(1)
    assert len(capsys.readouterr().out.splitlines()) < 20


def test_nobody_who_did_not_ask_is_told(data):
    log = log_at([data / "reference.parquet"])
    assert Meter.of(JOB, log) is None
    assert Meter.of(replace(JOB, tells=True), log, log)._expected == 10_000
