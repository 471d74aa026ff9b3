"""Streams a table of a database as record batches: one SELECT, so one state of it, in bounded memory.

Nothing is counted in the database: its rows go the way of all others, so the profile has the same bytes as that of the
same rows in a file.
"""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa
from sqlalchemy import URL, Column, Connection, MetaData, NullPool, Table, create_engine, make_url, select
from sqlalchemy import types as sql
from sqlalchemy.exc import NoSuchModuleError, NoSuchTableError, SQLAlchemyError

from analysis.errors import BadLog, Fault
from storage.places import Rows, hidden

BATCH = 1 << 14  # rows that are Python's objects at a time
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


def batches(rows: Rows, most: int = BATCH) -> Iterator[pa.RecordBatch]:
    """Yield the table's rows; raise BadLog where database, table or a value cannot be read."""
    try:
        engine = create_engine(_url(rows.address), poolclass=NullPool)
        with engine.connect().execution_options(stream_results=True, yield_per=min(most, BATCH)) as connection:
            yield from _read(connection, rows)
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


def _read(connection: Connection, rows: Rows) -> Iterator[pa.RecordBatch]:
    schema, _, name = rows.table.rpartition(".")
    table = Table(name, MetaData(), schema=schema or None, autoload_with=connection)
    kinds = {column.name: _kind(column) for column in table.columns}
    for part in connection.execute(select(table)).partitions():
        columns = zip(kinds.items(), zip(*part, strict=True), strict=True)
        arrays = [_array(rows, column, kind, values) for (column, kind), values in columns]
        kinds = {column: array.type for column, array in zip(kinds, arrays, strict=True)}
        yield pa.RecordBatch.from_arrays(arrays, names=list(kinds))


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
