"""A world for scenarios: the workspace on loopback and the real bot on a fresh database, stepped by hand.

The clock is handed in and stands still until a test moves it. A world's loops do not run by themselves: `settle` steps
them until nothing is left to do, so no test waits for time to pass.
"""

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Integer, func, make_url
from sqlmodel import SQLModel

from bot import app
from bot.app import Bot
from bot.demo import demo
from bot.localslack import LocalSlack
from bot.operations import detection
from bot.operations.detection import Wish
from bot.receive import Socket
from bot.services import SYSTEM
from bot.slack.manifest import manifest
from storage import audit, outbox, policies
from storage.database import Database
from storage.tables import AuditHead, Incident, Run

CLIENT = httpx.Client(trust_env=False, timeout=60, limits=httpx.Limits(max_keepalive_connections=0))
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # in the past, so that a real process finds it due
HANDLES = (
    "ml_engineer", "senior_ml_engineer", "ml_lead", "compliance", "product_owner", "auditor", "viewer", "oncall",
    "cto", "ceo", "admin", "security", "governance",
)  # fmt: skip


@dataclass
class StillClock:
    """A clock that a test moves."""

    now: datetime = START

    def __call__(self) -> datetime:
        """Return the time, a little later at each look so that an order can be seen."""
        self.now += timedelta(microseconds=1)
        return self.now

    def forward(self, **span: float) -> None:
        """Move on."""
        self.now += timedelta(**span)


@dataclass
class World:
    """Hands and eyes of a test."""

    slack: LocalSlack
    folder: Path
    clock: StillClock = field(default_factory=StillClock)
    data: Path = demo.DATA
    address: str | None = None  # of its database; none: SQLite in the folder
    bot: Bot = field(init=False)
    is_up: bool = False
    _socket: Socket | None = None

    def __post_init__(self) -> None:
        """Start the bot for the first time."""
        self.start()

    def start(self) -> None:
        """Build the bot on the folder's database and connect it."""
        settings = demo.settings_for(self.folder, self.data, self.slack)
        told = {"look_after": 0.0} | ({"database_url": self.address} if self.address else {})
        settings = settings.model_copy(update=told)
        self.bot = app.build(settings, self.clock)
        self.bot.prepare()
        self.slack.gestures.is_at_work = watched(self.bot.slack.listener_runner.listener_executor, self.slack)
        token = settings.slack_app_token
        assert token is not None
        self._socket = Socket(self.bot.slack, token.get_secret_value(), web_client=self.bot.web, ping_interval=5)
        self._socket.connect()
        self.is_up = True

    def stop(self) -> None:
        """Cut the bot off, as it stands."""
        self.is_up = False
        if self._socket is not None:  # its threads end by themselves within seconds; no test waits for them
            threading.Thread(target=self._socket.close, daemon=True).start()
        self.bot.loops.stop()
        self.bot.services.database.dispose()

    def settle(self) -> None:
        """Let the bot do all that is to be done within the next second."""
        for _ in range(6):
            self.bot.loops.drain()
            with self.bot.services.database.read() as session:
                due = outbox.next_due(session)
                is_looked_at = any(row.data.get("file_id") for row in outbox.listed(session, outbox.WAITING))
            if due is None or due > self.clock.now + timedelta(seconds=1):
                return
            if is_looked_at:
                time.sleep(0.06)  # the workspace looks at a picture for that long, by its own clock
            self.clock.forward(seconds=0.5)

    def log(self, letter: str) -> None:
        """Put the window where the model's log lies."""
        file = demo.find_windows(self.data, letter)[0]
        shutil.copyfile(file, self.folder / "log" / "current.parquet")

    def week(self, letter: str) -> Run:
        """Put the window where the model's log lies, have it checked, deliver, and return the run."""
        self.log(letter)
        run = detection.request(self.bot.services, Wish(demo.MODEL, SYSTEM))
        assert run is not None
        self.settle()
        self.clock.forward(seconds=11)  # edits that nobody waits for gather for ten
        self.settle()
        with self.bot.services.database.read() as session:
            ended = session.get(Run, run.id)
            assert ended is not None
            return ended

    def ask(self, method: str, path: str, /, **sent: Any) -> Any:
        """Return the JSON of the workspace's own door; a bot that is up is waited for where it connects anew."""
        if self.is_up:
            wait_for(lambda: self.slack.sockets.is_connected)
        where = f"{self.slack.url.rstrip('/')}{path}"
        answer = CLIENT.request(
            method,
            where,
            params=sent if method == "GET" else None,
            json=sent if method == "POST" else None,
        )
        assert answer.status_code == 200, (answer.status_code, answer.text)
        return answer.json()

    def messages(self, channel: str = "ethixai-incidents", user: str | None = None) -> list[dict[str, Any]]:
        """Return the channel's messages, oldest first, thread replies inside."""
        more = {"user": user} if user else {}
        found: list[dict[str, Any]] = self.ask("GET", "/_local/messages", channel=channel, **more)["messages"]
        return found

    def alert(self, channel: str = "ethixai-incidents") -> dict[str, Any]:
        """Return the newest message that has buttons."""
        return next(m for m in reversed(self.messages(channel)) if buttons(m))

    def press(
        self, verb: str, by: str, message: dict[str, Any] | None = None, channel: str = "ethixai-incidents"
    ) -> Any:
        """Press a button of the alert; return what the person then sees."""
        ts = (message or self.alert(channel))["ts"]
        return self.ask("POST", "/_local/click", user=by, channel=channel, ts=ts, action_id=f"move:{verb}")

    def choose(self, verb: str, by: str, message: dict[str, Any] | None = None) -> Any:
        """Choose a verb behind “More…”; return what the person then sees."""
        shown = message or self.alert()
        place = {"channel": "ethixai-incidents", "ts": shown["ts"]}
        menu = self.ask("POST", "/_local/click", user=by, action_id="more", **place)["view"]
        return self.ask("POST", "/_local/click", user=by, view_id=menu["id"], action_id=f"move:{verb}")

    def fill(self, by: str, **values: str) -> Any:
        """Submit the person's open modal."""
        view = self.ask("GET", "/_local/views", user=by)["views"][-1]
        return self.ask("POST", "/_local/submit", user=by, view_id=view["id"], values=values, wait_s=0)

    def type(self, text: str, by: str, channel: str = "ethixai-incidents") -> Any:
        """Type a slash command; return what the person then sees."""
        return self.ask("POST", "/_local/command", user=by, channel=channel, text=text)

    def incident(self) -> Incident:
        """Return the newest incident."""
        with self.bot.services.database.read() as session:
            from sqlmodel import col, select

            found = session.exec(select(Incident).order_by(col(Incident.id).desc())).first()
            assert found is not None
            return found

    def audit(self) -> list[tuple[str, str, str]]:
        """Return (actor, action, outcome) of every audit row, after checking that the chain holds."""
        with self.bot.services.database.read() as session:
            count, faults = audit.verify(session)
            assert not faults
            from storage.tables import AuditRow

            rows = [session.get(AuditRow, seq + 1) for seq in range(count)]
            return [(row.actor, row.action, row.outcome) for row in rows if row is not None]


def watched(pool: Executor, slack: LocalSlack) -> Callable[[], bool]:
    """Return whether the pool works on anything, from now on, or that of another bot of the workspace does."""
    running: set[Future[Any]] = set()
    submit, others = pool.submit, slack.gestures.is_at_work or (lambda: False)

    def noted(*work: Any, **more: Any) -> Future[Any]:
        future = submit(*work, **more)
        running.add(future)
        future.add_done_callback(running.discard)
        return future

    pool.submit = noted  # type: ignore[method-assign, assignment]
    return lambda: bool(running) or others()


def buttons(message: dict[str, Any]) -> list[str]:
    """Return the verbs of the message's move buttons, in order."""
    elements = [e for block in message.get("blocks", []) if block["type"] == "actions" for e in block["elements"]]
    return [e["action_id"].removeprefix("move:") for e in elements if e.get("action_id", "").startswith("move:")]


def whispers(seen: dict[str, Any]) -> str:
    """Return the text of what only the person saw."""
    return " ".join(message.get("text", "") for message in seen.get("ephemeral", []))


def wait_for(is_so: Any, seconds: float = 30.0) -> None:
    """Return once it is so; fail after the seconds. For what crosses a socket."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.01)


@pytest.fixture
def clock() -> StillClock:
    """One clock for the workspace and the bot."""
    return StillClock()


@pytest.fixture
def slack(clock: StillClock) -> Iterator[LocalSlack]:
    """A fresh workspace on loopback."""
    with LocalSlack(manifest(), port=0, clock=lambda: clock().timestamp(), ack_s=20.0) as workspace:
        yield workspace


@pytest.fixture
def address(backend: str, request: pytest.FixtureRequest) -> str | None:
    """The address of a fresh database; none: SQLite in the world's folder."""
    if backend == "sqlite":
        return None
    return str(request.getfixturevalue("postgresql").create(request.getfixturevalue("empty_on_postgresql")))


@pytest.fixture
def world(slack: LocalSlack, clock: StillClock, address: str | None, tmp_path: Path) -> Iterator[World]:
    """A fresh workspace and bot."""
    made = World(slack, tmp_path, clock, address=address)
    yield made
    made.stop()


def night_in(folder: Path, address: str | None = None) -> None:
    """Find the break of window e in a fresh world, and deliver nothing of it."""
    with LocalSlack(manifest(), port=0) as slack:
        made = World(slack, folder, address=address)
        shutil.copyfile(demo.find_windows(demo.DATA, "e")[0], folder / "log" / "current.parquet")
        detection.request(made.bot.services, Wish(demo.MODEL, SYSTEM))
        checks = next(loop for loop in made.bot.loops.loops if loop.name == "checks")
        while checks.step():
            pass
        if address is None:
            with made.bot.services.database.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        made.stop()


@pytest.fixture(scope="session")
def night_of_e(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the break of window e was just found and nothing is delivered yet; analysed once a session."""
    folder = tmp_path_factory.mktemp("night")
    night_in(folder)
    return folder


def carry(source: Database, target: Database) -> None:
    """Put every row of one database into another, empty one, with the sequences behind them."""
    with source.engine.connect() as one, target.engine.begin() as other:
        for table in SQLModel.metadata.sorted_tables:
            rows = [dict(row._mapping) for row in one.execute(table.select())]
            if table.name == AuditHead.__tablename__:  # the migration made it
                other.execute(table.update().values(**rows[0]))
            elif rows:
                other.execute(table.insert(), rows)
            if rows and "id" in table.c and isinstance(table.c.id.type, Integer):
                newest = max(row["id"] for row in rows)
                sequence = func.pg_get_serial_sequence(table.name, "id")
                other.execute(func.setval(sequence, newest).select())


@pytest.fixture(scope="session")
def night_on_postgresql(night_of_e: Path, request: pytest.FixtureRequest) -> tuple[Path, str]:
    """The same night carried over into PostgreSQL: the folder, and the name of a database to make copies of."""
    address = request.getfixturevalue("postgresql").create(request.getfixturevalue("empty_on_postgresql"))
    file = next(night_of_e.glob("*.db"))
    source, target = Database(f"sqlite:///{file}"), Database(address)
    carry(source, target)
    source.dispose()
    target.dispose()
    return night_of_e, make_url(address).database or ""


def move_in(folder: Path, address: str | None = None, text: str = "") -> None:
    """Put a policy in force that names this folder: the one of the night names the folder it was copied from."""
    database = Database(address or f"sqlite:///{folder / 'ethixbot.db'}")
    with database.write() as session:
        policies.activate(session, text or demo.policy_text(folder, demo.DATA), "install", START)
    database.dispose()


@dataclass(frozen=True)
class Night:
    """A copy of that night, for one test: the bot's folder and the address of its database."""

    folder: Path
    address: str | None


@pytest.fixture
def night(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Night:
    """The break of window e was just found, and nothing is delivered yet."""
    address = None
    if backend == "sqlite":
        folder = request.getfixturevalue("night_of_e")
    else:
        folder, template = request.getfixturevalue("night_on_postgresql")
        address = request.getfixturevalue("postgresql").create(template)
    shutil.copytree(folder, tmp_path / "bot", dirs_exist_ok=True)
    move_in(tmp_path / "bot", address)
    return Night(tmp_path / "bot", address)


@pytest.fixture
def fairness(slack: LocalSlack, clock: StillClock, night: Night) -> Iterator[World]:
    """The world at the moment in which the fairness alert has just been posted."""
    made = World(slack, night.folder, clock, address=night.address)
    made.settle()
    yield made
    made.stop()


def pretty(value: Any) -> str:
    """Return JSON for a failure's message."""
    return json.dumps(value, indent=1, ensure_ascii=False)
