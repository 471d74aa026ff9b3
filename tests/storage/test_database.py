"""Isolation, time, and what happens when the lock is held."""

import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlmodel import select

from storage import counters, migrate
from storage.database import Busy, Database, insert_once
from storage.tables import Counter, Inbound, Timer

NOON = datetime(2026, 11, 23, 12, tzinfo=timezone(timedelta(hours=5)))


def timer(key: str, at: datetime = NOON) -> Timer:
    return Timer(key=key, kind="k", subject="s", due_at=at)


def test_a_time_comes_back_aware_and_in_utc(database):
    with database.write() as session:
        session.add(timer("a"))
    with database.read() as session:
        found = session.exec(select(Timer)).one()
    assert found.due_at == NOON
    assert found.due_at.tzinfo is UTC


def test_a_naive_time_is_refused(database):
    with pytest.raises(Exception, match="no time zone"), database.write() as session:
        session.add(timer("a", datetime(2026, 1, 1)))  # noqa: DTZ001


def test_no_update_is_lost_between_threads(database):
    def count() -> None:
        for _ in range(25):
            with database.write() as session:
                counters.take(session, "n")

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as session:
        assert session.get(Counter, "n").value == 100


def test_a_transaction_that_fails_leaves_nothing(database):
    with pytest.raises(RuntimeError), database.write() as session:
        session.add(timer("a"))
        session.flush()
        raise RuntimeError
    with database.read() as session:
        assert session.exec(select(Timer)).first() is None


def test_a_lock_held_by_another_process_says_try_again(tmp_path, monkeypatch):
    monkeypatch.setattr("storage.database.BUSY_MS", 50)
    url = f"sqlite:///{tmp_path / 'busy.db'}"
    first, second = Database(url), Database(url)
    migrate.upgrade(first)
    with first.write() as session:
        session.add(timer("a"))
        session.flush()
        with pytest.raises(Busy), second.write():
            pass
    first.dispose()
    second.dispose()


def test_the_same_key_is_inserted_once(database):
    with database.write() as session:
        assert insert_once(session, Inbound(key="k", kind="event", received_at=NOON))
        assert not insert_once(session, Inbound(key="k", kind="event", received_at=NOON))


def test_upgrading_twice_changes_nothing_and_the_schema_is_the_tables(database):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from sqlmodel import SQLModel

    migrate.upgrade(database)
    current, newest = migrate.revisions(database)
    assert current == newest
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []


def test_a_read_only_database_takes_no_write(database):
    reader = Database(str(database.url), read_only=True)
    with pytest.raises(Exception, match=r"readonly|read-only|query_only"), reader.write() as session:
        session.add(timer("a"))
    reader.dispose()


def test_numbers_that_people_type_count_up(database):
    with database.write() as session:
        assert [counters.incident_id(session, NOON) for _ in range(2)] == ["INC-2026-11-001", "INC-2026-11-002"]
        assert counters.alert_id(session) == "ALR-1001"
