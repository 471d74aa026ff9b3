"""A wall clock that jumps: written down once, and nothing fires or is leased twice."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from bot import schedule
from bot.demo import demo
from bot.services import Services, utc_now
from bot.ticking import Tick
from storage import leases, policies, timers
from storage.leases import Lease
from storage.tables import AuditHead, AuditRow, Model, Owed, Run, Timer
from tests.world import wait_for

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Clocks:
    """Both clocks, which go on together, and a wall clock that a test sets."""

    def __init__(self):
        self.wall, self.seconds = START, 50.0

    def forward(self, seconds):
        self.wall += timedelta(seconds=seconds)
        self.seconds += seconds


@pytest.fixture
def clocks():
    return Clocks()


@pytest.fixture
def services(database, tmp_path, clocks):
    with database.write() as session:
        session.add(Model(id="m", name="m", risk="low", registered_at=START))
    policy = policies.parse(demo.policy_text(tmp_path, demo.DATA), "test")
    return Services(database, policy, tmp_path, None, lambda: clocks.wall)


@pytest.fixture
def tick(services, clocks):
    return Tick(services, lambda: clocks.seconds)


def rows(services, table, *where):
    with services.database.read() as session:
        return list(session.exec(select(table).where(*where)))


def jumps(services):
    return [(row.actor, row.data["seconds"]) for row in rows(services, AuditRow, AuditRow.action == "clock_jumped")]


@pytest.mark.parametrize("hours", [1, -1])
def test_a_jump_is_written_down_once(services, tick, clocks, hours):
    for _ in range(3):
        clocks.forward(1)
        tick()
    assert jumps(services) == []
    clocks.wall += timedelta(hours=hours)
    for _ in range(3):
        clocks.forward(1)
        tick()
    assert jumps(services) == [("system", hours * 3600)]


def test_a_late_tick_and_a_small_correction_are_no_jump(services, tick, clocks):
    clocks.forward(600)
    tick()
    clocks.wall += timedelta(seconds=4)
    clocks.forward(1)
    tick()
    assert jumps(services) == []


def test_a_jump_met_by_a_busy_database_is_written_down_by_the_next_tick(services, tick, clocks):
    clocks.wall += timedelta(hours=1)
    with services.database.write() as session:
        session.exec(select(AuditHead).with_for_update()).one()
        tick()
    assert jumps(services) == []
    tick()
    assert jumps(services) == [("system", 3600)]


@pytest.mark.parametrize("by", [(1, -1), (-1, 1), (1, 1), (-1, -1, 1)])
def test_nothing_fires_twice_whatever_the_clock_does(services, tick, clocks, by):
    with services.database.write() as session:
        for minutes in (1, 30, 61, 125):
            timers.plan(session, Timer(key=f"digest:d:{minutes}", kind="digest", subject=f"{minutes}",
                                       due_at=START + timedelta(minutes=minutes),
                                       data={"name": "d", "channel": "c"}))  # fmt: skip
    for hours in (*by, 0, 0, 0):
        clocks.wall += timedelta(hours=hours)
        clocks.forward(120)
        tick()
        while schedule.fire(services):
            pass
    clocks.forward(4 * 3600)
    while schedule.fire(services):
        pass
    assert [timer.status for timer in rows(services, Timer)] == ["fired"] * 4
    assert len(rows(services, Owed, Owed.kind == "digest")) == 4
    assert schedule.fire(services) is False


@pytest.mark.parametrize("hours", [1, -1])
def test_work_under_a_lease_is_settled_once_whatever_the_clock_does(services, clocks, hours):
    def claim():
        with services.transaction() as session:
            run = leases.claim(session, Run, Lease(clocks.wall, timedelta(minutes=15), "running"))
            if run is not None:
                session.expunge(run)
            return run

    with services.transaction() as session:
        session.add(Run(model_id="m", requested_by="U1", requested_at=clocks.wall, next_at=clocks.wall))
    first = claim()
    clocks.wall += timedelta(hours=hours)
    second = claim()
    assert (second is not None) == (hours > 0)  # an hour later its lease seems over, an hour sooner it is not
    done = 0
    for held in filter(None, [first, second]):
        with services.transaction() as session:
            done += leases.settle(session, held, status="finished")
    assert done == 1
    assert [run.status for run in rows(services, Run)] == ["finished"]


def test_ticks_go_on_when_the_clock_was_set_back(services):
    ticks = []
    ticker = schedule.ticker(services, lambda: ticks.append(1))
    ticker.start(paused=True)
    for job in ticker.get_jobs():
        job.modify(next_run_time=utc_now() + timedelta(hours=1))  # what an hour sooner makes of it
    ticker.resume()
    assert schedule.mend(ticker, utc_now()) is False
    wait_for(lambda: ticks)
    soonest = utc_now() + timedelta(minutes=2)
    assert all(job.next_run_time < soonest for job in ticker.get_jobs())
    ticker.shutdown()
