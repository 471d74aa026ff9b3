"""Clocks: recorded once whoever is first, counted for the figures, and taken over from a database before them."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import command

from storage import clocks, migrate
from storage.database import Database
from storage.tables import Incident, Model

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def incident(session, number=1, **more):
    if session.get(Model, "m") is None:
        session.add(Model(id="m", name="m", risk="high", registered_at=NOON))
        session.flush()
    facts = {"severity": "critical", "state": "detected", "family": "data", "channel": "c", "opened_at": NOON} | more
    made = Incident(id=f"INC-2026-11-{number:03d}", model_id="m", **facts)
    session.add(made)
    session.flush()
    return made.id


def test_a_clock_is_warned_of_breached_and_met_once_each(database):
    with database.write() as session:
        clock = clocks.start(session, incident(session), "contain", NOON, NOON + HOUR)
        assert clocks.warn(session, clock, NOON + HOUR / 2)
        assert not clocks.warn(session, clock, NOON + HOUR / 2)
        assert not clocks.breach(session, clock, NOON + HOUR / 2)  # its time has not come
        assert clocks.breach(session, clock, NOON + HOUR)
        assert not clocks.breach(session, clock, NOON + 2 * HOUR)
        assert clocks.meet(session, clock, NOON + 2 * HOUR, "U1")
        assert not clocks.meet(session, clock, NOON + 3 * HOUR, "U2")
        assert not clocks.stop(session, clock, NOON + 3 * HOUR)
    assert (clock.warned_at, clock.breached_at, clock.met_at, clock.met_by) == (
        NOON + HOUR / 2, NOON + HOUR, NOON + 2 * HOUR, "U1",
    )  # fmt: skip
    assert clock.stopped_at is None


def test_one_that_rests_is_neither_warned_of_nor_breached(database):
    with database.write() as session:
        clock = clocks.start(session, incident(session), "fix", NOON, NOON + HOUR)
        assert clocks.pause(session, clock, NOON, "U1", "the vendor is shut")
        assert not clocks.pause(session, clock, NOON, "U2", "again")
        assert not clocks.warn(session, clock, NOON + HOUR / 2)
        assert not clocks.breach(session, clock, NOON + 2 * HOUR)
        assert clocks.resume(session, clock, NOON + 4 * HOUR, 3 * HOUR)
        assert not clocks.resume(session, clock, NOON + 9 * HOUR, 3 * HOUR)
        assert (clock.due_at, clock.rested_s, clock.paused_why) == (NOON + 4 * HOUR, 10_800, None)
        clocks.pause(session, clock, NOON + 3 * HOUR, "U1", "once more")
        clocks.resume(session, clock, NOON + 5 * HOUR, HOUR)
        assert clock.rested_s == 14_400  # both rests
        assert clocks.breach(session, clock, NOON + 5 * HOUR)
        assert not clocks.move(session, clock, NOON + 9 * HOUR)  # what is breached stays so
        assert not clocks.pause(session, clock, NOON + 5 * HOUR, "U1", "too late")


def test_the_next_of_its_kind_has_the_next_number(database):
    with database.write() as session:
        mine = incident(session)
        first = clocks.start(session, mine, "update", NOON, NOON + HOUR)
        clocks.meet(session, first, NOON, "U1")
        assert clocks.start(session, mine, "update", NOON, NOON + HOUR).number == 2
        assert [one.number for one in clocks.running(session, mine)] == [2]
        assert [one.number for one in clocks.of(session, mine)] == [1, 2]


def test_the_figures_count_what_was_met_late_and_never(database):
    with database.write() as session:
        for number, (met, breached) in enumerate([(1, None), (3, 2), (None, 2), (None, None)], start=1):
            clock = clocks.start(session, incident(session, number), "contain", NOON, NOON + 2 * HOUR)
            if breached:
                clocks.breach(session, clock, NOON + breached * HOUR)
            if met:
                clocks.meet(session, clock, NOON + met * HOUR, "U1")
        drill = incident(session, 9, is_drill=True)
        clocks.start(session, drill, "contain", NOON, NOON + HOUR)
        clocks.start(session, incident(session, 10, severity="high"), "fix", NOON + 8 * HOUR, NOON + 9 * HOUR)
    with database.read() as session:
        (kept,) = clocks.figures(session, NOON, NOON + HOUR)
        assert (kept.kind, kept.severity, kept.started, kept.met, kept.late, kept.breached, kept.stopped) == (
            "contain", "critical", 4, 1, 1, 2, 0,
        )  # fmt: skip
        assert kept.median_s == 7_200
        assert [one.started for one in clocks.figures(session, NOON, NOON + HOUR, drills=True)] == [1]
        assert clocks.figures(session, NOON, NOON + 9 * HOUR, kinds=["fix"])[0].severity == "high"


def test_a_database_of_before_keeps_its_deadlines(backend, request, tmp_path):
    address = (
        request.getfixturevalue("postgresql").create() if backend == "postgresql" else f"sqlite:///{tmp_path}/a.db"
    )
    old = Database(address)
    facts = {"model_id": "m", "family": "data", "severity": "critical", "channel": "c", "version": 1,
             "opened_at": NOON, "acknowledge_by": NOON + HOUR, "escalation_step": 0, "is_drill": False}  # fmt: skip
    went = [
        {"id": "INC-1", "state": "detected", "acknowledged_at": None},
        {"id": "INC-2", "state": "acknowledged", "acknowledged_at": NOON + HOUR / 2},
        {"id": "INC-3", "state": "acknowledged", "acknowledged_at": NOON + 2 * HOUR},
        {"id": "INC-4", "state": "contained", "acknowledged_at": None},
    ]
    with old.engine.begin() as connection:
        alembic = migrate.config()
        alembic.attributes["connection"] = connection
        command.upgrade(alembic, "0003")
        tables = sa.MetaData()
        tables.reflect(connection, only=["model", "incident"])
        model = {"id": "m", "name": "m", "risk": "high", "registered_at": NOON, "spec": {}}
        connection.execute(tables.tables["model"].insert().values(**model))
        for one in went:
            connection.execute(tables.tables["incident"].insert().values(**facts, **one))
    migrate.upgrade(old)
    with old.read() as session:
        found = {one["id"]: clocks.of(session, one["id"])[0] for one in went}
        assert [one.due_at for one in clocks.running(session, "INC-1")] == [NOON + HOUR]
        due = session.connection().exec_driver_sql("SELECT subject FROM timer WHERE status = 'pending'").scalars()
        assert list(due) == [f"clock:{found['INC-1'].id}"]
    assert [(one.met_at is not None, one.breached_at, one.stopped_at is not None) for one in found.values()] == [
        (False, None, False), (True, None, False), (True, NOON + HOUR, False), (False, None, True),
    ]  # fmt: skip
    old.dispose()
