"""Click to acknowledgement, beside a bare Bolt app that only acknowledges; start to first answer."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import numpy as np
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from sqlmodel import Session

from bot import app
from bot.app import Bot
from bot.demo import demo
from bot.localslack import LocalSlack
from bot.services import utc_now
from bot.slack import app as slack_app
from bot.slack.manifest import manifest
from storage import incidents
from storage.tables import Incident, Model

CLICKS = 500


def click(slack: LocalSlack, ts: str, action: str) -> float:
    """Return the seconds from the press to what the person sees of it."""
    start = time.perf_counter()
    body = {"user": "oncall", "channel": "general", "ts": ts, "action_id": action, "wait_s": 0}
    answer = httpx.post(f"{slack.url.rstrip('/')}/_local/click", json=body, trust_env=False, timeout=10)
    assert answer.json()["ok"], answer.text
    return time.perf_counter() - start


def posted(slack: LocalSlack, action: str, value: str) -> str:
    """Return the ts of a message with one button."""
    button = {"type": "button", "action_id": action, "value": value, "text": {"type": "plain_text", "text": "Press"}}
    web = slack_app.client(slack.bot_token, slack.api_url)
    return str(
        web.chat_postMessage(channel="general", text="x", blocks=[{"type": "actions", "elements": [button]}])["ts"]
    )


def measure(slack: LocalSlack, prepare: Callable[[int], str]) -> np.ndarray:
    """Return milliseconds, one a click, the first few left out."""
    times = [click(slack, prepare(n), "move:acknowledge") for n in range(CLICKS + 5)]
    return np.array(times[5:]) * 1000


def bare() -> np.ndarray:
    """Return the times of a Bolt app that only acknowledges."""
    with LocalSlack(manifest(), port=0) as slack:
        web = slack_app.client(slack.bot_token, slack.api_url)
        bolt = App(client=web, token=slack.bot_token, token_verification_enabled=False)

        @bolt.action("move:acknowledge")
        def press(ack) -> None:  # type: ignore[no-untyped-def]
            ack()

        handler = SocketModeHandler(bolt, slack.app_token, web_client=web)
        handler.connect()
        ts = posted(slack, "move:acknowledge", "INC:detected")
        times = measure(slack, lambda _: ts)
        handler.close()
    return times


def ours() -> np.ndarray:
    """Return the times of the bot: role, state, timeline, outbox and audit written before each acknowledgement."""
    with LocalSlack(manifest(), port=0) as slack, tempfile.TemporaryDirectory() as folder:
        bot = app.build(demo.settings_for(Path(folder), demo.DATA, slack))
        bot.directory.step()
        token = bot.settings.slack_app_token
        assert token is not None
        handler = SocketModeHandler(bot.slack, token.get_secret_value(), web_client=bot.web)
        handler.connect()
        fill(bot)
        stamps = [posted(slack, "move:acknowledge", f"INC-{n}:detected") for n in range(CLICKS + 5)]
        times = measure(slack, lambda n: stamps[n])
        with bot.services.database.read() as session:
            assert incidents.get(session, f"INC-{CLICKS}").state == "acknowledged"  # type: ignore[union-attr]
        handler.close()
    return times


def fill(bot: Bot) -> None:
    """Open an incident for each click."""
    with bot.services.transaction() as session:
        session.add(Model(id=demo.MODEL, name="m", risk="high", registered_at=utc_now()))
        session.flush()
        _incidents(session)


def _incidents(session: Session) -> None:
    for n in range(CLICKS + 5):
        one = Incident(id=f"INC-{n}", model_id=demo.MODEL, family="fairness", severity="critical", state="detected",
                       channel="ethixai-incidents", opened_at=utc_now())  # fmt: skip
        session.add(one)


def start_up() -> float:
    """Return the seconds from starting the process to its first answered command."""
    with LocalSlack(manifest(), port=0) as slack, tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        process = subprocess.Popen([sys.executable, "-m", "bot", "run"], env=environment(slack, Path(folder)))
        body = {"user": "oncall", "channel": "general", "text": "/ethix help"}
        while True:
            answer = httpx.post(f"{slack.url.rstrip('/')}/_local/command", json=body, trust_env=False, timeout=10)
            if any("analyze" in str(message) for message in answer.json().get("ephemeral", [])):
                break
            time.sleep(0.02)
        took = time.perf_counter() - start
        process.terminate()
        process.wait(20)
    return took


def environment(slack: LocalSlack, folder: Path) -> dict[str, str]:
    """Return the variables that `ethixbot run` reads."""
    return os.environ | {
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
        "SLACK_API_URL": slack.api_url,
        "DATABASE_URL": f"sqlite:///{folder / 'bot.db'}",
        "ETHIXBOT_DATA": str(folder / "data"),
        "ETHIXBOT_PORT": "0",
    }


def run() -> None:
    """Print the figures."""
    base, our = bare(), ours()
    for name, times in (("bare Bolt", base), ("ours", our)):
        p50, p99 = np.quantile(times, [0.5, 0.99])
        print(f"   {name:10} click → acknowledged: p50 {p50:6.1f} ms   p99 {p99:6.1f} ms")
    ratios = [np.quantile(our, q) / np.quantile(base, q) for q in (0.5, 0.99)]
    print(f"   ratio      p50 {ratios[0]:.2f}   p99 {ratios[1]:.2f}   ({CLICKS} clicks each)")
    print(f"   start-up to the first answered command: {np.median([start_up() for _ in range(3)]):.2f} s (median of 3)")
