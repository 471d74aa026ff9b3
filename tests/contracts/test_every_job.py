"""Every periodic job: once a local date, whatever the clock does; made up once after downtime."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlmodel import select

from analysis.response.walls import at
from analysis.rotas import Order, Rota
from bot import schedule
from bot.demo import demo
from bot.services import Services
from storage import policies
from storage.tables import Model, Owed, Run, Timer
from templates.slack import lateness

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ROTA = Rota(name="days", orders=[Order(since=date(2026, 11, 2), primary=("a@example.org", "b@example.org"))])


class Clock:
    now = NOW

    def __call__(self):
        return self.now


@pytest.fixture
def services(database, tmp_path):
    policy = policies.parse(demo.policy_text(tmp_path, demo.DATA), "test").model_copy(update={"rotas": (ROTA,)})
    made = Services(database, policy, tmp_path, None, Clock())
    with database.write() as session:
        session.add(Model(id=demo.MODEL, name="m", risk="high", registered_at=NOW))
    return made


def timers(services):
    with services.database.read() as session:
        return list(session.exec(select(Timer).order_by(Timer.due_at)))


def fire_all(services):
    count = 0
    while schedule.fire(services):
        count += 1
    return count


def told(services):
    with services.database.read() as session:
        return [row.data for row in session.exec(select(Owed).where(Owed.kind == "notice").order_by(Owed.id))]


@pytest.mark.parametrize("kind", schedule.JOBS)
def test_each_job_has_a_handler(kind):
    assert kind in schedule.HANDLERS


@pytest.mark.parametrize("kind", schedule.JOBS)
def test_it_is_planned_once_a_day_however_often_one_plans(services, kind):
    for _ in range(8):
        schedule.plan(services)
        schedule.plan(services)
        services.clock.now += timedelta(days=1)
    keys = [t.key for t in timers(services) if t.kind == kind]
    assert keys
    assert len(keys) == len(set(keys))


def test_the_first_start_makes_nothing_up(services):
    schedule.plan(services)
    assert fire_all(services) == 0


def test_a_check_missed_in_downtime_is_made_up_once(services):
    schedule.plan(services)
    services.clock.now = NOW + timedelta(days=3)
    schedule.plan(services)
    fire_all(services)
    schedule.plan(services)
    assert fire_all(services) == 0
    with services.database.read() as session:
        days = [run.key for run in session.exec(select(Run))]
    assert days == [f"check:{demo.MODEL}:2026-11-26"]  # the newest stands for those before it
    assert {(one["about"], one["why"]) for one in told(services)} == {("skipped", "newer"), ("skipped", "late")}


def test_a_digest_older_than_twelve_hours_is_skipped_and_said_so(services):
    schedule.plan(services)
    services.clock.now = NOW + timedelta(days=1, hours=9)
    fire_all(services)
    statuses = {t.key: t.status for t in timers(services) if t.kind == "digest" and t.status != "pending"}
    assert set(statuses.values()) == {"skipped"}
    assert [one["why"] for one in told(services) if one.get("kind") == "digest"] == ["late"]


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)])
def test_a_clock_change_gives_one_moment_a_day(day):
    before, on, after = (at(day + timedelta(days=n), time(2, 30), "Europe/Berlin") for n in (-1, 0, 1))
    assert before < on < after
    assert (after - before).total_seconds() in (47 * 3600, 49 * 3600)


def test_whatever_may_be_skipped_has_words():
    assert set(schedule.HANDLERS) - {"overdue"} <= set(lateness.SKIPPED)  # of a watch that is late nothing is told
    facts = {"of": "INC-1", "due": NOW.isoformat(), "why": "late"}
    (line,) = lateness.skipped(facts | {"kind": "step_due"}, None, ())
    assert line.startswith("⏭️ The reminder of an open step (`INC-1`) due <!date^")


def test_a_due_digest_is_owed_to_its_channel(services):
    schedule.plan(services)
    services.clock.now = datetime(2026, 11, 24, 8, 1, tzinfo=UTC)
    fire_all(services)
    with services.database.read() as session:
        owed = session.exec(select(Owed).where(Owed.kind == "digest")).one()
    assert (owed.subject, owed.channel) == ("daily", "ml-monitoring")
