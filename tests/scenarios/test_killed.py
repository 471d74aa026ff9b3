"""The bot, a real process, is killed again and again while it delivers: no message lost, none doubled."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time

import httpx
import pytest

from bot.demo import demo
from bot.localslack import LocalSlack
from bot.slack.manifest import manifest
from storage import audit
from storage.database import Database
from storage.tables import Owed
from tests.world import move_in

KILLS = 3
SEED = 20261123
POSTS = (
    "incident",
    "reply",
    "checklist",
    "chart",
    "link",
    "notice",
    "due_review",
    "digest",
)  # a digest is due if the clock says so


STARTED: list[subprocess.Popen[bytes]] = []


@pytest.fixture
def slack():
    with LocalSlack(manifest(), port=0) as workspace:  # real processes, real time
        yield workspace


@pytest.fixture
def folder(slack, night_of_e, tmp_path):
    shutil.copytree(night_of_e, tmp_path / "bot", dirs_exist_ok=True)
    demo.settings_for(tmp_path / "bot", demo.DATA, slack)
    move_in(tmp_path / "bot")
    return tmp_path / "bot"


def start(slack, folder) -> subprocess.Popen[bytes]:
    environment = os.environ | {
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
        "SLACK_API_URL": slack.api_url,
        "DATABASE_URL": f"sqlite:///{folder / 'ethixbot.db'}",
        "ETHIXBOT_POLICY": str(folder / "policy.yaml"),
        "ETHIXBOT_DATA": str(folder / "data"),
        "ETHIXBOT_PORT": "0",
        "ETHIXBOT_POST_INTERVAL": "0",
        "ETHIXBOT_LOOK_AFTER": "0.2",
    }
    process = subprocess.Popen([sys.executable, "-m", "bot", "run"], env=environment)
    STARTED.append(process)
    return process


@pytest.fixture(autouse=True)
def none_is_left():
    yield
    for process in STARTED:
        process.kill()
        process.wait()
    STARTED.clear()


def rows(folder) -> list[Owed]:
    from sqlmodel import select

    database = Database(f"sqlite:///{folder / 'ethixbot.db'}", read_only=True)
    try:
        with database.read() as session:
            return list(session.exec(select(Owed)))
    finally:
        database.dispose()


def keys_in(slack) -> list[str]:
    found = []
    for channel in ("ethixai-incidents", "ml-monitoring", "engineering"):
        address = f"{slack.url.rstrip('/')}/_local/messages"
        messages = httpx.get(address, params={"channel": channel}, trust_env=False).json()["messages"]
        for message in [*messages, *(reply for m in messages for reply in m.get("replies", []))]:
            if message.get("metadata"):
                found.append(message["metadata"]["event_payload"]["key"])
    return found


def test_killed_at_any_moment_nothing_is_lost_and_nothing_doubled(slack, folder):
    chance = random.Random(SEED)
    print(f"seed {SEED}")
    slack_is_slow = {"method": "chat.postMessage", "delay_s": 0.15, "times": 1000}
    httpx.post(f"{slack.url.rstrip('/')}/_local/fault", json=slack_is_slow, trust_env=False).raise_for_status()
    for _ in range(KILLS):
        process = start(slack, folder)
        first = len(keys_in(slack))
        end = time.monotonic() + 60
        while len(keys_in(slack)) == first and time.monotonic() < end and any(r.status != "sent" for r in rows(folder)):
            time.sleep(0.02)
        time.sleep(chance.uniform(0, 0.4))
        process.send_signal(signal.SIGKILL)
        process.wait()
    process = start(slack, folder)
    end = time.monotonic() + 60
    while any(row.status != "sent" for row in rows(folder)) and time.monotonic() < end:
        time.sleep(0.1)
    process.kill()
    process.wait()
    owed = [row.key for row in rows(folder) if row.kind in POSTS]
    assert owed
    assert sorted(keys_in(slack)) == sorted(owed)
    database = Database(f"sqlite:///{folder / 'ethixbot.db'}", read_only=True)
    with database.read() as session:
        assert audit.verify(session)[1] == []
    database.dispose()


def test_a_second_process_on_the_same_file_is_refused_with_one_line(slack, folder):
    first = start(slack, folder)
    lock = folder / "ethixbot.db.lock"
    end = time.monotonic() + 60
    while not (lock.exists() and lock.read_text()) and time.monotonic() < end:
        time.sleep(0.02)
    environment = os.environ | {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1",
                                "DATABASE_URL": f"sqlite:///{folder / 'ethixbot.db'}"}  # fmt: skip
    second = subprocess.run(
        [sys.executable, "-m", "bot", "run"], env=environment, capture_output=True, check=False, text=True, timeout=90
    )
    first.kill()  # in peace it would end the check that it found due
    first.wait()
    assert second.returncode == 2
    assert "another bot already runs" in second.stderr
    assert len(second.stderr.strip().splitlines()) == 1


def test_a_healthy_stop_is_quick(slack, folder):
    process = start(slack, folder)
    end = time.monotonic() + 60
    while not keys_in(slack) and time.monotonic() < end:
        time.sleep(0.05)
    began = time.monotonic()
    process.terminate()
    assert process.wait(60) == 0
    assert time.monotonic() - began < 15


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"SLACK_BOT_TOKEN": "xoxb-wrong"}, "invalid_auth"),
        ({"SLACK_APP_TOKEN": "xapp-wrong"}, "SLACK_APP_TOKEN"),
        ({"SLACK_API_URL": "http://127.0.0.1:9/api/"}, "cannot be reached"),
        ({"ETHIXBOT_POLICY": "nowhere.yaml"}, "nowhere.yaml"),
    ],
    ids=["bot token", "app token", "address", "policy"],
)
def test_what_slack_or_the_policy_refuses_is_one_line(slack, tmp_path, change, says):
    told = {"SLACK_BOT_TOKEN": slack.bot_token, "SLACK_APP_TOKEN": slack.app_token, "ETHIXBOT_PORT": "0",
            "SLACK_API_URL": slack.api_url, "ETHIXBOT_DATA": str(tmp_path),
            "DATABASE_URL": f"sqlite:///{tmp_path / 'x.db'}"}  # fmt: skip
    command = [sys.executable, "-m", "bot", "run"]
    done = subprocess.run(
        command, env=os.environ | told | change, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr
