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
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.types import TypeDecorator
from sqlmodel import Session, SQLModel

BUSY_MS = 1_500  # a door waits this long for the write lock, then says "try again" (DESIGN, Buttons)


STUCK_MS = 5_000  # PostgreSQL ends a transaction that idles this long: a stopped replica must not hold the others up


class Busy(Exception):
    """The database could not be used just now (locked, full, not there); try again later."""


class Again(Busy):
    """The connection broke or another transaction was first: the same work, begun anew, may pass at once.

    Whether a commit under way was kept is not known, so only work that is idempotent may be begun anew.
    """


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
        self.engine = self._open_sqlite() if self.is_sqlite else self._open_postgresql()
        # One snapshot for all that a reader asks; on SQLite every transaction is one.
        snapshot = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._reader = self.engine if self.is_sqlite else self.engine.execution_options(**snapshot)

    def _open_sqlite(self) -> Engine:
        if self.url.database and self.url.database != ":memory:" and not self.read_only:
            Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
        url = self.url
        if self.read_only and url.database:  # without mode=ro a file that is not there would be made
            url = url.set(database=f"file:{Path(url.database).absolute()}", query={"mode": "ro", "uri": "true"})
        engine = create_engine(
            url, connect_args={"check_same_thread": False, "timeout": BUSY_MS / 1000}, hide_parameters=True
        )

        @event.listens_for(engine, "connect")
        def prepare(connection: DBAPIConnection, _record: Any) -> None:  # noqa: ANN401  (SQLAlchemy's type)
            connection.isolation_level = None  # we say BEGIN ourselves
            cursor = connection.cursor()
            pragmas = ["query_only = on"] if self.read_only else ["journal_mode = wal", "synchronous = full"]
            for pragma in [*pragmas, "foreign_keys = on", "recursive_triggers = on", f"busy_timeout = {BUSY_MS}"]:
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

        return engine

    def _open_postgresql(self) -> Engine:
        if self.url.drivername == "postgresql":  # the driver of the extra `postgres`
            self.url = self.url.set(drivername="postgresql+psycopg")
        limits = {
            "timezone": "UTC",
            "lock_timeout": BUSY_MS,
            "idle_in_transaction_session_timeout": STUCK_MS,
            "default_transaction_read_only": "on" if self.read_only else "off",
        }
        return create_engine(
            self.url,
            pool_size=40,
            pool_pre_ping=True,
            hide_parameters=True,  # values are not for logs
            connect_args={
                "connect_timeout": 2,
                "application_name": "ethixbot",
                "keepalives_idle": 10,
                "keepalives_interval": 5,
                "keepalives_count": 3,
                "options": " ".join(f"-c {name}={value}" for name, value in limits.items()),
            },
        )

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Give a session whose work commits as one or not at all; raise Busy, or Again, where it could not."""
        if self.is_sqlite and not self._writing.acquire(timeout=BUSY_MS / 1000):
            raise Busy("the database is busy")
        try:
            with _told(), Session(self.engine, expire_on_commit=False) as session, session.begin():
                if self.is_sqlite:
                    session.connection().exec_driver_sql("BEGIN IMMEDIATE")
                yield session
        finally:
            if self.is_sqlite:
                self._writing.release()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Give a session that sees one state of the database and writes nothing; raise Again where it broke."""
        with _told(), Session(self._reader, expire_on_commit=False) as session:
            if self.is_sqlite:
                session.connection().exec_driver_sql("BEGIN")
            else:  # a reader holds nobody up, and may draw a picture meanwhile
                session.connection().exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = '5min'")
            try:
                yield session
            finally:
                session.expunge_all()  # a rollback would empty the records that were read
                session.rollback()

    def dispose(self) -> None:
        """Close every connection."""
        self.engine.dispose()


@contextmanager
def _told() -> Iterator[None]:
    """Raise Busy or Again for what passes by itself; whatever else the database says is a bug, and stays as it is."""
    try:
        yield
    except DBAPIError as error:
        meaning = _meaning(error)
        if meaning is None:
            raise
        raise meaning(f"{type(error.orig).__name__}: {error.orig}".splitlines()[0]) from error


# https://www.postgresql.org/docs/current/errcodes-appendix.html: by class, and by code where a class says too little.
PASSING = {"08", "53", "57", "55P03", "25P03"}  # connection, resources, shutdown or time-out, lock, idle too long
RACES = {"40", "23505"}  # deadlock or serialization; two that made the same row at once


def _meaning(error: DBAPIError) -> type[Busy] | None:
    code = getattr(error.orig, "sqlstate", None) or ""
    if RACES & {code, code[:2]} or error.connection_invalidated or code[:2] in ("08", "57"):
        return Again
    if PASSING & {code, code[:2]}:
        return Busy
    says = str(error.orig)
    if isinstance(error, IntegrityError):
        return None
    if any(words in says for words in ("is locked", "is full", "disk I/O error")):  # SQLite has no codes here
        return Busy
    unreachable = not code and type(error.orig).__name__ in ("OperationalError", "ConnectionTimeout", "InterfaceError")
    return Again if unreachable and error.orig.__class__.__module__.startswith("psycopg") else None


def insert_once(session: Session, record: SQLModel) -> bool:
    """Return whether the record is new; one that clashes with a unique key is left out, and nothing fails."""
    table = SQLModel.metadata.tables[str(type(record).__tablename__)]
    values = {column.name: getattr(record, column.name) for column in table.columns}
    known = {name: value for name, value in values.items() if value is not None}
    connection = session.connection()
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    new = insert(table).values(known).on_conflict_do_nothing().returning(*table.primary_key)
    return connection.execute(new).first() is not None  # a driver's row count says nothing here
