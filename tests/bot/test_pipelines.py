"""A retrain command is followed to its end: success, failure, time-out, memory, cancelled; it starts once."""

import json
import socket
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from analysis.response.serving import Retrain
from bot import supervise
from bot.integrations.pipelines.command import Command
from bot.integrations.pipelines.port import Running, State
from bot.settings import Settings
from storage.tables import RetrainRequest

NOW = datetime(2026, 3, 2, tzinfo=UTC)
HOST = socket.gethostname()


def run(folder: Path, *command: str, timeout: str = "20", memory: str = "0") -> int:
    return supervise.main([str(folder), timeout, memory, *command])


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


def test_a_command_may_have_so_much_memory(tmp_path):
    run(tmp_path, sys.executable, "-c", "x = bytearray(1 << 30)", memory="512")
    assert ended(tmp_path) == 1
    assert "MemoryError" in (tmp_path / "log.txt").read_text()


def test_a_cancelled_command_may_tidy_up_and_then_ends(tmp_path):
    (tmp_path / supervise.CANCEL).touch()
    tidy = "import signal, time; signal.signal(signal.SIGTERM, lambda *_: (print('tidied'), exit(0))); time.sleep(60)"
    start = time.monotonic()
    run(tmp_path, sys.executable, "-u", "-c", tidy)
    assert ended(tmp_path) == supervise.CANCELLED
    assert time.monotonic() - start < supervise.GRACE_S


def test_secrets_stay_out_of_the_pipelines_environment_and_what_it_is_told_is_there(tmp_path, monkeypatch):
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-secret")
    monkeypatch.setenv("ETHIXBOT_GITHUB_TOKEN", "secret")
    request = RetrainRequest(id="RTR-1", model_id="m")
    how = Retrain(command=(sys.executable, "-c", "import json, os; print(json.dumps(dict(os.environ)))"))
    told = {"request": "RTR-1", "notes": "leave it out; rm -rf /"}
    Command().start(Running(request, how, tmp_path, told, Settings(), NOW))
    end = time.monotonic() + 20
    while not (tmp_path / "ended.json").exists():
        assert time.monotonic() < end
        time.sleep(0.05)
    seen = json.loads((tmp_path / "log.txt").read_text())
    assert "SLACK_BOT_TOKEN" not in seen
    assert "ETHIXBOT_GITHUB_TOKEN" not in seen
    assert (seen["ETHIXBOT_REQUEST"], seen["ETHIXBOT_NOTES"]) == ("RTR-1", "leave it out; rm -rf /")
    assert seen["ETHIXBOT_OUTPUT"] == str(tmp_path)


def test_how_it_goes_is_read_from_what_the_command_leaves(tmp_path):
    request = RetrainRequest(id="RTR-1", model_id="m", remote={"host": HOST})
    run_of = Running(request, Retrain(command=("x",)), tmp_path, {}, Settings(), NOW)
    (tmp_path / "progress.json").write_text('{"stage": "fit", "share": 0.5}')
    (tmp_path / "log.txt").write_text("one\ntwo\n")
    assert Command().look(run_of).progress == {"stage": "fit", "share": 0.5, "line": "two"}
    (tmp_path / "started.json").write_text('{"pid": 999999999}')
    assert Command().look(run_of).why == "its process is gone, and left no exit code"
    (tmp_path / "ended.json").write_text('{"exit_code": 0}')
    (tmp_path / "result.json").write_text("[no object]")
    seen = Command().look(run_of)
    assert (seen.state, seen.result) == (State.PASSED, {})
