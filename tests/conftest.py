"""What scenarios share: a workspace on loopback, the real bot joined to it, and hands that press and read."""

import gc
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

import storage.database
from storage import migrate
from storage.database import Database

if TYPE_CHECKING:
    from tests.postgres import PostgreSQL

pytest_plugins = ["tests.mlflow", "tests.postbox", "tests.postgres", "tests.world"]

# As by default, but for tracebacks with the values of every frame: a scenario has too many for a person to wait.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.dev.set_exc_info,
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)
# Spark's Java compiles each method once and simply: no test here runs long enough to win by more.
os.environ.setdefault("SPARK_SUBMIT_OPTS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
NO_SKIPS = os.environ.get("ETHIXBOT_TESTS_ALLOW_NO_SKIPS") == "1"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Turn a skip into a failure where the run says that nothing may be missing."""
    outcome = yield
    report = outcome.get_result()
    if NO_SKIPS and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped although nothing may be missing here: {report.longrepr}"


DATABASES = ("sqlite", "postgresql")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what asks for a database on both, or on those that its mark names."""
    given = {name for one in metafunc.definition.iter_markers("parametrize") for name in _named(one.args[0])}
    if "backend" in set(metafunc.fixturenames) - given:
        mark = metafunc.definition.get_closest_marker("databases")
        metafunc.parametrize("backend", mark.args if mark else DATABASES, indirect=True)


def _named(names: str | Sequence[str]) -> Sequence[str]:
    return names.replace(" ", "").split(",") if isinstance(names, str) else names


# Real processes and real time: begun first, so that nobody waits for them alone at the end.
LONG = {"test_analyze", "test_demo", "test_engines", "test_killed", "test_readme", "test_sweep", "test_whole_way"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes long first."""
    items.sort(key=lambda item: item.path.stem not in LONG)


def pytest_collection_finish() -> None:
    """Keep what was imported and collected out of every later garbage collection: it stays to the end."""
    gc.collect()
    gc.freeze()


def pytest_sessionstart() -> None:
    """Let all databases share the text of statements: each test has engines of its own, the same statements go out."""
    for dialect in (PGDialect_psycopg, SQLiteDialect_pysqlite):  # each text is kept for its dialect
        dialect.__eq__ = lambda one, other: type(one) is type(other)  # type: ignore[method-assign]
        dialect.__hash__ = lambda one: hash(type(one))  # type: ignore[method-assign]
    texts, make = LRUCache(5000), storage.database.create_engine

    def sharing(*told: Any, **more: Any) -> Engine:
        engine = make(*told, **more)
        engine._compiled_cache = texts
        return engine

    storage.database.create_engine = sharing


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the browser, or a skip that says what is missing."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    return found


@pytest.fixture
def data() -> Path:
    """The windows that ship with the demo."""
    return Path(__file__).resolve().parents[1] / "bot/demo/data"


@pytest.fixture
def backend(request: pytest.FixtureRequest) -> str:
    """The kind of database: whatever asks for this runs on both, or on those of `pytest.mark.databases`."""
    return str(request.param)


@pytest.fixture(scope="session")
def empty_on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the newest schema and nothing in it, to make copies of."""
    file = tmp_path_factory.mktemp("empty") / "ethixbot.db"
    made = Database(f"sqlite:///{file}")
    migrate.upgrade(made)
    with made.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    made.dispose()
    return file


@pytest.fixture(scope="session")
def empty_on_postgresql(postgresql: "PostgreSQL") -> str:
    """The name of a database with the newest schema and nothing in it, to make copies of."""
    address = postgresql.create()
    made = Database(address)
    migrate.upgrade(made)
    made.dispose()
    return str(made.url.database)


@pytest.fixture
def database(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A fresh database with the newest schema, of its own."""
    if backend == "sqlite":
        file = shutil.copy(request.getfixturevalue("empty_on_sqlite"), tmp_path / "test.db")
        made = Database(f"sqlite:///{file}")
    else:
        server, template = (request.getfixturevalue(name) for name in ("postgresql", "empty_on_postgresql"))
        made = Database(server.create(template))
    yield made
    made.dispose()
