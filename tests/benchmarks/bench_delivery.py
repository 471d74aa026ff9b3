"""Two thousand alerts drained through the local workspace; and how soon a critical one stands while a thousand wait."""

import dataclasses
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from sqlmodel import col, select

from analysis.detection.alerts import Alert
from analysis.detection.report import Report
from analysis.vocabulary import Severity
from bot import app
from bot.app import Bot
from bot.demo import demo
from bot.operations import detection, opening
from bot.operations.detection import Wish
from bot.services import SYSTEM
from bot.settings import Settings
from bot.slack.manifest import manifest
from storage import outbox
from storage.tables import Incident, Model, Owed, Run

ALERTS, MEDIUM, CRITICAL = 2_000, 1_000, 30
EVERY_S = 0.2


@contextmanager
def workspace(folder: Path) -> Iterator[dict[str, str]]:
    """Give what a bot needs to connect to a workspace in a process of its own, its rate limit lifted."""
    told = folder / "manifest.json"
    told.write_text(json.dumps(manifest()))
    command = [sys.executable, "-m", "bot.localslack", "--port", "0", "--manifest", str(told)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(6)]
        yield dict(line.strip().split("=", 1) for line in lines if "=" in line)
        process.terminate()


def built(folder: Path, known: dict[str, str]) -> Bot:
    """Return a bot whose posts are not paced, and for which nothing is a storm."""
    (folder / "log").mkdir()
    policy = folder / "policy.yaml"
    policy.write_text(demo.policy_text(folder, demo.DATA).replace("more_than: 10,", "more_than: 100000,"))
    told: dict[str, Any] = {name.lower(): value for name, value in known.items()}
    told |= {"database_url": f"sqlite:///{folder / 'bot.db'}", "policy": policy, "data": folder / "data"}
    return app.build(Settings(**told, port=0, post_interval=0))


def found(bot: Bot, folder: Path) -> Alert:
    """Return what the check of window e raises."""
    bot.prepare()
    shutil.copyfile(demo.find_windows(demo.DATA, "e")[0], folder / "log" / "current.parquet")
    detection.request(bot.services, Wish(demo.MODEL, SYSTEM))
    bot.loops.drain()
    with bot.services.database.read() as session:
        run = session.exec(select(Run).where(Run.purpose == "check")).one()
    return Report.from_json(run.report).alerts[0]


def opened(bot: Bot, alert: Alert, number: int, severity: Severity) -> str | None:
    """Return the id of one more incident, opened as the check of a model of its own would."""
    services, now = bot.services, bot.services.clock()
    with services.transaction() as session:
        session.add(Model(id=f"m{number}", name=f"Model {number}", risk="high", registered_at=now))
        session.flush()
        run = Run(model_id=f"m{number}", requested_by=SYSTEM, requested_at=now, next_at=now, status="finished")
        session.add(run)
        session.flush()
        one = dataclasses.replace(alert, severity=severity)
        return opening.record(opening.Result(services, session, run, now), [one])[0][0].incident_id


def drained(bot: Bot, kinds: tuple[str, ...], limit_s: float = 900) -> tuple[float, float]:
    """Return the seconds and the seconds of CPU until nothing of these kinds is owed."""
    start, cpu = time.perf_counter(), time.process_time()
    while time.perf_counter() - start < limit_s:
        with bot.services.database.read() as session:
            waiting = select(Owed.id).where(col(Owed.kind).in_(kinds), col(Owed.status).in_(outbox.WAITING))
            if session.exec(waiting.limit(1)).first() is None:
                break
        time.sleep(0.5)
    return time.perf_counter() - start, time.process_time() - cpu


def drain() -> None:
    """Print how fast two thousand alerts with their threads go out."""
    with tempfile.TemporaryDirectory() as name, workspace(Path(name)) as known:
        bot = built(Path(name), known)
        alert = found(bot, Path(name))
        for number in range(ALERTS):
            opened(bot, alert, number, Severity.HIGH)
        with bot.services.database.read() as session:
            rows = len(outbox.listed(session, outbox.WAITING))
            charts = sum(row.kind == "chart" for row in outbox.listed(session, outbox.WAITING))
        bot.loops.start()
        took, cpu = drained(bot, ("incident", "link", "reply"))
        sent = rows - charts
        print(f"   {ALERTS} alerts with links and first lines of their threads, {sent} messages in {took:.1f} s:")
        print(f"   {sent / took:.0f} messages/s, {1000 * cpu / sent:.1f} ms CPU a message (charts drawn meanwhile)")
        bot.stop()


def race() -> None:
    """Print how soon critical alerts stand in Slack while a thousand others wait."""
    with tempfile.TemporaryDirectory() as name, workspace(Path(name)) as known:
        bot = built(Path(name), known)
        alert = found(bot, Path(name))
        for number in range(MEDIUM):
            opened(bot, alert, number, Severity.MEDIUM)
        bot.loops.start()
        for number in range(CRITICAL):
            opened(bot, alert, MEDIUM + number, Severity.CRITICAL)
            time.sleep(EVERY_S)
        drained(bot, ("incident",))
        for severity in (Severity.CRITICAL, Severity.MEDIUM):
            p50, p99 = np.quantile(seconds(bot, severity), [0.5, 0.99])
            print(f"   {severity:8} detected → in Slack, among {MEDIUM} medium: p50 {p50:6.2f} s   p99 {p99:6.2f} s")
        bot.stop()


def seconds(bot: Bot, severity: Severity) -> list[float]:
    """Return how long the alerts of that severity took."""
    with bot.services.database.read() as session:
        query = select(Owed, Incident).where(Owed.kind == "incident", Owed.subject == Incident.id)
        return [
            (row.sent_at - row.created_at).total_seconds()
            for row, incident in session.exec(query)
            if row.sent_at is not None and incident.severity == severity
        ]


def run() -> None:
    """Print the figures."""
    drain()
    race()
