"""What `/readyz` names: the schema, the tick, a loop that is gone or stuck, what waits too long, the line to Slack."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from bot import schedule
from bot.health import Parts
from bot.http import server
from bot.line import Line
from bot.loops import Loop, Loops
from bot.services import Services, Wake
from bot.ticking import Tick
from storage import outbox
from storage.database import Database
from storage.tables import Owed
from tests.world import wait_for

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Seconds:
    now = 1000.0

    def __call__(self):
        return self.now


class Bot:
    """Loops, tick and line of a bot, with a loop that a test can hold in its step or end."""

    def __init__(self, database, folder):
        self.seconds, self.at = Seconds(), NOW
        self.services = Services(database, None, folder, None, lambda: self.at)
        self.inside, self.go_on, self.ends = threading.Event(), threading.Event(), False
        self.go_on.set()
        made = [Loop("quick", self.step), Loop("checks", lambda: False, longest_s=float("inf"))]
        self.loops = Loops(made, Wake(), monotonic=self.seconds)
        self.tick, self.line = Tick(self.services, self.seconds), Line()
        parts = Parts(self.loops, self.tick, self.line)
        self.http = TestClient(server.build(self.services, None, None, parts))

    def step(self):
        self.inside.set()
        self.go_on.wait(10)
        if self.ends:
            raise KeyboardInterrupt
        return False

    def owe(self, key, **more):
        about = {"kind": "notice", "channel": "c", **more}
        row = Owed(key=key, subject="s", next_at=self.at, created_at=self.at, **about)
        with self.services.transaction() as session:
            outbox.owe(session, row)

    def wrong(self):
        answer = self.http.get("/readyz")
        seen = answer.json()
        assert answer.status_code == (503 if seen["wrong"] else 200)
        assert seen["ready"] == (not seen["wrong"])
        assert self.http.get("/healthz").status_code == 200
        return seen["wrong"]

    def facts(self):
        return self.http.get("/readyz").json()


@pytest.fixture
def bot(database, tmp_path):
    made = Bot(database, tmp_path)
    made.loops.start()
    yield made
    made.go_on.set()
    made.loops.stop()


def test_a_bot_that_works_is_ready_and_says_its_facts(bot):
    assert bot.wrong() == []
    seen = bot.facts()
    assert (seen["owed"], seen["parked"], seen["oldest_due_s"], seen["trouble"]) == (0, 0, None, None)
    assert seen["schema"]
    assert set(seen["loops"]) == {"quick", "checks"}


def test_loops_that_were_never_started_are_named(database, tmp_path):
    assert Bot(database, tmp_path).wrong() == ["loop quick", "loop checks"]


def test_an_old_schema_is_named(bot):
    with bot.services.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    assert bot.wrong() == ["schema"]
    assert bot.facts()["schema"] == "0001"


def test_a_scheduler_that_stopped_is_named(database, tmp_path):
    bot = Bot(database, tmp_path)
    bot.tick.monotonic = bot.seconds
    ticker = schedule.ticker(bot.services, bot.tick)
    bot.seconds.now += 31
    assert "tick" in bot.wrong()
    ticker.start()
    wait_for(lambda: bot.tick.age_s == 0)
    assert "tick" not in bot.wrong()
    ticker.shutdown()
    bot.seconds.now += 31
    assert "tick" in bot.wrong()
    assert bot.facts()["last_tick_s"] == 31


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_loop_whose_thread_ended_is_named(bot):
    bot.ends = True
    bot.loops.wake.set()
    wait_for(lambda: not bot.facts()["loops"]["quick"]["alive"])
    assert bot.wrong() == ["loop quick"]


def test_a_loop_in_a_long_step_is_not_dead_but_one_in_a_step_that_should_be_short_is_stuck(bot):
    bot.go_on.clear()
    bot.inside.clear()
    bot.loops.wake.set()
    assert bot.inside.wait(10)
    bot.seconds.now += 200
    bot.tick()
    assert "loop quick" not in bot.wrong()
    assert bot.facts()["loops"]["quick"]["in_step_s"] == 200
    bot.seconds.now += 200
    assert "loop quick" in bot.wrong()


def test_a_check_may_run_for_hours():
    goes_on = threading.Event()
    loops = Loops([Loop("checks", lambda: goes_on.wait(10), longest_s=float("inf"))], Wake(), monotonic=Seconds())
    loops.start()
    wait_for(lambda: loops.beats()[0].in_step_s is not None)
    loops.monotonic.now += 7200
    (beat,) = loops.beats()
    loops.stopping.set()
    goes_on.set()
    loops.stop()
    assert (beat.is_well, beat.in_step_s) == (True, 7200)


def test_a_message_that_waits_longer_than_five_minutes_is_named(bot):
    bot.owe("waits")
    bot.at += timedelta(minutes=5)
    assert bot.wrong() == []
    bot.at += timedelta(seconds=1)
    assert bot.wrong() == ["owed"]
    assert bot.facts()["oldest_due_s"] == 301


def test_another_system_that_is_away_does_not_make_the_bot_unready(bot):
    bot.owe("issue", kind="tracker", channel="tracker:github")
    bot.at += timedelta(hours=1)
    assert bot.wrong() == []
    assert (bot.facts()["owed"], bot.facts()["oldest_elsewhere_s"]) == (1, 3600)


def test_what_is_tried_again_and_again_waits_since_its_first_try(bot):
    bot.owe("tried", first_try_at=NOW, status="pending", attempts=9)
    bot.at += timedelta(minutes=6)
    with bot.services.transaction() as session:
        outbox.by_key(session, "tried").next_at = bot.at + timedelta(minutes=1)
    assert bot.wrong() == ["owed"]


@pytest.mark.parametrize("status", ["parked", "withheld"])
def test_what_waits_for_a_message_that_is_not_there_is_not_late(bot, status):
    bot.owe("parent", status=status)
    bot.owe("child", thread_of="parent")
    bot.at += timedelta(hours=1)
    assert bot.wrong() == []
    assert bot.facts()["owed"] == 1
    with bot.services.transaction() as session:
        outbox.by_key(session, "parent").status = "sent"
    assert bot.wrong() == ["owed"]


def test_a_trouble_of_the_line_is_named_and_told(bot):
    bot.line.broke("invalid_auth", NOW)
    assert bot.wrong() == ["slack"]
    assert bot.facts()["trouble"] == "invalid_auth"
    bot.line.holds()
    assert bot.wrong() == []


def test_a_database_that_does_not_answer_is_named(tmp_path):
    assert Bot(Database("postgresql://127.0.0.1:9/gone"), tmp_path).wrong()[0] == "database"
