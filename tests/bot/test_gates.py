"""Other gates: a file that flagd's own client reads as ours does, and a webhook whose signature anybody can check."""

import hashlib
import hmac
import json
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from openfeature import api
from openfeature.contrib.provider.flagd import FlagdProvider
from openfeature.contrib.provider.flagd.config import ResolverType
from openfeature.evaluation_context import EvaluationContext
from pydantic import SecretStr

from bot.integrations import gates
from bot.integrations.errors import Limited, NotThere, Permanent, TryLater
from bot.operations import gating
from storage import oversight
from storage.tables import OversightChange, Owed
from tests.scenarios.test_freezing import freeze
from tests.world import World

pytestmark = pytest.mark.databases("sqlite")  # what is sent is the same from both

MODEL = "income-prequal"
SECRET = SecretStr("sesame")


def wanted(world: World, **gates_wanted) -> None:
    services = world.bot.services
    changed = services.policy.gates.model_copy(update=gates_wanted)
    services.policy, services.policy_version = services.policy.model_copy(update={"gates": changed}), None


def seen_by_openfeature(path, **attributes) -> dict:
    provider = FlagdProvider(resolver_type=ResolverType.FILE, offline_flag_source_path=str(path))
    api.set_provider_and_wait(provider)
    try:
        context = EvaluationContext(targeting_key="request-1", attributes=attributes)
        return api.get_client().get_object_value(f"model.{MODEL}", {}, context)
    finally:
        api.shutdown()


def test_the_file_says_to_openfeature_what_the_gate_says(fairness, tmp_path):
    path = tmp_path / "models.flagd.json"
    wanted(fairness, flagd=str(path))
    freeze(fairness, level="3", segment="sex=Female")
    assert seen_by_openfeature(path, sex="Male")["level"] == 0
    assert seen_by_openfeature(path, sex="Female")["level"] == 3
    assert seen_by_openfeature(path)["level"] == 3  # it may be one of them
    freeze(fairness, level="2", segment="race=Black")
    assert seen_by_openfeature(path, sex="Female", race="Black")["level"] == 3  # the stricter of two
    freeze(fairness, level="4")
    assert seen_by_openfeature(path, sex="Female") | {"since": 0} == {
        **json.loads(path.read_text())["flags"][f"model.{MODEL}"]["variants"]["every"], "since": 0,
    }  # fmt: skip
    assert seen_by_openfeature(path, sex="Male")["level"] == 4


def test_a_file_that_cannot_be_written_is_tried_again(fairness, tmp_path):
    wanted(fairness, flagd=str(tmp_path / "nowhere" / "flags.json"))
    with pytest.raises(TryLater, match="cannot be written"):
        gates.write_flags(fairness.bot.services)
    freeze(fairness, level="3")
    (tmp_path / "nowhere").mkdir()
    fairness.clock.forward(minutes=1)
    fairness.settle()
    assert seen_by_openfeature(tmp_path / "nowhere" / "flags.json")["level"] == 3


class Gateway:
    """A gateway of somebody else's: keeps what it is sent, and answers what it is told to."""

    def __init__(self):
        gateway, self.seen, self.answers = self, [], []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                gateway.seen.append((dict(self.headers), body))
                self.send_response(gateway.answers.pop(0) if gateway.answers else 204)
                self.send_header("Location", "/login")
                self.end_headers()

            def do_GET(self):  # as a page to log in answers whoever is sent there
                self.send_response(200)
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/models"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def gateway():
    made = Gateway()
    yield made
    made.server.shutdown()
    made.server.server_close()


def owed(url: str) -> Owed:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    return Owed(key="k", kind="gate_hook", subject=MODEL, channel="gate_hook", data={"url": url}, next_at=now,
                created_at=now)  # fmt: skip


def test_the_webhook_is_signed_and_tells_what_holds_when_it_is_sent(fairness, gateway):
    wanted(fairness, webhooks=(gateway.url,))
    services = fairness.bot.services
    with services.transaction() as session:
        change = OversightChange(model_id=MODEL, sequence=0, level=4, reason="r", by="U1", at=fairness.clock())
        oversight.change(session, change)
    gates.send(services, owed(gateway.url), SecretStr("sesame, the one before"))
    headers, body = gateway.seen[0]
    stamp = headers["X-EthixAI-Timestamp"]
    mac = hmac.new(SECRET.get_secret_value().encode(), f"v1:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    assert headers["X-EthixAI-Signature"] == f"v1={mac}"
    assert json.loads(body)["level"] == 4


@pytest.mark.parametrize(
    ("answer", "error"), [(429, Limited), (503, TryLater), (408, TryLater), (404, NotThere), (302, Permanent)]
)
def test_what_the_gateway_answers_decides_what_becomes_of_it(fairness, gateway, answer, error):
    wanted(fairness, webhooks=(gateway.url,))
    gateway.answers = [answer]
    with pytest.raises(error):
        gates.send(fairness.bot.services, owed(gateway.url), SECRET)
    assert len(gateway.seen) == 1


def test_who_cannot_be_reached_is_told_later_and_who_left_the_policy_never(fairness):
    nowhere = "http://127.0.0.1:9/x"
    assert gates.send(fairness.bot.services, owed(nowhere), SECRET) == {}
    wanted(fairness, webhooks=(nowhere,))
    with pytest.raises(TryLater):
        gates.send(fairness.bot.services, owed(nowhere), SECRET)
    with pytest.raises(Permanent, match="ETHIXBOT_WEBHOOK_SECRET is not set"):
        gates.send(fairness.bot.services, owed(nowhere), None)


def test_a_freeze_is_sent_to_each_gateway_and_ten_changes_that_wait_are_one(fairness, gateway):
    wanted(fairness, webhooks=(gateway.url,))
    sender = fairness.bot.senders[0]
    sender.outside = type(sender.outside)(
        fairness.bot.services, fairness.bot.settings.model_copy(update={"webhook_secret": SECRET})
    )
    for other in fairness.bot.senders[1:]:
        other.outside = sender.outside
    with fairness.bot.services.transaction() as session:
        for _ in range(10):
            gating.follow(fairness.bot.services, session, MODEL, fairness.clock())
    freeze(fairness, level="4")
    assert json.loads(gateway.seen[-1][1])["level"] == 4
    assert len(gateway.seen) <= 2
