"""The chain holds, and every tamper that a chain can find is found."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from storage import audit, migrate, protection
from storage.audit import Entry
from storage.database import Database

NOW = datetime(2026, 11, 23, tzinfo=UTC)
TRIGGERS = {"sqlite": protection.SQLITE, "postgresql": protection.POSTGRESQL}


@pytest.fixture
def chain(database):
    with database.write() as session:
        for number in range(10):
            audit.append(session, Entry("U1", "acknowledge", f"INC-{number}", data={"n": number}), NOW)
    return database


def verdict(database):
    with database.read() as session:
        return audit.verify(session)


def tamper(database, *statements: str) -> None:
    with database.engine.connect() as connection:
        for name, (table, *_) in TRIGGERS[connection.dialect.name].items():
            connection.execute(text(f"DROP TRIGGER {name}" + ("" if database.is_sqlite else f" ON {table}")))
        for statement in statements:
            connection.execute(text(statement))
        connection.commit()


def test_an_untouched_chain_holds(chain):
    assert verdict(chain) == (10, [])


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit SET actor = 'U2' WHERE seq = 3", "DELETE FROM audit WHERE seq = 3",
     {"sqlite": "INSERT OR REPLACE INTO audit SELECT seq, at, 'U2', action, entity, outcome, data, prev, hash"
                " FROM audit WHERE seq = 3",
      "postgresql": "INSERT INTO audit SELECT * FROM audit WHERE seq = 3"
                    " ON CONFLICT (seq) DO UPDATE SET actor = 'U2'"},
     {"sqlite": "DELETE FROM audit", "postgresql": "TRUNCATE audit"}],
)  # fmt: skip
def test_the_triggers_forbid_any_change(chain, backend, statement):
    statement = statement if isinstance(statement, str) else statement[backend]
    with chain.engine.connect() as connection, pytest.raises(Exception, match="append-only"):
        connection.execute(text(statement))
    assert verdict(chain) == (10, [])


@pytest.mark.parametrize(
    ("statements", "row"),
    [
        (["UPDATE audit SET actor = 'U2' WHERE seq = 4"], 4),
        (["UPDATE audit SET data = '{}' WHERE seq = 4"], 4),
        (["DELETE FROM audit WHERE seq = 4"], 5),
        (["DELETE FROM audit WHERE seq > 8"], 10),
        (["UPDATE audit SET seq = 99 WHERE seq = 4", "UPDATE audit SET seq = 4 WHERE seq = 5",
          "UPDATE audit SET seq = 5 WHERE seq = 99"], 4),
    ],
)  # fmt: skip
def test_a_tamper_past_the_triggers_is_found_and_its_row_named(chain, statements, row):
    tamper(chain, *statements)
    _, faults = verdict(chain)
    assert row in {fault.seq for fault in faults}


def unprotected(database):
    with database.engine.connect() as connection:
        return protection.unprotected(connection)


def test_the_triggers_are_back_after_a_migration(chain, backend):
    tamper(chain)
    assert unprotected(chain) == set(TRIGGERS[backend])
    migrate.upgrade(chain)
    assert unprotected(chain) == set()


@pytest.mark.parametrize(
    "statements",
    [{"sqlite": ["DROP TRIGGER audit_no_update",
                 "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT 1; END"],
      "postgresql": ["ALTER TABLE audit DISABLE TRIGGER audit_no_update"]},
     {"sqlite": ["DROP TRIGGER audit_no_delete", "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit WHEN 0"
                 " BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"],
      "postgresql": ["CREATE OR REPLACE FUNCTION audit_unless_sealed() RETURNS trigger LANGUAGE plpgsql AS"
                     " $$ BEGIN RETURN OLD; END $$"]}],
    ids=["update", "delete"],
)  # fmt: skip
def test_a_trigger_that_was_made_harmless_counts_as_missing(chain, backend, statements):
    with chain.engine.connect() as connection:
        for statement in statements[backend]:
            connection.execute(text(statement))
        connection.commit()
    assert unprotected(chain) == {"audit_no_update" if "update" in statements["sqlite"][0] else "audit_no_delete"}


@pytest.mark.databases("postgresql")
def test_the_role_of_a_replica_passes_no_trigger(chain):
    with chain.engine.connect() as connection:
        connection.execute(text("SET session_replication_role = replica"))
        with pytest.raises(Exception, match="append-only"):
            connection.execute(text("DELETE FROM audit"))


@pytest.mark.databases("postgresql")
def test_the_bot_may_run_as_a_role_that_cannot_drop_the_triggers(chain):
    with chain.engine.connect() as connection:
        connection.execute(text("DROP ROLE IF EXISTS bot"))
        connection.execute(text("CREATE ROLE bot LOGIN"))
        connection.execute(text("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO bot"))
        connection.execute(text("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO bot"))
        connection.commit()
    mine = Database(chain.url.set(username="bot").render_as_string(hide_password=False))
    try:
        assert migrate.upgrade(mine) == set()
        with mine.write() as session:
            audit.append(session, Entry("U1", "acknowledge", "INC-1"), NOW)
        for forbidden in ("DROP TRIGGER audit_no_delete ON audit", "ALTER TABLE audit DISABLE TRIGGER ALL"):
            with mine.engine.connect() as connection, pytest.raises(Exception, match="must be owner"):
                connection.execute(text(forbidden))
    finally:
        mine.dispose()
        with chain.engine.connect() as connection:
            connection.execute(text("DROP OWNED BY bot"))
            connection.execute(text("DROP ROLE bot"))
            connection.commit()
