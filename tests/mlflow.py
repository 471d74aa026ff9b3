"""A real MLflow server for tests, in a virtual environment of its own that `.ci/mlflow` makes."""

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

HOME = Path(__file__).resolve().parents[1] / ".mlflow"
CLIENT = httpx.Client(timeout=30, trust_env=False)
PATIENCE_S = 180  # beside other tests on a small machine
RUNNING: list["subprocess.Popen[bytes]"] = []  # it may outlive the worker that started it


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

    def log(self, model: str, **files: bytes) -> str:
        """Return the number of a new version, logged as a run of training logs it: its files lie inside MLflow."""
        experiment = CLIENT.get(f"{self.url}/api/2.0/mlflow/experiments/get", params={"experiment_id": "0"}).json()
        asked = {"experiment_id": experiment["experiment"]["experiment_id"], "start_time": 0}
        run = self.call("POST", "runs/create", **asked)["run"]["info"]
        for name, content in files.items():
            self.put(f"{run['artifact_uri']}/model/{name}", content)
        sent = {"name": model, "source": f"{run['artifact_uri']}/model", "run_id": run["run_id"]}
        return str(self.call("POST", "model-versions/create", **sent)["model_version"]["version"])

    def put(self, place: str, content: bytes | None) -> None:
        """Write a file inside MLflow, over what is there; none: take it away."""
        path = quote(place.removeprefix("mlflow-artifacts:/"))
        method = "PUT" if content is not None else "DELETE"
        answer = CLIENT.request(method, f"{self.url}/api/2.0/mlflow-artifacts/artifacts/{path}", content=content)
        assert answer.status_code == 200, answer.text

    def source(self, model: str, version: str) -> str:
        """Return where the version's files lie."""
        asked = {"name": model, "version": version}
        answer = CLIENT.get(f"{self.url}/api/2.0/mlflow/model-versions/get", params=asked)
        return str(answer.json()["model_version"]["source"])

    def tags(self, model: str, version: str) -> dict[str, str]:
        """Return the version's tags."""
        asked = {"name": model, "version": version}
        answer = CLIENT.get(f"{self.url}/api/2.0/mlflow/model-versions/get", params=asked)
        return {one["key"]: one["value"] for one in answer.json()["model_version"].get("tags", [])}


class Gateway:
    """Stands before the server: lets in who has the password, and can be away for a while."""

    def __init__(self, server: Server, user: str, password: str) -> None:
        self.login = "Basic " + b64encode(f"{user}:{password}".encode()).decode()
        self.server, self.port, self.refused = server, 0, 0
        self.cut: str | None = None  # what stands in a call whose answer is lost; from then on it is away
        self.back()

    @property
    def url(self) -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self.port}"

    def away(self) -> None:
        """Take no connections any more."""
        self.http.shutdown()
        self.http.socket.close()

    def back(self) -> None:
        """Listen again, at the same address."""
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.headers.get("Authorization") != gateway.login:
                    gateway.refused += 1
                    self.send_error(401)
                    return
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                sent = {"Content-Type": self.headers.get("Content-Type", "application/json")}
                answer = CLIENT.request(self.command, gateway.server.url + self.path, content=body, headers=sent)
                if gateway.cut and gateway.cut.encode() in body:
                    gateway.cut = None
                    gateway.away()
                    return
                self.send_response(answer.status_code)
                self.send_header("Content-Length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

            do_POST = do_DELETE = do_GET  # noqa: N815  (names of its base)

            def log_message(self, *args: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self.http.server_port
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()


@pytest.fixture
def mlflow_gateway(mlflow_server: Server) -> Iterator[Gateway]:
    """A way to the server for one test, with a password."""
    made = Gateway(mlflow_server, "ethixbot", "open sesame")
    yield made
    made.away()


@pytest.fixture(scope="session")
def mlflow_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server of the run; a skip that says what is missing. The first worker starts it, the last one ends it."""
    if not (HOME / ".installed").exists():
        pytest.skip("MLflow is not installed (.ci/mlflow installs it)")
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "mlflow"
    folder.mkdir(exist_ok=True)
    with _alone(folder) as known:
        if not known.get("users"):
            known |= {"users": 0, **_started(folder)}
        known["users"] += 1
    yield Server(known["url"])
    with _alone(folder) as known:
        known["users"] -= 1
        if not known["users"]:
            os.killpg(known["pid"], signal.SIGKILL)


@contextmanager
def _alone(folder: Path) -> Iterator[dict[str, Any]]:
    """Give what the workers know of the server, to be changed by one at a time."""
    with (folder / "known.json").open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        known: dict[str, Any] = json.loads(file.read() or "{}")
        yield known
        file.truncate(0)
        file.write(json.dumps(known))


def _started(folder: Path) -> dict[str, Any]:
    """Return where it listens, and its process group."""
    shutil.copyfile(HOME / "empty.db", folder / "mlflow.db")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        str(HOME / "bin" / "mlflow"), "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
        "--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}",
        "--artifacts-destination", str(folder / "artifacts"),
    ]  # fmt: skip
    environment = os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
    RUNNING.append(process)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url, process, folder / "log.txt")
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    return {"url": url, "pid": process.pid}


def _wait(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()
        try:
            if CLIENT.get(f"{url}/health").status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise AssertionError(f"MLflow did not start within {PATIENCE_S} s: {log.read_text()}")
