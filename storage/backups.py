"""Copies of the whole database, taken beside a running bot, and put back: a file, and a signed manifest beside it."""

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import func, inspect, select
from sqlmodel import Session, SQLModel

from analysis.errors import BadInput
from storage import audit, migrate
from storage.database import Database
from storage.files import sha256


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself; the head is that of its audit log."""

    kind: str  # sqlite | postgresql
    at: str
    schema: str
    seq: int
    hash: str
    rows: dict[str, int]
    sha256: str
    public_key: str

    def signed(self, key: Ed25519PrivateKey) -> str:
        """Return the manifest as JSON, with its signature."""
        return json.dumps({"manifest": asdict(self), "signature": key.sign(self.canonical()).hex()}, indent=1) + "\n"

    def canonical(self) -> bytes:
        """Return what is signed."""
        return audit.canonical(asdict(self)).encode()


def beside(file: Path) -> Path:
    """Return where the manifest of a backup lies."""
    return file.with_name(file.name + ".json")


def take(database: Database, file: Path, key: Ed25519PrivateKey, now: datetime, tools: Path | None) -> Manifest:
    """Return the manifest of a fresh backup; raise BadInput where it cannot be taken."""
    if file.exists() or beside(file).exists():
        raise BadInput(str(file), "is there already.", "Name another file.")
    fresh = file.with_name(file.name + ".new")
    try:
        rows, head, schema = (_copy if database.is_sqlite else _dump)(database, fresh, tools)
        pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        kind, at = "sqlite" if database.is_sqlite else "postgresql", now.isoformat(timespec="seconds")
        made = Manifest(kind, at, schema, *head, rows, sha256(fresh), pem)
        beside(file).write_text(made.signed(key))
        fresh.replace(file)
    except (OSError, sqlite3.Error) as error:
        raise BadInput(str(file), f"the backup could not be written ({error}).") from None
    finally:
        fresh.unlink(missing_ok=True)
    return made


def read(file: Path, public: Ed25519PublicKey) -> Manifest:
    """Return the manifest of a backup that is whole and signed by the key; raise BadInput."""
    try:
        told = json.loads(beside(file).read_text())
        found = Manifest(**told["manifest"])
        public.verify(bytes.fromhex(told["signature"]), found.canonical())
        is_whole = sha256(file) == found.sha256
    except OSError as error:
        raise BadInput(str(error.filename), f"cannot be read ({error.strerror}).") from None
    except (ValueError, TypeError, KeyError):
        raise BadInput(str(beside(file)), "is no manifest of a backup.") from None
    except InvalidSignature:
        raise BadInput(str(beside(file)), "is not signed by this key.", "Give the public one with --key.") from None
    if not is_whole:
        raise BadInput(str(file), "is not the file that its manifest names: it was changed or cut short.")
    if not migrate.is_known(found.schema):
        raise BadInput(str(file), f"has schema {found.schema}, which this version does not know.", "Use a newer one.")
    return found


Told = tuple[dict[str, int], tuple[int, str], str]


def _copy(database: Database, file: Path, _tools: Path | None) -> Told:
    """Copy a SQLite file by its online backup, so that what is written meanwhile is in it as a whole or not at all."""
    source = sqlite3.connect(f"file:{Path(str(database.url.database)).absolute()}?mode=ro", uri=True)
    with contextlib.closing(source), contextlib.closing(sqlite3.connect(file)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = delete")  # one file, which needs no other beside it
        (says,) = copy.execute("PRAGMA integrity_check").fetchone()
    if says != "ok":
        raise BadInput(str(database.url.database), f"is damaged: {says}.", "Restore an earlier backup.")
    made = Database(f"sqlite:///{file}", read_only=True)
    try:
        with made.read() as session:
            return _told(session, made)
    finally:
        made.dispose()


def _dump(database: Database, file: Path, tools: Path | None) -> Told:
    """Dump a PostgreSQL database by its own tool, in the snapshot in which the rows are counted."""
    with database.read() as session:
        connection = session.connection()
        connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        snapshot = connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one()
        told = _told(session, database)
        _run(database, tools, "pg_dump", "--format=custom", f"--snapshot={snapshot}", "--schema=public",
             f"--file={file}")  # fmt: skip
    return told


def _told(session: Session, database: Database) -> Told:
    connection = session.connection()
    there = [
        SQLModel.metadata.tables[name]
        for name in inspect(connection).get_table_names()
        if name in SQLModel.metadata.tables
    ]
    rows = {table.name: connection.execute(select(func.count()).select_from(table)).scalar_one() for table in there}
    return rows, audit.head_of(session), str(migrate.revisions(database)[0])


def _run(database: Database, tools: Path | None, name: str, *arguments: str) -> None:
    command = shutil.which(name, path=str(tools) if tools else None)
    if command is None:
        raise BadInput(name, "is not installed here.", "Install PostgreSQL's client tools, or set ETHIXBOT_PG_BIN.")
    url = database.url.set(drivername="postgresql", password=None).render_as_string()
    secret = {"PGPASSWORD": str(database.url.password)} if database.url.password else {}
    done = subprocess.run([command, f"--dbname={url}", *arguments], env={**os.environ, **secret},
                          stderr=subprocess.PIPE, text=True, check=False)  # fmt: skip
    if done.returncode != 0:
        says = "; ".join(done.stderr.strip().splitlines()[:3])[:300] or f"code {done.returncode}"
        raise BadInput(name, f"failed: {says}.", "Its version must not be older than the server's.")


def is_empty(database: Database) -> bool:
    """Return whether nothing is there that a restore would overwrite."""
    if database.is_sqlite:
        path = Path(str(database.url.database))
        return not path.exists() or path.stat().st_size == 0
    with database.engine.connect() as connection:
        count = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        return int(connection.exec_driver_sql(count).scalar_one()) == 0


def others(database: Database) -> int:
    """Return how many other connections of bots a PostgreSQL database has; SQLite has its lock for this."""
    if database.is_sqlite:
        return 0
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name = 'ethixbot' AND pid <> pg_backend_pid()"
    )
    with database.engine.connect() as connection:
        return int(connection.exec_driver_sql(query).scalar_one())


@contextlib.contextmanager
def put_back(database: Database, file: Path, tools: Path | None, at: datetime) -> Iterator[str]:
    """Put a backup in the database's place and give the name of what was there before, which is kept.

    Where the body fails, what was there before is there again.
    """
    aside = f"before_{at:%Y%m%d_%H%M%S}"
    yield from (_put_file(database, file, aside) if database.is_sqlite else _put_schema(database, file, tools, aside))


def _put_file(database: Database, file: Path, aside: str) -> Iterator[str]:
    path = Path(str(database.url.database))
    kept = path.with_name(f"{path.name}.{aside}")
    fresh = path.with_name(f"{path.name}.restoring")
    shutil.copyfile(file, fresh)
    _move(path, kept)
    fresh.replace(path)
    try:
        yield str(kept)
    except BaseException:
        database.dispose()
        _move(path, fresh)
        _move(kept, path)
        _move(fresh, None)
        raise


def _move(path: Path, to: Path | None) -> None:
    """Move a SQLite file with what lies beside it, or remove it."""
    for ending in ("", "-wal", "-shm"):
        one = path.with_name(path.name + ending)
        if one.exists():
            one.replace(to.with_name(to.name + ending)) if to else one.unlink()


def _put_schema(database: Database, file: Path, tools: Path | None, aside: str) -> Iterator[str]:
    _execute(database, [f"ALTER SCHEMA public RENAME TO {aside}", "CREATE SCHEMA public"])
    try:
        _run(database, tools, "pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction",
             "--schema=public", str(file))  # fmt: skip
        yield f"schema {aside}"
    except BaseException:
        database.dispose()
        _execute(database, ["DROP SCHEMA public CASCADE", f"ALTER SCHEMA {aside} RENAME TO public"])
        raise


def _execute(database: Database, statements: Sequence[str]) -> None:
    with database.engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
