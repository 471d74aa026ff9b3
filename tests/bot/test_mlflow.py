"""What MLflow answers decides what becomes of a call; the token goes along and is shown nowhere."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pydantic import SecretStr

from analysis.errors import BadInput
from bot import connected, settings
from bot.app import DEFAULT_POLICY
from bot.checksums import Unreadable
from bot.integrations.errors import Limited, NotThere, Permanent, TryLater, Uncertain
from bot.integrations.registry.mlflow import MLflow
from storage import outbox
from tests.scenarios.test_freezing import MODEL, freeze

pytestmark = pytest.mark.databases("sqlite")  # what is sent is the same from both


@pytest.fixture
def server():
    """A server that answers what it is told to, and keeps the headers that it was sent."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.seen.append(self.headers)
            size = int(self.headers.get("Content-Length", 0))
            self.server.calls.append((self.path.partition("?")[0].rpartition("mlflow/")[2], self.rfile.read(size)))
            status, body, headers = self.server.answer
            if status is None:
                self.connection.close()
                return
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self):
            self.do_GET()

        def log_message(self, *args):
            pass

    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.seen, made.calls = [], []
    threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


def aliases(server, answer, token="sesame"):
    server.answer = answer
    login = settings.Settings(mlflow_token=SecretStr(token)).mlflow_login
    return MLflow(f"http://127.0.0.1:{server.server_port}/", None, login).aliases("income")


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        ((429, b"", {"Retry-After": "7"}), Limited, "MLflow answers 429"),
        ((503, b"", {}), Uncertain, "MLflow answers 503"),
        ((401, b"", {}), Permanent, "MLflow answers 401"),
        ((404, b'{"message": "Registered Model not found"}', {}), NotThere, "Registered Model not found"),
        ((200, b"<html>", {}), Permanent, "is no MLflow"),
        ((200, b"[]", {}), Permanent, "is no MLflow"),
        ((None, b"", {}), Uncertain, "MLflow"),
    ],
)
def test_each_answer_is_one_kind_of_failure_in_a_sentence(server, answer, error, says):
    with pytest.raises(error, match=says) as failed:
        aliases(server, answer)
    assert type(failed.value) is error
    assert "sesame" not in str(failed.value)


def test_the_token_goes_along_and_is_shown_nowhere(server):
    assert aliases(server, (200, b'{"registered_model": {"aliases": [{"alias": "champion", "version": 3}]}}', {})) == {
        "champion": "3"
    }
    assert server.seen[-1]["Authorization"] == "Bearer sesame"
    assert "sesame" not in repr(vars(MLflow("http://x", None, SecretStr("sesame"))))


def test_a_user_has_a_password_and_no_token_beside(monkeypatch):
    monkeypatch.setenv("ETHIXBOT_MLFLOW_USER", "ethixbot")
    with pytest.raises(BadInput, match="go together"):
        settings.load()
    monkeypatch.setenv("ETHIXBOT_MLFLOW_PASSWORD", "open sesame")
    found = settings.load()
    assert found.mlflow_login.get_secret_value() == "Basic ZXRoaXhib3Q6b3BlbiBzZXNhbWU="
    assert "open sesame" in found.secrets()
    monkeypatch.setenv("ETHIXBOT_MLFLOW_TOKEN", "sesame")
    with pytest.raises(BadInput, match="not both"):
        settings.load()


def test_an_mlflow_that_serves_no_artifacts_is_one_that_cannot_be_read(server):
    mlflow = MLflow(f"http://127.0.0.1:{server.server_port}")
    for answer in ((503, b"disabled", {}), (200, b"<html>", {}), (200, b"[]", {})):
        server.answer = answer
        with pytest.raises(Unreadable):
            mlflow.checksum("mlflow-artifacts:/0/model")
    server.answer = (429, b"", {"Retry-After": "7"})
    with pytest.raises(TryLater):
        mlflow.checksum("mlflow-artifacts:/0/model")


def test_who_cannot_be_reached_is_asked_later():
    with pytest.raises(TryLater, match="cannot be reached"):
        MLflow("http://127.0.0.1:9").aliases("income")


def test_doctor_asks_it_for_each_model(server, tmp_path, monkeypatch):
    default = DEFAULT_POLICY.read_text()
    model = f"""models:
  - id: income
    name: Income
    source: {{predictions: {tmp_path}}}
    registry: {{kind: mlflow, url: "http://127.0.0.1:{server.server_port}"}}
"""
    (tmp_path / "policy.yaml").write_text(default.replace("models: []", model))
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'none.db'}")
    assert connected.registry(settings.load()) == connected.UNUSED
    monkeypatch.setenv("ETHIXBOT_POLICY", str(tmp_path / "policy.yaml"))
    server.answer = (200, b'{"registered_model": {}}', {})
    assert connected.registry(settings.load()) == (True, "MLflow knows income")
    server.answer = (401, b"", {})
    assert connected.registry(settings.load()) == (False, "MLflow answers 401")


def test_a_freeze_in_slack_tags_the_version_that_serves_once_mlflow_answers(fairness, server):
    services = fairness.bot.services
    told = {"kind": "mlflow", "url": f"http://127.0.0.1:{server.server_port}"}
    watched = services.policy.models[0]
    changed = watched.model_copy(update={"registry": watched.registry.model_copy(update=told)})
    services.policy, services.policy_version = services.policy.model_copy(update={"models": (changed,)}), None
    server.answer = (503, b"", {})
    freeze(fairness, level="4")
    with services.database.read() as session:
        (row,) = [one for one in outbox.listed(session, ("pending",)) if one.kind == "registry"]
    assert "MLflow answers 503" in str(row.last_error)
    known = {"registered_model": {"aliases": [{"alias": "champion", "version": "3"}]}}
    answer = known | {"model_versions": [{"version": "3"}, {"version": "2"}]}
    server.answer = (200, json.dumps(answer).encode(), {})
    server.calls.clear()
    fairness.clock.forward(minutes=2)
    fairness.settle()
    ((_, sent),) = [one for one in server.calls if one[0] == "model-versions/set-tag"]
    value = f"level 4, {fairness.incident().id}"
    assert json.loads(sent) == {"name": MODEL, "version": "3", "key": "frozen", "value": value}
