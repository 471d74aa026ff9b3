"""Streams a table of a database as record batches: one SELECT, so one state of it, in bounded memory.

Nothing is counted in the database: its rows go the way of all others, so the profile has the same bytes as that of the
same rows in a file.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa
from sqlalchemy import URL, Column, Connection, MetaData, NullPool, Select, Table, create_engine, make_url, select
from sqlalchemy import types as sql
from sqlalchemy.exc import NoSuchModuleError, NoSuchTableError, SQLAlchemyError

from analysis.errors import BadLog, Fault
from storage.places import Rows, Span, hidden

BATCH = 1 << 14  # rows that are Python's objects at a time
MARGIN = timedelta(seconds=1)
KINDS: tuple[tuple[type[sql.TypeEngine[Any]], pa.DataType], ...] = (
    (sql.Boolean, pa.bool_()),
    (sql.Integer, pa.int64()),
    (sql.Numeric, pa.float64()),  # and Float, which is one
    (sql.DateTime, pa.timestamp("us", tz="UTC")),
    (sql.Date, pa.date32()),
    (sql.String, pa.string()),
    (sql.Uuid, pa.string()),
    (sql.LargeBinary, pa.binary()),
)


def batches(rows: Rows, most: int = BATCH, span: Span | None = None) -> Iterator[pa.RecordBatch]:
    """Yield the table's rows; raise BadLog where database, table or a value cannot be read.

    Of a span a little more is given than asked for: who reads it cuts every log alike.
    """
    try:
        engine = create_engine(_url(rows.address), poolclass=NullPool)
        with engine.connect().execution_options(stream_results=True, yield_per=min(most, BATCH)) as connection:
            yield from _read(connection, rows, span)
    except NoSuchTableError:
        raise BadLog(Fault.NOT_FOUND, file=str(rows), detail="the database has no such table") from None
    except (SQLAlchemyError, ImportError, OSError) as wrong:
        raise BadLog(Fault.UNREADABLE, file=str(rows), detail=hidden(_said(wrong), rows.address)) from None


def _url(address: str) -> URL:
    url = make_url(address)
    if url.get_backend_name() == "sqlite" and url.database:  # without mode=ro a file that is not there would be made
        file = quote(str(Path(url.database).absolute()))
        return url.set(database=f"file:{file}", query={"mode": "ro", "uri": "true"})
    if url.drivername == "postgresql" and find_spec("psycopg"):
        return url.set(drivername="postgresql+psycopg")
    return url


def _read(connection: Connection, rows: Rows, span: Span | None) -> Iterator[pa.RecordBatch]:
    schema, _, name = rows.table.rpartition(".")
    table = Table(name, MetaData(), schema=schema or None, autoload_with=connection)
    kinds = {column.name: _kind(column) for column in table.columns}
    for part in connection.execute(query(table, span, connection.dialect.name)).partitions():
        columns = zip(kinds.items(), zip(*part, strict=True), strict=True)
        arrays = [_array(rows, column, kind, values) for (column, kind), values in columns]
        kinds = {column: array.type for column, array in zip(kinds, arrays, strict=True)}
        yield pa.RecordBatch.from_arrays(arrays, names=list(kinds))


def query(table: Table, span: Span | None, dialect: str) -> Select[Any]:
    """Return what is asked of the database: the rows of the span where the column is a time, else all.

    SQLite keeps times as texts, whose order is that of times only in one spelling.
    """
    asked = select(table)
    column = table.columns.get(span.column) if span else None
    if span is None or column is None or not isinstance(column.type, sql.DateTime) or dialect == "sqlite":
        return asked
    if span.since is not None:
        asked = asked.where(column >= _moment(span.since - MARGIN, column.type))
    if span.until is not None:
        asked = asked.where(column <= _moment(span.until + MARGIN, column.type))
    return asked


def _moment(at: datetime, kind: sql.DateTime) -> datetime:
    """Return a time as the column has it: where it knows no zone, it is UTC."""
    return at if kind.timezone else at.astimezone(UTC).replace(tzinfo=None)


def _kind(column: Column[Any]) -> pa.DataType | None:
    """Return the type of a column; None where only its values can tell."""
    return next((kind for told, kind in KINDS if isinstance(column.type, told)), None)


def _array(rows: Rows, column: str, kind: pa.DataType | None, values: tuple[Any, ...]) -> pa.Array:
    try:
        if kind == pa.float64():
            return pa.array([None if value is None else float(value) for value in values], kind)
        if kind == pa.string():
            return pa.array([None if value is None else str(value) for value in values], kind)
        return pa.array(values, kind)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as wrong:
        raise BadLog(Fault.COLUMN_TYPE, file=str(rows), column=column, detail=str(wrong)[:200]) from None


def _said(wrong: Exception) -> str:
    """Return what went wrong without SQLAlchemy's frame around it."""
    if isinstance(wrong, ModuleNotFoundError):
        return f"its driver is not installed: pip install {wrong.name}"
    if isinstance(wrong, NoSuchModuleError):
        return "there is neither such a database nor such an object store"
    return (str(getattr(wrong, "orig", None) or wrong).splitlines() or [type(wrong).__name__])[0][:300]
