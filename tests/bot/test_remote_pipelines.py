"""Pipelines elsewhere: a workflow of GitHub is dispatched once and followed; a webhook is signed both ways."""

import hashlib
import hmac
import json

import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlmodel import col, select

from analysis.response.serving import Retrain
from bot.demo import demo
from bot.http import server
from storage.tables import RetrainRequest
from tests.bot.counterparts import GitHub, OwnPipeline, serving
from tests.bot.test_api import Api

pytestmark = pytest.mark.databases("sqlite")  # what is sent is the same from both

SECRET = "sesame"
MODEL = demo.MODEL


@pytest.fixture
def github():
    with serving(GitHub()) as made:
        yield made


@pytest.fixture
def own():
    with serving(OwnPipeline()) as made:
        yield made


def with_pipeline(world, **how) -> None:
    """Let the policy name another pipeline, and the environment hold the secrets."""
    services = world.bot.services
    changed = services.policy.models[0].model_copy(update={"retrain": Retrain(**how)})
    services.policy = services.policy.model_copy(update={"models": (changed,)})
    services.policy_version = None
    secrets = {"github_token": SecretStr("ghp_secret"), "webhook_secret": SecretStr(SECRET)}
    for loop in world.bot.loops.loops:
        if loop.name == "pipelines":
            loop.step.__self__.settings = world.bot.settings.model_copy(update=secrets)


def ask(world) -> None:
    world.press("retrain", by="ml_engineer")
    world.fill("ml_engineer", reason="It tells men from women.")
    world.settle()


def request(world) -> RetrainRequest:
    with world.bot.services.database.read() as session:
        return session.exec(select(RetrainRequest).order_by(col(RetrainRequest.id).desc())).first()


def go_on(world, times: int = 1, **span: float) -> RetrainRequest:
    for _ in range(times):
        world.clock.forward(**(span or {"seconds": 16}))
        world.settle()
    return request(world)


def said(world) -> str:
    return json.dumps(world.alert()["replies"], ensure_ascii=False)


def artifact(decide) -> dict[str, bytes]:
    """Return what a workflow leaves: a candidate for window e."""
    log = pq.read_table(demo.DATA / "current_e_biased_retrain.parquet", columns=["request_id", "score", "decision"])
    rows = [f"{one['request_id']},{one['score'] or 0.1},{decide(one)}" for one in log.to_pylist()]
    candidate = "\n".join(["request_id,score,decision", *rows]).encode()
    told = {"version": "4.0.0", "artefact": "s3://models/4", "artefact_sha256": "ab" * 32, "metrics": {"auc": 0.83}}
    return {"result.json": json.dumps(told).encode(), "candidate.csv": candidate, "../../evil": b"no"}


def by_github(world, github) -> None:
    with_pipeline(world, github="acme/models/retrain.yml@main", github_api=github.url)


def test_a_workflow_is_dispatched_followed_and_its_candidate_judged(fairness, github):
    by_github(fairness, github)
    github.artifact = artifact(lambda one: one["decision"] or 0)
    ask(fairness)
    assert [run["inputs"]["request"] for run in github.runs] == ["RTR-1"]
    assert github.runs[0]["inputs"]["validation"].endswith("log")
    assert go_on(fairness).remote["run"] == 1000
    assert go_on(fairness).progress["stage"] == "Train"
    fairness.clock.forward(seconds=6)
    fairness.settle()
    assert "25 %" in said(fairness)
    github.end("success")
    done = go_on(fairness, 3)
    assert (done.status, done.candidate) == ("failed", "4.0.0")  # as biased as the champion
    assert done.validation["reasons"][0]["why"] == "alert"
    assert len(github.runs) == 1
    assert not list(fairness.bot.services.data.rglob("evil"))
    assert "ghp_secret" not in json.dumps(done.model_dump(mode="json"))


def test_a_lost_answer_to_the_dispatch_dispatches_nothing_again(fairness, github):
    by_github(fairness, github)
    github.loses_answer = True
    ask(fairness)
    assert go_on(fairness, 3).remote["run"] == 1000
    assert len(github.runs) == 1


def test_while_github_is_away_nothing_is_dispatched_and_nothing_is_lost(fairness, github):
    by_github(fairness, github)
    github.fails = 2
    ask(fairness)
    assert github.runs == []
    assert go_on(fairness, 3, seconds=61).status == "running"
    assert len(github.runs) == 1


def test_a_run_that_does_not_bear_the_requests_name_is_told(fairness, github):
    by_github(fairness, github)
    github.names_runs = False
    ask(fairness)
    done = go_on(fairness, 2, minutes=3)
    assert (done.status, len(github.runs)) == ("failed", 1)
    assert "run-name: Retrain ${{ inputs.request }}" in done.error


@pytest.mark.parametrize(("how", "sentence"), [
    ("failure", "the workflow ended with “failure”: https://github.example"),
    ("success", "the workflow left no artifact “ethixbot”"),
])  # fmt: skip
def test_how_a_workflow_ended_is_told(fairness, github, how, sentence):
    by_github(fairness, github)
    github.artifact = None
    ask(fairness)
    go_on(fairness)
    github.end(how)
    assert sentence in go_on(fairness, 2).error


def test_a_workflow_is_cancelled(fairness, github):
    by_github(fairness, github)
    ask(fairness)
    go_on(fairness)
    fairness.choose("cancel_retrain", by="ml_engineer")
    fairness.fill("ml_engineer", reason="wrong branch")
    assert go_on(fairness, 2).status == "cancelled"
    assert github.runs[0]["conclusion"] == "cancelled"


def test_a_token_that_github_refuses_is_told(fairness, github):
    by_github(fairness, github)
    pipelines = next(loop for loop in fairness.bot.loops.loops if loop.name == "pipelines").step.__self__
    pipelines.settings = pipelines.settings.model_copy(update={"github_token": SecretStr("old")})
    ask(fairness)
    assert request(fairness).error == "GitHub answers 401: Bad credentials"


class Caller:
    """The pipeline of one's own, as it calls back."""

    def __init__(self, world):
        services, slack = world.bot.services, world.bot.slack
        self.world = world
        self.door = TestClient(
            server.build(services, slack, None, webhook_secret=SECRET), raise_server_exceptions=False
        )

    def signed(self, body: bytes, at: float | None = None, secret: str = SECRET) -> dict[str, str]:
        stamp = str(int(at if at is not None else self.world.clock().timestamp()))
        mac = hmac.new(secret.encode(), f"v1:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
        return {"X-EthixAI-Timestamp": stamp, "X-EthixAI-Signature": f"v1={mac}"}

    def tell(self, headers=None, request="RTR-1", **told):
        body = json.dumps(told).encode()
        return self.door.post(f"/v1/retrain/{request}/progress", content=body, headers=headers or self.signed(body))


def test_a_pipeline_of_ones_own_is_told_and_tells(fairness, own, tmp_path):
    with_pipeline(fairness, webhook=own.url + "/retrain")
    ask(fairness)
    method, _, headers, body = own.asked[0]
    stamp = headers["X-EthixAI-Timestamp"]
    mac = hmac.new(SECRET.encode(), f"v1:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    assert (method, headers["X-EthixAI-Signature"], headers["X-EthixAI-Delivery"]) == ("POST", f"v1={mac}", "RTR-1")
    told = json.loads(body)
    assert (told["event"], told["request"], told["progress"]) == ("retrain", "RTR-1", "/v1/retrain/RTR-1/progress")
    caller = Caller(fairness)
    assert caller.tell(stage="fit", share=0.4, line="epoch 4 of 10").json() == {"outcome": "done"}
    fairness.settle()
    assert "epoch 4 of 10" in said(fairness)
    place = tmp_path / "candidate.csv"
    place.write_bytes(artifact(lambda one: one["decision"] or 0)["candidate.csv"])
    assert caller.tell(status="succeeded", result={"version": "5", "candidate": str(place)}).status_code == 200
    done = go_on(fairness, 2)
    assert (done.status, done.candidate, len(own.asked)) == ("failed", "5", 1)
    late = caller.tell(status="failed", error="never mind")
    assert (late.status_code, late.json()["detail"]) == (409, "A retrain is not under way.")


def test_a_call_that_is_replayed_late_or_not_signed_changes_nothing(fairness, own):
    with_pipeline(fairness, webhook=own.url)
    ask(fairness)
    caller, body = Caller(fairness), b'{"stage": "fit", "share": 0.4}'
    then = caller.signed(body)
    send = lambda headers: caller.door.post("/v1/retrain/RTR-1/progress", content=body, headers=headers)  # noqa: E731
    assert send(then).json() == {"outcome": "done"}
    fairness.clock.forward(seconds=20)
    assert caller.tell(stage="judge", share=0.9).json() == {"outcome": "done"}
    assert send(then).json() == {"outcome": "repeated"}
    late = caller.signed(body, at=fairness.clock().timestamp() - 10)
    assert (send(late).status_code, send(late).json()["detail"]) == (409, "The call came after a newer one.")
    assert request(fairness).progress["stage"] == "judge"
    for headers in ({}, caller.signed(body, secret="other"), caller.signed(body, at=1.0)):
        assert send(headers).status_code == 401
    assert caller.tell(share=7).json()["detail"] == "Not as expected: share."
    assert caller.tell(request="RTR-9").status_code == 404


def test_a_pipeline_that_refuses_is_told_and_one_that_is_away_waited_for(fairness, own):
    with_pipeline(fairness, webhook=own.url)
    own.status = 503
    ask(fairness)
    assert request(fairness).status == "running"
    own.status = 403
    assert go_on(fairness, 2, seconds=30).error == "The pipeline answers 403"


def test_over_http_it_is_asked_for_looked_at_and_ended(fairness, own):
    with_pipeline(fairness, webhook=own.url)
    api = Api(fairness)
    path = f"/v1/models/{MODEL}/trigger-retrain"
    wrong = api.post(path, "U0MLENGI01", {"reason": "bias", "baseline_snapshot": "2020-01-01-v1"})
    assert (wrong.status_code, "There is no baseline" in wrong.json()["detail"]) == (404, True)
    asked = api.post(path, "U0MLENGI01", {"reason": "bias", "notes": "n"}, key="k")
    assert (asked.status_code, asked.json()["retrain"]) == (202, "RTR-1")
    again = api.post(path, "U0MLENGI01", {"reason": "bias", "notes": "n"}, key="k")
    assert again.json()["says"] == asked.json()["says"]
    assert api.post(path, "U0MLENGI01", {"reason": "again"}).status_code == 409
    assert api.post(path, "U0VIEWER01", {"reason": "again"}).status_code == 403
    fairness.settle()
    seen = api.get("/v1/retrain/RTR-1", "U0MLENGI01").json()
    assert (seen["status"], seen["incident_id"], seen["notes"]) == ("running", "INC-2026-03-001", "n")
    assert api.get("/v1/retrain/RTR-7", "U0MLENGI01").status_code == 404
    assert api.post("/v1/retrain/RTR-1/cancel", "U0MLENGI01", {"reason": "no"}).status_code == 202
    assert go_on(fairness).status == "cancelled"
    assert json.loads(own.asked[-1][3])["event"] == "cancel"


def test_a_model_without_an_incident_is_retrained_too(world, own):
    with_pipeline(world, webhook=own.url)
    api = Api(world)
    path = f"/v1/models/{MODEL}/trigger-retrain"
    assert api.post(path, "U0MLENGI01", {"reason": " "}).json()["detail"] == "A reason is needed."
    refused = api.post(path, "U0VIEWER01", {"reason": "monthly"})
    assert (refused.status_code, "start retrains" in refused.json()["detail"]) == (403, True)
    assert api.post("/v1/models/nobody/trigger-retrain", "U0MLENGI01", {"reason": "monthly"}).status_code == 422
    asked = api.post(path, "U0MLENGI01", {"reason": "monthly"}, key="k")
    assert (asked.status_code, asked.json()["retrain"]) == (202, "RTR-1")
    assert api.post(path, "U0MLENGI01", {"reason": "monthly"}, key="k").json()["says"] == asked.json()["says"]
    assert api.post(path, "U0MLENGI01", {"reason": "monthly"}).status_code == 409
    world.settle()
    assert Caller(world).tell(stage="fit").status_code == 200
    assert "`RTR-1` is running" in str(world.type("/ethix retrain rtr-1", by="ml_engineer"))
    assert "`RTR-1` of `income-prequal` is running" in str(world.type("/ethix retrain", by="ml_engineer"))
    unknown = str(world.type("/ethix retrain RTR-9", by="ml_engineer"))
    assert "There is no retrain “RTR-9”. Did you mean RTR-1?" in unknown
    assert api.post("/v1/retrain/RTR-1/cancel", "U0VIEWER01", {"reason": "no"}).status_code == 403
    assert api.post("/v1/retrain/RTR-1/cancel", "U0MLENGI01", {"reason": "no"}).status_code == 202
    assert go_on(world).status == "cancelled"
    again = api.post("/v1/retrain/RTR-1/cancel", "U0MLENGI01", {"reason": "no"})
    assert (again.status_code, again.json()["detail"]) == (422, "A retrain is not under way.")
    done = [action for _, action, outcome in world.audit() if outcome == "done" and "retrain" in action]
    assert done == ["retrain", "retrain_started", "cancel_retrain", "retrain_cancelled"]
