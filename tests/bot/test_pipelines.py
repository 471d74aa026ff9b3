"""A retrain command is followed to its end: success, failure, time-out, a restart in between; it starts once."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot import supervise


def run(folder: Path, *command: str, timeout: str = "20") -> int:
    return supervise.main([str(folder), timeout, *command])


def ended(folder: Path) -> int:
    return json.loads((folder / "ended.json").read_text())["exit_code"]


def test_the_exit_code_and_the_log_are_kept(tmp_path):
    assert run(tmp_path, sys.executable, "-c", "print('trained'); raise SystemExit(3)") == 0
    assert ended(tmp_path) == 3
    assert "trained" in (tmp_path / "log.txt").read_text()


def test_a_command_that_is_not_there_ends_with_127(tmp_path):
    run(tmp_path, "no-such-command-anywhere")
    assert ended(tmp_path) == supervise.NOT_STARTED


def test_a_second_supervisor_of_the_same_request_does_nothing(tmp_path):
    run(tmp_path, sys.executable, "-c", "print('once')")
    assert run(tmp_path, sys.executable, "-c", "print('twice')") == 2
    assert "twice" not in (tmp_path / "log.txt").read_text()


def test_what_takes_too_long_is_ended_with_all_its_children(tmp_path):
    nap = "import time; time.sleep(60)"
    child = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', '{nap}']); {nap}"
    start = time.monotonic()
    run(tmp_path, sys.executable, "-c", child, timeout="0.5")
    assert ended(tmp_path) == supervise.TIMED_OUT
    assert time.monotonic() - start < 20


@pytest.mark.parametrize(("code", "verb"), [("0", "retrain_finished"), ("5", "retrain_failed")])
def test_the_thread_follows_the_pipeline(fairness, code, verb):
    policy = fairness.bot.services.policy
    watched = policy.models[0]
    command = (sys.executable, "-c", f"raise SystemExit({code})")
    pipeline = watched.retrain.model_copy(update={"command": command})
    model = watched.model_copy(update={"retrain": pipeline})
    fairness.bot.services.policy = policy.model_copy(update={"models": (model,)})
    fairness.press("retrain", by="ml_engineer")
    fairness.fill("ml_engineer", reason="biased labels")
    for _ in range(200):
        fairness.clock.forward(seconds=2)
        fairness.settle()
        if verb in {action for _, action, _ in fairness.audit()}:
            break
        time.sleep(0.05)  # the pipeline is a real process
    rows = [action for _, action, _ in fairness.audit()]
    assert rows.count("retrain_started") == 1
    assert rows.count(verb) == 1
    assert fairness.incident().state == "remediating"


def test_secrets_stay_out_of_the_pipelines_environment(tmp_path, monkeypatch):
    from bot.pipelines import Pipelines
    from storage.tables import RetrainRequest

    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-secret")
    seen = {}
    monkeypatch.setattr(subprocess, "run", lambda *args, **more: seen.update(more))
    from analysis.response.serving import Retrain

    request = RetrainRequest(id="RTR-1", model_id="m")
    Pipelines(None)._spawn(request, Retrain(command=("true",)), tmp_path)
    assert "SLACK_BOT_TOKEN" not in seen["env"]
    assert seen["env"]["ETHIXBOT_REQUEST"] == "RTR-1"
