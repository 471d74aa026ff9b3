"""The gate: a look at what is known, calls at 200 a second, and from a press in Slack to a changed decision."""

import http.client
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx
import numpy as np
from slack_bolt.adapter.socket_mode import SocketModeHandler
from sqlmodel import select

from analysis.vocabulary import Severity
from bot import app
from bot.app import Bot
from bot.demo import demo
from bot.gate import Gate
from bot.localslack import LocalSlack
from bot.services import utc_now
from bot.slack.manifest import manifest
from storage.tables import Incident, Model
from tests.benchmarks.bench_clicks import environment, posted

LOOKS, RATE, SECONDS, HANDS, PRESSES = 200_000, 200, 20, 8, 40


def free_port() -> int:
    """Return a port that nobody has now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def looked(gate: Gate) -> float:
    """Return microseconds of one check of what is known, the best of five rounds."""
    rounds = []
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(LOOKS // 5):
            gate.check(score=0.7)
        rounds.append((time.perf_counter() - start) / (LOOKS // 5) * 1e6)
    return min(rounds)


def called(port: int, path: str) -> np.ndarray:
    """Return milliseconds of each call: 200 a second for twenty seconds over eight kept connections, none waiting."""
    times: list[float] = []
    start = time.perf_counter() + 0.2

    def hand(number: int) -> None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        for turn in range(number, RATE * SECONDS, HANDS):
            due = start + turn / RATE
            time.sleep(max(0.0, due - time.perf_counter()))
            asked = max(due, time.perf_counter() - 1)  # a late start counts as time waited
            line.request("GET", path)
            answer = line.getresponse()
            answer.read()
            assert answer.status == 200, answer.status
            times.append((time.perf_counter() - asked) * 1000)

    hands = [threading.Thread(target=hand, args=(number,)) for number in range(HANDS)]
    for one in hands:
        one.start()
    for one in hands:
        one.join()
    return np.array(times)


def pressed() -> np.ndarray:
    """Return milliseconds from the press of Freeze's button in its modal to a check that decides otherwise."""
    with LocalSlack(manifest(), port=0) as slack, tempfile.TemporaryDirectory() as folder:
        port = free_port()
        settings = demo.settings_for(Path(folder), demo.DATA, slack).model_copy(update={"port": port})
        bot = app.build(settings)
        bot.directory.step()
        incident = opened(bot)
        token = settings.slack_app_token
        assert token is not None
        handler = SocketModeHandler(bot.slack, token.get_secret_value(), web_client=bot.web)
        handler.connect()
        bot._serve()
        gate = Gate(f"http://127.0.0.1:{port}", demo.MODEL)
        ts = posted(slack, "move:freeze", f"{incident}:detected")
        times = [freeze(slack, gate, (ts, bot, incident), 3 + number % 2) for number in range(PRESSES)]
        gate.close()
        handler.close()
        bot.stop()
    return np.array(times[2:])


def opened(bot: Bot) -> str:
    """Return the id of an incident whose model may be frozen."""
    with bot.services.transaction() as session:
        session.add(Model(id=demo.MODEL, name="m", risk="high", registered_at=utc_now()))
        session.flush()
        one = Incident(id="INC-2026-11-001", model_id=demo.MODEL, family="fairness", severity=Severity.MEDIUM,
                       state="detected", channel="ethixai-incidents", opened_at=utc_now())  # fmt: skip
        session.add(one)
    return one.id


def freeze(slack: LocalSlack, gate: Gate, what: tuple[str, Bot, str], level: int) -> float:
    """Return milliseconds until the gate says the level; medium, so that one person may do it."""
    ts, bot, incident = what
    with bot.services.database.read() as session:
        state = session.exec(select(Incident.state).where(Incident.id == incident)).one()
    ts = ts if state == "detected" else posted(slack, "move:freeze", f"{incident}:{state}")
    where = f"{slack.url.rstrip('/')}/_local"
    body = {"user": "oncall", "channel": "general", "ts": ts, "action_id": "move:freeze"}
    view = httpx.post(f"{where}/click", json=body, trust_env=False, timeout=10).json()["view"]
    values = {"level": str(level), "reason": "measured"}
    start = time.perf_counter()
    form = {"user": "oncall", "view_id": view["id"], "values": values, "wait_s": 0}
    sent = threading.Thread(target=httpx.post, args=(f"{where}/submit",), kwargs={"json": form, "trust_env": False})
    sent.start()
    while gate.check().level != level:
        assert time.perf_counter() - start < 10
        time.sleep(0.0005)
    took = (time.perf_counter() - start) * 1000
    sent.join()
    return took


def run() -> None:
    """Print the figures."""
    with LocalSlack(manifest(), port=0) as slack, tempfile.TemporaryDirectory() as name:
        port, folder = free_port(), Path(name)
        demo.settings_for(folder, demo.DATA, slack)
        more = {"ETHIXBOT_PORT": str(port), "ETHIXBOT_POLICY": str(folder / demo.POLICY)}
        process = subprocess.Popen([sys.executable, "-m", "bot", "run"], env=environment(slack, folder) | more)
        gate = Gate(f"http://127.0.0.1:{port}", demo.MODEL, first_s=60)
        print(f"   a check of what is known: {looked(gate):.2f} µs (goal 5)")
        model, well = (called(port, path) for path in (f"/v1/gate/{demo.MODEL}", "/healthz"))
        gate.close()
        process.terminate()
        process.wait(20)
    for said, times in (("GET /v1/gate", model), ("GET /healthz", well)):
        p50, p99 = np.quantile(times, [0.5, 0.99])
        print(f"   {said:13} at {RATE}/s: p50 {p50:5.1f} ms   p99 {p99:5.1f} ms   ({len(times)} calls)")
    p50, p99 = np.quantile(pressed(), [0.5, 0.99])
    print(f"   from the press to a changed decision: p50 {p50:.0f} ms   p99 {p99:.0f} ms   ({PRESSES} freezes)")
