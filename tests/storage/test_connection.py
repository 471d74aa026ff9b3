"""PostgreSQL that goes away for a moment, holds a lock, or has two that were first: work begins anew, or says so."""

import threading

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from bot.services import kept, whole
from storage import counters, migrate
from storage.database import Again, Busy, Database
from storage.tables import Counter, Inbound, Model
from tests.storage.test_database import NOON


@pytest.fixture
def pg(postgresql, empty_on_postgresql):
    made = Database(postgresql.create(empty_on_postgresql))
    yield made
    made.dispose()


def value(database: Database) -> int:
    with database.read() as session:
        found = session.get(Counter, "n")
        return found.value if found else 0


def cut(postgresql, database: Database) -> None:
    postgresql.interrupt(database.url.database)


def test_a_connection_that_breaks_in_mid_work_begins_it_anew_and_does_it_once(pg, postgresql):
    tries = []

    @whole
    def count() -> int:
        with pg.write() as session:
            number = counters.take(session, "n")
            tries.append(number)
            if len(tries) == 1:
                cut(postgresql, pg)
            session.connection().execute(text("SELECT 1"))
        return number

    assert count() == 1
    assert tries == [1, 1]
    assert value(pg) == 1


def test_without_its_decorator_a_broken_connection_is_busy_and_leaves_nothing(pg, postgresql):
    with pytest.raises(Again), pg.write() as session:
        counters.take(session, "n")
        cut(postgresql, pg)
        session.connection().execute(text("SELECT 1"))
    assert value(pg) == 0


def test_a_server_that_restarts_is_waited_for_by_what_has_a_result_to_keep(pg, postgresql):
    done = []

    @kept
    def keep() -> None:
        with pg.write() as session:
            done.append(counters.take(session, "n"))

    keep()
    postgresql.server.stop()
    again = threading.Timer(0.3, postgresql.server.start)
    again.start()
    keep()
    again.join()
    assert done == [1, 2]


def test_a_reader_sees_one_moment_of_the_database(pg):
    with pg.read() as reader:
        assert reader.exec(select(Inbound)).first() is None
        with pg.write() as session:
            session.add(Inbound(key="k", kind="event", received_at=NOON))
        assert reader.exec(select(Inbound)).first() is None
    with pg.read() as reader:
        assert reader.exec(select(Inbound)).first() is not None


def test_who_is_stopped_within_a_transaction_does_not_hold_the_others_up_for_long(pg, postgresql, monkeypatch):
    monkeypatch.setattr("storage.database.STUCK_MS", 300)
    stopped = Database(str(pg.url.render_as_string(hide_password=False)))
    holding, told = threading.Event(), []

    def hold() -> None:
        try:
            with stopped.write() as session:
                counters.take(session, "n")
                holding.set()
                threading.Event().wait(1)  # as a process does that is stopped
                session.connection().execute(text("SELECT 1"))
        except Busy as error:
            told.append(error)

    thread = threading.Thread(target=hold)
    thread.start()
    holding.wait(5)
    with pg.write() as session:  # waits for the row, not for the other's return
        assert counters.take(session, "n") == 1
    thread.join()
    assert len(told) == 1
    assert value(pg) == 1
    stopped.dispose()


def test_two_that_make_the_same_row_at_once_are_told_to_begin_anew(pg):
    def both(session: Session) -> None:
        session.add(Model(id="m", name="M", risk="high", registered_at=NOON))

    with pytest.raises(Again), pg.write() as first:
        both(first)
        with pg.write() as second:
            both(second)
            second.flush()
        first.flush()


def test_replicas_that_start_at_once_migrate_one_after_the_other(postgresql):
    address = postgresql.create()
    replicas = [Database(address) for _ in range(4)]
    wrong = []

    def start(replica: Database) -> None:
        try:
            migrate.upgrade(replica)
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=start, args=(replica,)) for replica in replicas]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len({migrate.revisions(replica) for replica in replicas}) == 1
    for replica in replicas:
        replica.dispose()


def test_numbers_that_people_type_are_given_once_between_replicas(pg):
    def count() -> None:
        for _ in range(20):
            with pg.write() as session:
                counters.take(session, "n")

    threads = [threading.Thread(target=count) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert value(pg) == 100


def test_a_database_that_is_not_there_is_busy():
    nowhere = Database("postgresql://nobody@/nothing?host=/nowhere")
    with pytest.raises(Again), nowhere.write() as session:
        counters.take(session, "n")
