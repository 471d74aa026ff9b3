"""A real MLflow server for tests, in a virtual environment of its own that `.ci/mlflow` makes."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

HOME = Path(__file__).resolve().parents[1] / ".mlflow"
CLIENT = httpx.Client(timeout=30, trust_env=False)
PATIENCE_S = 180  # beside other tests on a small machine


@dataclass
class Server:
    """The server, as a team that uses it without us sees it."""

    url: str

    def call(self, method: str, path: str, **sent: Any) -> dict[str, Any]:
        """Return its answer."""
        answer = CLIENT.request(method, f"{self.url}/api/2.0/mlflow/{path}", json=sent)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def add(self, model: str, **tags: str) -> str:
        """Return the number of a new version."""
        sent = {
            "name": model,
            "source": f"dbfs:/models/{model}",
            "tags": [{"key": k, "value": v} for k, v in tags.items()],
        }
        return str(self.call("POST", "model-versions/create", **sent)["model_version"]["version"])

    def tags(self, model: str, version: str) -> dict[str, str]:
        """Return the version's tags."""
        asked = {"name": model, "version": version}
        answer = CLIENT.get(f"{self.url}/api/2.0/mlflow/model-versions/get", params=asked)
        return {one["key"]: one["value"] for one in answer.json()["model_version"].get("tags", [])}


@pytest.fixture(scope="session")
def mlflow_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The session's server; a skip that says what is missing."""
    if not (HOME / ".installed").exists():
        pytest.skip("MLflow is not installed (.ci/mlflow installs it)")
    folder = tmp_path_factory.mktemp("mlflow")
    shutil.copyfile(HOME / "empty.db", folder / "mlflow.db")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        str(HOME / "bin" / "mlflow"), "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
        "--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}", "--no-serve-artifacts",
        "--default-artifact-root", str(folder),
    ]  # fmt: skip
    environment = os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        server = Server(f"http://127.0.0.1:{port}")
        _wait(server, process, folder / "log.txt")
        yield server
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait(server: Server, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()
        try:
            if CLIENT.get(f"{server.url}/health").status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise AssertionError(f"MLflow did not start within {PATIENCE_S} s: {log.read_text()}")
