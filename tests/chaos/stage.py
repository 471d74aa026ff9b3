"""Where a run happens: the workspace, a database, the bot's folder, and real bot processes as in production."""

import contextlib
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from ruamel.yaml import YAML
from sqlalchemy import and_, make_url
from sqlmodel import func, select

from bot.demo import demo
from bot.localslack import LocalSlack
from bot.slack.manifest import manifest
from storage import inbox, leases, migrate, timers
from storage.database import Again, Busy, Database
from storage.tables import AuditRow, Bundle, Owed, RetrainRequest, Rollout, Run
from tests.chaos import pipeline
from tests.chaos.replica import Replica, free_port, settings
from tests.postgres import PostgreSQL
from tests.world import move_in, night_in

POLL_S = 0.05
SOON = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)  # an event that is not acknowledged comes again
MOST_S = 600
LULL_S = 1.2  # longer than a loop sleeps
STEP_S = 4  # between two steps of an escalation
ROTA, HANDED_OVER_S = "nights", 15
UNDER_WAY = ((Owed, ("pending", "sending")), (Run, ("queued", "running")), (Bundle, ("queued", "making")),
             (RetrainRequest, ("queued", "running")), (Rollout, ("queued", "running", "undoing")))  # fmt: skip


@dataclass
class Stage:
    """The workspace, the database and the replicas of one run."""

    slack: LocalSlack
    folder: Path
    address: str
    server: PostgreSQL | None
    replicas: list[Replica]
    kills: int = 0
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    time_flies: bool = False
    is_away: bool = True
    to_come: list[str] = field(default_factory=list)  # failpoints
    restarted: list[datetime] = field(default_factory=list)  # when the bot was there again
    _database: Database | None = None

    @property
    def database(self) -> Database:
        """Return the database, opened to read; a SQLite file there is none of yet raises OSError."""
        if self._database is None:
            self._database = Database(self.address, read_only=True)
        return self._database

    def start(self, *failpoints: str) -> None:
        """Start every replica, the first with the first failpoint; the others follow, one with each kill."""
        self.to_come = list(failpoints)
        for replica in self.replicas:
            replica.start(self._next())

    def tend(self) -> None:
        """Start again what has ended."""
        for replica in self.replicas:
            if replica.code is not None:
                self.kills += replica.code == -signal.SIGKILL
                if self.time_flies:
                    self._let_leases_end()
                replica.start(self._next())

    def _let_leases_end(self) -> None:
        """Spare the run the wait for the leases of a lone process that is dead; on SQLite the bot does so itself."""
        if self.server is not None and len(self.replicas) == 1:
            database = Database(self.address)
            if migrate.revisions(database)[0] is not None:  # none: killed before it had a schema
                with database.write() as session:
                    leases.release_all(session, datetime.now(UTC))
            database.dispose()

    def _next(self) -> str | None:
        return self.to_come.pop(0) if self.to_come else None

    def wait(self, is_so: Callable[[], bool], seconds: float = 30.0) -> bool:
        """Return whether it came to be in time, starting again whatever ends meanwhile."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.tend()
            if is_so():
                return True
            time.sleep(POLL_S)
        return False

    def look(self) -> None:
        """Note when somebody answers again after nobody did."""
        is_there = any(one.is_well() for one in self.replicas)
        if is_there and self.is_away:
            self.restarted.append(datetime.now(UTC))
        self.is_away = not is_there

    def is_ready(self) -> bool:
        """Return whether every replica answers and has its line to the workspace."""
        return all(one.is_well() for one in self.replicas) and len(self.slack.sockets.connections) >= len(self.replicas)

    def owes(self) -> str:
        """Return what is still to be done; nothing where all is done."""
        try:
            with self.database.read() as session:
                left, now = [], datetime.now(UTC)
                gathers = and_(Bundle.status == "queued", Bundle.next_at > now)  # what comes in within the hour
                for table, statuses in UNDER_WAY:
                    query = select(func.count()).select_from(table).where(table.status.in_(statuses))
                    query = query.where(~gathers) if table is Bundle else query
                    left.append((table.__tablename__, session.exec(query).one()))
                left.append(("inbox", len(inbox.waiting(session, now))))
                left.append(("timers", int(timers.is_any_due(session, now))))
            return " ".join(f"{name}:{count}" for name, count in left if count)
        except (Busy, Again) as error:
            return str(error)

    def drain(self, seconds: float = 90.0) -> bool:
        """Return whether all that was owed was done, and a moment later there was nothing new.

        It has so long from the last that was done: on a machine that is busy otherwise all of it takes its time.
        """

        def rests() -> bool:
            if self.owes():
                return False
            time.sleep(LULL_S)
            return not self.owes()

        if not self.wait(self.is_ready):
            return False
        done, end = self.done(), time.monotonic() + MOST_S
        while not self.wait(rests, seconds):
            done, before = self.done(), done
            if done == before or time.monotonic() > end:
                return False
        return True

    def rollouts(self) -> list[str]:
        """Return how each promotion and rollback stands, oldest first."""
        with contextlib.suppress(Busy, Again), self.database.read() as session:
            return list(session.exec(select(Rollout.status).order_by(Rollout.requested_at)))
        return []

    def done(self) -> tuple[int, ...]:
        """Return how much was done so far: claims of work, and lines of the audit log."""
        with contextlib.suppress(Busy, Again), self.database.read() as session:
            claims = [session.exec(select(func.sum(table.attempts))).one() or 0 for table, _ in UNDER_WAY]
            return (*map(int, claims), session.exec(select(func.count()).select_from(AuditRow)).one())
        return ()

    def log_is(self, window: str) -> None:
        """Let the model's log be a window of the demo; the tiny one is checked at once and breaks nothing."""
        new = self.folder / "new.parquet"
        shutil.copyfile(demo.find_windows(demo.DATA, window)[0], new)
        new.replace(self.folder / "log" / "current.parquet")

    def starts(self) -> list[str]:
        """Return the request of each start of the pipeline."""
        path = self.folder / pipeline.STARTS
        return path.read_text().split() if path.exists() else []

    def stop(self) -> None:
        """End every process."""
        for replica in self.replicas:
            replica.send(signal.SIGCONT)
            replica.send(signal.SIGKILL)
        if self._database is not None:
            self._database.dispose()


def lay_out(slack: LocalSlack, folder: Path) -> None:
    """Write the demo's policy with quick escalations and a pipeline that only notes that it was started."""
    demo.settings_for(folder, demo.DATA, slack)
    path, yaml = folder / "policy.yaml", YAML(typ="rt")
    policy = yaml.load(path.read_text())
    policy["models"][0]["retrain"]["command"] = [sys.executable, pipeline.__file__, str(folder / pipeline.STARTS)]
    policy["retention"]["audit"] = "200 d"
    for rule in policy["escalation"]:
        for number, step in enumerate(rule["steps"]):
            step["after"] = f"{number * STEP_S} s"
    policy["rotas"] = [_handed_over_soon()]
    yaml.dump(policy, path)


def _handed_over_soon() -> dict[str, object]:
    """Return a rota that two people share by days, and that changes hands in the middle of the story."""
    at = datetime.now(UTC) + timedelta(seconds=HANDED_OVER_S)
    people = [f"{one}@ethixai.local" for one in ("oncall", "ml_engineer")]
    orders = [{"since": date(2026, 1, 1).isoformat(), "primary": people}]
    return {"name": ROTA, "weekday": None, "at": at.time().isoformat("seconds"), "orders": orders}


@dataclass(frozen=True)
class Made:
    """A night that was prepared once, to make copies of: a folder and, on PostgreSQL, a database."""

    folder: Path
    server: PostgreSQL | None = None
    template: str = ""

    @property
    def kind(self) -> str:
        """Return the database's name for a report."""
        return "postgresql" if self.server else "sqlite"

    def address(self, folder: Path) -> str:
        """Return the address of a copy of the database."""
        if self.server is None:
            return f"sqlite:///{folder / 'ethixbot.db'}"
        return self.server.create(self.template) if self.template else self.server.create()


@contextlib.contextmanager
def staged(made: Made, folder: Path, replicas: int = 1) -> Iterator[Stage]:
    """Give a stage on a copy of the night; its processes end with it."""
    shutil.copytree(made.folder, folder, dirs_exist_ok=True)
    address = made.address(folder)
    with LocalSlack(manifest(), port=0, retry_after=SOON) as slack:
        lay_out(slack, folder)
        if made.template or (folder / "ethixbot.db").exists():  # a night, not an empty one
            move_in(folder, address, (folder / "policy.yaml").read_text())
        processes = []
        for number in range(replicas):
            port = free_port()
            processes.append(Replica(settings(slack, folder, address, port), folder / f"bot{number}.log", port))
        stage = Stage(slack, folder, address, made.server, processes)
        stage.log_is("i")
        try:
            yield stage
        finally:
            stage.stop()


def prepared(folder: Path, server: PostgreSQL | None, *, is_empty: bool = False) -> Made:
    """Return a night in which a break was just found, or one before the bot ever ran."""
    folder.mkdir(parents=True)
    if is_empty:
        (folder / "log").mkdir()
        return Made(folder, server)
    address = server.create() if server else None
    night_in(folder, address)
    return Made(folder, server, make_url(address).database or "" if address else "")
