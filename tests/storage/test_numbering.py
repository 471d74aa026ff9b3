"""Ids that stand in keys of the outbox go on with a gap after a restore, on both databases."""

from datetime import UTC, datetime

import pytest
from sqlmodel import select

from storage import numbering
from storage.tables import Model, Run, Storm

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def run():
    return Run(model_id="m", requested_by="U1", requested_at=NOW, next_at=NOW)


def add(database, *made):
    with database.write() as session:
        session.add_all(made)
    return [one.id for one in made]


@pytest.fixture(autouse=True)
def model(database):
    add(database, Model(id="m", name="m", risk="low", registered_at=NOW))


def leave_out(database, gap=100):
    with database.write() as session:
        numbering.leave_out(session, gap)


def test_the_next_rows_are_beyond_the_gap_and_go_on_from_there(database):
    assert add(database, run()) == [1]
    leave_out(database)
    first, second = add(database, run(), run())
    (third,) = add(database, run())
    assert first > 101
    assert (second, third) == (first + 1, first + 2)


def test_a_table_without_rows_has_its_gap_too_and_others_are_not_touched(database):
    leave_out(database)
    (storm,) = add(database, Storm(channel="c", began_at=NOW, last_at=NOW))
    assert storm > 100
    (run_id,) = add(database, run())
    assert run_id > 100


def test_two_restores_leave_two_gaps(database):
    add(database, run())
    leave_out(database)
    add(database, run())
    leave_out(database)
    add(database, run())
    with database.read() as session:
        first, second, third = session.exec(select(Run.id).order_by(Run.id)).all()
    assert third - second > 100
    assert second - first > 100
