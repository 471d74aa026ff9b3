"""The schedule through clock changes and downtime, and what #engineering hears of work that is late."""

import re
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlmodel import select

from analysis.policy import Digest
from analysis.response.walls import at as wall
from bot import schedule
from bot.demo import demo
from bot.services import Services
from storage import policies
from storage.database import Busy
from storage.tables import Model, Owed, Run, Timer
from templates.slack import notice

CHECK = f"check:{demo.MODEL}"


class Clock:
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)  # a Friday

    def __call__(self):
        return self.now


@pytest.fixture
def services(database, tmp_path):
    return made(database, tmp_path)


def made(database, folder):
    policy = policies.parse(demo.policy_text(folder, demo.DATA), "test")
    with database.write() as session:
        session.add(Model(id=demo.MODEL, name="m", risk="low", registered_at=Clock.now))
    return Services(database, policy, folder, None, Clock())


def fire_all(services):
    schedule.plan(services)
    while schedule.fire(services):
        pass


def at(services, *moment):
    services.clock.now = datetime(*moment, tzinfo=UTC)
    fire_all(services)


def rows(services, table, *where):
    with services.database.read() as session:
        return list(session.exec(select(table).where(*where).order_by(table.id)))


def lines(services, about):
    """Return what #engineering reads, as text, times as where nobody's zone is known."""
    owed = [row for row in rows(services, Owed, Owed.kind == "notice") if row.data["about"] == about]
    assert {row.channel for row in owed} <= {"engineering"}
    return [re.sub(r"<!date[^|]*\|([^>]*)>", r"\1", notice.message(row.data, None).text) for row in owed]


def change(services, key, **values):
    with services.database.write() as session:
        run = session.exec(select(Run).where(Run.key == key)).one()
        for name, value in values.items():
            setattr(run, name, value)
        session.add(run)


CHANGES = [
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Asia/Kolkata", date(2026, 3, 29)),
]


@pytest.mark.parametrize(("zone", "day"), CHANGES)
def test_each_turn_happens_once_through_a_clock_change_minute_by_minute(tmp_path, zone, day):
    """Every half hour of the night has a digest; the bot is started anew every seventh minute."""
    from storage import migrate
    from storage.database import Database

    database = Database(f"sqlite:///{tmp_path / 'steps.db'}")
    migrate.upgrade(database)
    services = made(database, tmp_path)
    times = [time(hour, minute) for hour in (1, 2, 3) for minute in (0, 30)]
    digests = tuple(Digest(name="daily", channel=f"c{n}", at=one, zone=zone) for n, one in enumerate(times))
    policy = services.policy.model_copy(update={"digests": digests, "models": ()})
    services.policy = policy
    services.clock.now = wall(day, time(0, 50), zone) - timedelta(days=1)
    fire_all(services)
    services.clock.now = wall(day, time(0, 50), zone)
    fire_all(services)
    for minute in range(4 * 60 + 10):
        services.clock.now += timedelta(minutes=1)
        if minute % 7 == 0:
            services = Services(database, policy, tmp_path, None, services.clock)
            schedule.plan(services)
        while schedule.fire(services):
            pass
    fired = rows(services, Timer, Timer.kind == "digest", Timer.status == "fired")
    of_day = [timer for timer in fired if timer.key.endswith(day.isoformat())]
    assert sorted(timer.subject for timer in of_day) == [f"daily:c{n}" for n in range(len(times))]
    assert len(rows(services, Owed, Owed.kind == "digest")) == len(fired)
    assert all(timer.fired_at - timer.due_at < timedelta(minutes=2) for timer in of_day)
    database.dispose()


def test_a_sunday_missed_in_a_week_of_downtime_gets_its_deep_check(services):
    fire_all(services)
    at(services, 2026, 12, 3, 12)
    deep = rows(services, Timer, Timer.kind == "deep", Timer.status == "fired")
    assert [timer.key for timer in deep] == [f"deep:{demo.MODEL}:2026-11-29"]


def test_a_deep_check_raises_every_family_and_a_daily_one_what_is_due(services):
    from analysis.vocabulary import Family
    from bot.operations import detection

    at(services, 2026, 11, 20, 12)
    at(services, 2026, 11, 22, 3, 1)
    due = {
        run.key.split(":")[0]: detection.families_due(services, run, datetime(2026, 11, 23, tzinfo=UTC))
        for run in rows(services, Run)
    }
    assert due["deep"] == frozenset(Family)
    assert Family.EXPLANATION not in due["check"]


def test_a_check_that_waits_behind_another_is_told_once_after_twelve_hours(services):
    fire_all(services)
    at(services, 2026, 11, 21, 2, 0)
    with services.database.write() as session:
        session.add(Run(model_id=demo.MODEL, purpose="check", requested_by="U1", status="running",
                        requested_at=services.clock.now, started_at=services.clock.now,
                        next_at=services.clock.now))  # fmt: skip
    at(services, 2026, 11, 21, 13, 59)
    assert lines(services, "overdue") == []
    at(services, 2026, 11, 21, 14, 0)
    at(services, 2026, 11, 21, 14, 1)
    (line,) = lines(services, "overdue")
    assert "12 hours after its time* (2026-11-21 02:00 UTC)" in line
    assert "still waits behind the check of `" in line
    assert "down" not in line


@pytest.mark.parametrize(
    ("became", "says"),
    [
        ({"status": "running", "started_at": datetime(2026, 11, 21, 2, 5, tzinfo=UTC), "attempts": 2},
         "It runs since 2026-11-21 02:05 UTC, try 2."),
        ({"status": "failed", "error": "The log is gone.", "finished_at": datetime(2026, 11, 21, 2, 5, tzinfo=UTC)},
         "It failed: “The log is gone.”"),
    ],
)  # fmt: skip
def test_it_says_what_holds_the_check_up(services, became, says):
    fire_all(services)
    at(services, 2026, 11, 21, 2, 0)
    change(services, f"{CHECK}:2026-11-21", **became)
    at(services, 2026, 11, 21, 14, 0)
    (line,) = lines(services, "overdue")
    assert says in line


def test_a_finished_check_is_not_late(services):
    fire_all(services)
    at(services, 2026, 11, 21, 2, 0)
    change(services, f"{CHECK}:2026-11-21", status="finished", finished_at=services.clock.now)
    at(services, 2026, 11, 21, 14, 0)
    assert lines(services, "overdue") == []


def test_after_downtime_it_says_from_when_to_when_the_bot_was_down(services):
    at(services, 2026, 11, 20, 12)
    at(services, 2026, 11, 21, 1, 0)
    at(services, 2026, 11, 21, 2, 0)
    change(services, f"{CHECK}:2026-11-21", status="finished", finished_at=services.clock.now)
    at(services, 2026, 11, 22, 15, 0)
    late = [line for line in lines(services, "overdue") if "2026-11-22 02:00" in line]
    assert len(late) == 1
    assert "The bot was down when it was due: from 2026-11-21 02:00 UTC" in late[0]
    assert "until 2026-11-22 15:00 UTC" in late[0]


def test_what_was_skipped_is_told_in_words(services):
    fire_all(services)
    at(services, 2026, 11, 23, 23, 0)
    said = lines(services, "skipped")
    assert any("The check" in line and "stands for it" in line for line in said)
    assert any("The digest" in line and "would mislead" in line for line in said)


def test_of_an_escalation_only_the_newest_due_step_is_taken_after_long_downtime(services):
    began = services.clock.now
    with services.database.write() as session:
        for number, hours in enumerate((1, 2, 40), start=1):
            session.add(Timer(key=f"escalate:INC-1:{number}", kind="escalate", subject="INC-1",
                              due_at=began + timedelta(hours=hours), data={"step": number}))  # fmt: skip
    services.clock.now += timedelta(days=1)
    while schedule.fire(services):
        pass
    statuses = [timer.status for timer in rows(services, Timer, Timer.kind == "escalate")]
    assert statuses == ["skipped", "fired", "pending"]


def test_a_timer_that_fails_holds_nothing_else_up_and_is_tried_again(services):
    """As one would that a newer version planned, before this one was put back."""
    now = services.clock.now
    with services.database.write() as session:
        session.add(Timer(key="new", kind="of_a_newer_version", subject="x", due_at=now - timedelta(hours=1)))
        session.add(Timer(key=CHECK, kind="check", subject=demo.MODEL, due_at=now))
    firing = schedule.Firing(services)
    with pytest.raises(KeyError):
        firing.step()
    assert firing.step() is True
    assert firing.step() is False
    assert {one.key: one.status for one in rows(services, Timer)} == {"new": "pending", CHECK: "fired"}
    services.clock.now = now + timedelta(minutes=2)
    with pytest.raises(KeyError):
        firing.step()


def test_a_database_that_is_busy_leaves_no_timer_behind(services, monkeypatch):
    with services.database.write() as session:
        session.add(Timer(key=CHECK, kind="check", subject=demo.MODEL, due_at=services.clock.now))
    firing, first = schedule.Firing(services), []

    def once_busy(*given):
        if not first:
            first.append(given)
            raise Busy("another was first")

    monkeypatch.setitem(schedule.HANDLERS, "check", once_busy)
    with pytest.raises(Busy):
        firing.step()
    assert firing.step() is True
