"""Five hundred open incidents and ten thousand clocks: what a tick costs, and App Home."""

import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from sqlmodel import Session, func, select

from analysis.detection.alerts import Alert
from analysis.detection.report import Report
from analysis.vocabulary import Role, Severity
from bot import app, rotas, schedule
from bot.app import Bot
from bot.demo import demo
from bot.localslack import LocalSlack
from bot.localslack.people import PEOPLE
from bot.operations import detection, incidents
from bot.operations.detection import Wish
from bot.operations.doing import Request
from bot.services import SYSTEM, utc_now
from bot.slack.manifest import manifest
from storage import desk, overview, people
from storage.tables import Clock, Incident, Person, Run, Timer
from templates.slack import home
from tests.benchmarks.bench_delivery import opened

INCIDENTS, CLOCKS, TIMES = 500, 10_000, 40
ONCALL = PEOPLE["oncall"].id


class Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = utc_now()

    def __call__(self) -> datetime:
        """Return the time, a little later at each look."""
        self.now += timedelta(microseconds=1)
        return self.now


def made(folder: Path, slack: LocalSlack, clock: Hand) -> Bot:
    """Return a bot whose database has the incidents; nothing is sent."""
    bot = app.build(demo.settings_for(folder, demo.DATA, slack), clock)
    bot.prepare()
    shutil.copyfile(demo.find_windows(demo.DATA, "e")[0], folder / "log" / "current.parquet")
    detection.request(bot.services, Wish(demo.MODEL, SYSTEM))
    checks = next(loop for loop in bot.loops.loops if loop.name == "checks")
    while checks.step():
        pass
    with bot.services.database.write() as session:
        for one in PEOPLE.values():
            mail = f"{one.handle}@ethixai.local"
            people.remember(
                session, Person(id=one.id, handle=one.handle, name=one.name, email=mail, checked_at=clock())
            )
        run = session.exec(select(Run).where(Run.purpose == "check")).one()
        alert = Report.from_json(run.report).alerts[0]
    for number in range(INCIDENTS - 1):
        add(bot, number, alert)
    return bot


def add(bot: Bot, number: int, alert: Alert) -> None:
    """Open one more incident as the check of a model of its own would, and have two of three acknowledged."""
    severity = (Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL)[number % 3]
    incident = opened(bot, alert, number, severity)
    if number % 3 and incident:
        incidents.move(bot.services, Request("acknowledge", incident, SYSTEM))


def fill(session: Session) -> None:
    """Add clocks that were met, until there are ten thousand: what years leave behind."""
    there = session.exec(select(func.count()).select_from(Clock)).one()
    ids = session.exec(select(Incident.id)).all()
    at = utc_now() - timedelta(days=30)
    for number in range(CLOCKS - there):
        session.add(
            Clock(
                incident_id=ids[number % len(ids)], kind="update", number=1000 + number, started_at=at,
                due_at=at + timedelta(hours=1), met_at=at + timedelta(minutes=50), met_by=ONCALL,
            )
        )  # fmt: skip


def timed(what: Callable[[], object], times: int = TIMES) -> np.ndarray:
    """Return milliseconds, one a call."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        what()
        found.append(1000 * (time.perf_counter() - start))
    return np.array(found)


def say(what: str, found: np.ndarray) -> None:
    """Print median and worst of a hundred."""
    print(f"   {what:58} p50 {np.median(found):7.1f} ms   p99 {np.quantile(found, 0.99):7.1f} ms")


def desk_of(bot: Bot, user: str) -> dict[str, object]:
    """Return App Home as a person sees it."""
    services, now = bot.services, bot.services.clock()
    with services.database.read() as session:
        seen = overview.load(session, now, now - timedelta(days=7))
        owner = home.Owner(
            "Sam", frozenset({Role.ON_CALL}), desk.load(session, user), rotas.all_seen(session, services.policy, now)
        )
    return home.view(seen, owner, now)


def run() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as name:
        clock = Hand()
        with LocalSlack(manifest(), port=0) as slack:
            start = time.perf_counter()
            bot = made(Path(name), slack, clock)
            with bot.services.database.write() as session:
                fill(session)
            with bot.services.database.read() as session:
                timers = session.exec(select(func.count()).select_from(Timer).where(Timer.status == "pending")).one()
                clocks = session.exec(select(func.count()).select_from(Clock)).one()
            took = time.perf_counter() - start
            print(f"   {INCIDENTS} incidents, {clocks} clocks, {timers} timers that wait; made in {took:.0f} s")
            say("a tick in which nothing is due", timed(lambda: schedule.fire(bot.services)))
            clock.now += timedelta(hours=1, minutes=1)
            fired = timed(lambda: schedule.fire(bot.services), 300)
            say("a tick in which a warning, a breach or a call is due", fired)
            say("App Home: loaded and drawn", timed(lambda: desk_of(bot, ONCALL)))
            bot.services.database.dispose()
