"""`ethixbot demo` as a person starts it: an address within seconds, an alert, a clean end; mistakes are one line."""

import re
import shutil
import signal
import socket
import subprocess
import sys
import time

import httpx
import pytest

from bot.demo import demo


def start(*arguments: str, **more) -> subprocess.Popen[str]:
    command = [sys.executable, "-u", "-m", "bot", "demo", "--no-browser", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)


def refused(*arguments: str) -> str:
    process = start(*arguments)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 2, error
    assert len(error.strip().splitlines()) == 1, error
    return error


def test_window_e_raises_a_critical_alert_and_stays_up_until_ctrl_c():
    process = start("--port", "0", "--window", "e")
    began = time.monotonic()
    assert process.stdout is not None
    address = ""
    for line in process.stdout:
        found = re.search(r"http://\S+", line)
        if found and not address:
            address = found[0]
        if "your turn" in line:
            break
    assert address
    alerted = time.monotonic() - began
    assert alerted < 60
    end = time.monotonic() + 60
    messages = []
    while not messages and time.monotonic() < end:
        messages = httpx.get(f"{address.rstrip('/')}/_local/messages", params={"channel": "ethixai-incidents"},
                             trust_env=False).json()["messages"]  # fmt: skip
        time.sleep(0.05)
    assert "Critical" in str(messages)
    page = httpx.get(address, trust_env=False)
    assert page.status_code == 200
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Traceback" not in error


def test_a_port_in_use_is_one_line():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert "in use" in refused("--port", str(taken.getsockname()[1]))


def test_a_window_that_is_not_there_is_one_line():
    assert "no window “z”" in refused("--window", "z")


def test_a_damaged_file_is_one_line_that_names_it(tmp_path):
    folder = tmp_path / "data"
    shutil.copytree(demo.DATA, folder)
    broken = folder / "current_e_biased_retrain.parquet"
    broken.write_bytes(broken.read_bytes()[:-100])
    assert "current_e_biased_retrain.parquet" in refused("--data", str(folder))


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path):
    process = start("--port", "0", env={"PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path / "nowhere")}, cwd=tmp_path)
    _, error = process.communicate(timeout=60)
    if process.returncode == 2:
        assert len(error.strip().splitlines()) == 1
    else:
        pytest.fail(error)
