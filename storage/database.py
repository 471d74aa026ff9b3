"""Opens the one database and gives transactions; every rule about isolation lives here.

SQLite by default (WAL, one process), PostgreSQL by URL. RELIABILITY notes: pysqlite opens no transaction for a
SELECT, so a read-then-write silently loses updates unless each write transaction is BEGIN IMMEDIATE.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import DateTime, Dialect, Engine, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError
from sqlalchemy.types import TypeDecorator
from sqlmodel import Session, SQLModel

BUSY_MS = 1_500  # a door waits this long for the write lock, then says "try again" (DESIGN, Buttons)


class Busy(Exception):
    """The database could not be written just now (locked or full); nothing was changed; try again."""


class UtcDateTime(TypeDecorator[datetime]):
    """Stores an aware time as UTC and gives it back aware; a naive one is an error.

    SQLite drops the offset of `DateTime(timezone=True)`: 12:00+05:00 came back as 12:00.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the time in UTC; raise ValueError for a naive one."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone; every time is aware UTC")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the stored time, aware."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Database:
    """One engine, and the two kinds of transaction: `write` (immediate) and `read`."""

    def __init__(self, url: str, *, read_only: bool = False) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.read_only = read_only
        # One write lock in this process: SQLite admits one writer, and waiting here is fair and cheap.
        self._writing = threading.Lock()
        self.engine = (
            self._open_sqlite() if self.is_sqlite else create_engine(self.url, pool_size=40, pool_pre_ping=True)
        )

    def _open_sqlite(self) -> Engine:
        if self.url.database and self.url.database != ":memory:" and not self.read_only:
            Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
        url = self.url
        if self.read_only and url.database:  # without mode=ro a file that is not there would be made
            url = url.set(database=f"file:{Path(url.database).absolute()}", query={"mode": "ro", "uri": "true"})
        engine = create_engine(url, connect_args={"check_same_thread": False, "timeout": BUSY_MS / 1000})

        @event.listens_for(engine, "connect")
        def prepare(connection: DBAPIConnection, _record: Any) -> None:  # noqa: ANN401  (SQLAlchemy's type)
            connection.isolation_level = None  # we say BEGIN ourselves
            cursor = connection.cursor()
            pragmas = ["query_only = on"] if self.read_only else ["journal_mode = wal", "synchronous = full"]
            for pragma in [*pragmas, "foreign_keys = on", "recursive_triggers = on", f"busy_timeout = {BUSY_MS}"]:
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

        return engine

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Give a session whose work commits as one or not at all; raise Busy where the lock cannot be had."""
        if self.is_sqlite and not self._writing.acquire(timeout=BUSY_MS / 1000):
            raise Busy("the database is busy")
        try:
            with Session(self.engine, expire_on_commit=False) as session, session.begin():
                if self.is_sqlite:
                    session.connection().exec_driver_sql("BEGIN IMMEDIATE")
                yield session
        except OperationalError as error:
            if any(word in str(error.orig) for word in ("locked", "full", "deadlock")):
                raise Busy(str(error.orig)) from error
            raise
        finally:
            if self.is_sqlite:
                self._writing.release()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Give a session that sees one state of the database and writes nothing."""
        with Session(self.engine, expire_on_commit=False) as session:
            if self.is_sqlite:
                session.connection().exec_driver_sql("BEGIN")
            else:
                session.connection(execution_options={"postgresql_readonly": True})
            try:
                yield session
            finally:
                session.expunge_all()  # a rollback would empty the records that were read
                session.rollback()

    def dispose(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def insert_once(session: Session, record: SQLModel) -> bool:
    """Return whether the record is new; one that clashes with a unique key is left out, and nothing fails."""
    table = SQLModel.metadata.tables[str(type(record).__tablename__)]
    values = {column.name: getattr(record, column.name) for column in table.columns}
    known = {name: value for name, value in values.items() if value is not None}
    connection = session.connection()
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    return connection.execute(insert(table).values(known).on_conflict_do_nothing()).rowcount == 1
