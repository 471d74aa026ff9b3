"""A step of the escalation rings a pager, once an incident; acknowledging and resolving go both ways."""

import hashlib
import hmac
import json

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from analysis.outside import Pager
from analysis.paths import Step
from analysis.response.paging import Paged
from analysis.vocabulary import Role, Severity
from bot import masking
from bot.http import server as door
from bot.integrations.errors import Limited, Permanent, Uncertain
from bot.integrations.pagers import opsgenie, pagerduty
from bot.integrations.pagers.page import Event
from storage import outbox, outside
from storage.tables import Timer
from tests.counterparts.pagers import GENIE, REST, ROUTING, OpsgenieServer, PagerDutyServer
from tests.counterparts.server import LOST, Answer
from tests.world import START, World

# What is sent is the same from both; tests/storage/test_outside.py has both.
pytestmark = pytest.mark.databases("sqlite")

HOOK = "a-long-hook-secret"
INCIDENT = "INC-2026-03-001"
COMMON = {"key": "ETHIXBOT_SECRET_KEY", "hook": "ETHIXBOT_SECRET_HOOK"}


@pytest.fixture
def duty(monkeypatch):
    monkeypatch.setenv("ETHIXBOT_SECRET_KEY", ROUTING)
    monkeypatch.setenv("ETHIXBOT_SECRET_HOOK", HOOK)
    monkeypatch.setenv("ETHIXBOT_SECRET_REST", REST)
    with PagerDutyServer() as server:
        yield server


@pytest.fixture
def genie(monkeypatch):
    monkeypatch.setenv("ETHIXBOT_SECRET_KEY", GENIE)
    monkeypatch.setenv("ETHIXBOT_SECRET_HOOK", HOOK)
    with OpsgenieServer() as server:
        yield server


def connect(world: World, target: str = "pager:ops", **policy) -> None:
    """Let the calls that wait, and the second step of every path, ring the target."""
    services = world.bot.services
    paths = tuple(
        path.model_copy(update={"steps": (path.steps[0], Step(after=path.steps[1].after, to=(target,)))})
        for path in services.policy.escalation
    )
    changed = services.policy.model_copy(update={**policy, "escalation": paths})
    services.policy, services.policy_version = changed, None
    with services.transaction() as session:
        for timer in session.exec(select(Timer).where(Timer.kind == "escalate", Timer.status == "pending")).all():
            timer.data = {**timer.data, "to": [target]}
            session.add(timer)


def of(server, kind: str, **more) -> tuple[Pager, ...]:
    return (Pager(name="ops", kind=kind, url=server.url, rest=server.url, **COMMON, **more),)


def later(world: World, minutes: int = 1) -> None:
    world.settle()
    for _ in range(minutes):
        world.clock.forward(minutes=1)
        world.settle()


@pytest.fixture
def hooks(fairness):
    services, slack = fairness.bot.services, fairness.bot.slack
    return TestClient(door.build(services, slack, None), raise_server_exceptions=False)


OLGA = {"id": "PLH1HKV", "self": "https://x", "html_url": "https://x", "summary": "Olga Call", "type": "user_reference"}
RULE = {"id": "PF9", "summary": "Auto-resolve", "type": "service_reference"}


def from_duty(hooks, kind: str, key: str, id: str = "01E", *, agent: dict | None = OLGA, secret: str = HOOK):
    """Send what PagerDuty sends: developer.pagerduty.com/docs/webhooks-overview, “V3 Webhook Payloads”."""
    data = {"id": "PGR0VU2", "type": "incident", "number": 2, "status": kind, "incident_key": key, "title": "It rang"}
    event = {"id": id, "event_type": f"incident.{kind}", "resource_type": "incident", "agent": agent, "data": data}
    event |= {"occurred_at": "2026-03-02T09:10:00Z", "client": None}
    raw = json.dumps({"event": event}).encode()
    mac = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    headers = {"x-pagerduty-signature": f"v1={'0' * 64},v1={mac}", "content-type": "application/json"}
    return hooks.post("/hooks/pagerduty", content=raw, headers=headers)


def from_genie(hooks, action: str, key: str, who: str, secret: str = HOOK):
    told = {"action": action, "alert": {"alertId": "a1", "alias": key, "username": who, "updatedAt": 1},
            "source": {"name": "", "type": "web"}, "integrationName": "ethixbot"}  # fmt: skip
    return hooks.post("/hooks/opsgenie", json=told, headers={"x-ethixbot-secret": secret})


def page(world: World):
    with world.bot.services.database.read() as session:
        return outside.page(session, INCIDENT, "ops")


def test_a_page_is_triggered_acknowledged_and_resolved_as_people_do_it_in_slack(fairness, duty):
    connect(fairness, pagers=of(duty, "pagerduty"))
    later(fairness, 6)
    (event,) = duty.events
    assert event["payload"]["severity"] == "critical"
    assert event["payload"]["summary"].startswith(f"{INCIDENT} · Critical")
    assert event["payload"]["custom_details"]["model"].endswith("(income-prequal)")
    assert event["links"][0]["href"].startswith("http")
    fairness.press("acknowledge", "oncall")
    later(fairness)
    fairness.press("resolve", "oncall")
    fairness.fill("oncall", note="Went back to 1.0.0")
    later(fairness)
    assert list(duty.incidents.values()) == [["trigger", "acknowledge", "resolve"]]
    assert page(fairness).state == "resolved"
    assert "the pager `ops`" in str(fairness.messages())
    assert ROUTING not in str(fairness.messages())


def test_who_acknowledges_at_the_pager_has_it_in_slack_under_their_own_name(fairness, duty, hooks):
    connect(fairness, pagers=of(duty, "pagerduty", users="ETHIXBOT_SECRET_REST"))
    later(fairness, 6)
    key = page(fairness).dedup_key
    assert from_duty(hooks, "acknowledged", key).json() == {"outcome": "done"}
    assert from_duty(hooks, "acknowledged", key).json() == {"outcome": "ignored"}  # sent again
    later(fairness)
    incident = fairness.incident()
    assert (incident.state, incident.acknowledged_by) == ("acknowledged", "U0ONCALL01")
    assert ("U0ONCALL01", "acknowledge", "done") in fairness.audit()
    assert list(duty.incidents.values()) == [["trigger"]]  # it knows
    assert from_duty(hooks, "resolved", key, id="02").json() == {"outcome": "done"}
    later(fairness)
    assert fairness.incident().state == "resolved"
    assert "Resolved at the pager ops by Olga Call" in str(fairness.messages())
    assert list(duty.incidents.values()) == [["trigger"]]


def test_whom_slack_does_not_know_acts_as_the_pager_where_the_policy_lets_it(fairness, duty, hooks):
    connect(fairness, pagers=of(duty, "pagerduty"))
    later(fairness, 6)
    key = page(fairness).dedup_key
    assert from_duty(hooks, "acknowledged", key).json() == {"outcome": "refused"}
    later(fairness)
    assert fairness.incident().state == "detected"
    thread = str(fairness.messages())
    assert "Olga Call acknowledged it at the pager `ops`. Here that changes nothing: Slack does not know who" in thread
    connect(fairness, pagers=of(duty, "pagerduty", acts_as=Role.ON_CALL))
    assert from_duty(hooks, "acknowledged", key, id="02").json() == {"outcome": "done"}
    assert fairness.incident().acknowledged_by == "pager:ops"
    assert ("pager:ops", "acknowledge", "done") in fairness.audit()


def test_whom_slack_knows_may_there_what_they_may_here(fairness, duty, hooks):
    duty.mail = "viewer@ethixai.local"
    connect(fairness, pagers=of(duty, "pagerduty", users="ETHIXBOT_SECRET_REST", acts_as=Role.ON_CALL))
    later(fairness, 6)
    key = page(fairness).dedup_key
    assert from_duty(hooks, "acknowledged", key).json() == {"outcome": "refused"}
    duty.mail = "oncall@ethixai.local"
    assert from_duty(hooks, "resolved", key, id="02").json() == {"outcome": "refused"}  # nobody has it yet
    later(fairness)
    assert fairness.incident().state == "detected"
    thread = str(fairness.messages())
    assert "their role does not let them" in thread
    assert "Olga Call resolved it at the pager `ops`. Here that changes nothing" in thread


def test_what_no_person_did_changes_nothing_here(fairness, duty, hooks):
    connect(fairness, pagers=of(duty, "pagerduty", acts_as=Role.ON_CALL))
    later(fairness, 6)
    key = page(fairness).dedup_key
    assert from_duty(hooks, "resolved", key, agent=RULE).json() == {"outcome": "ignored"}
    assert from_duty(hooks, "resolved", key, agent=RULE).json() == {"outcome": "ignored"}
    later(fairness)
    assert fairness.incident().state == "detected"
    assert "Nobody known resolved it at the pager `ops`" in str(fairness.messages())
    assert fairness.audit().count(("system", "pager_said", "refused")) == 1


def test_opsgenie_rings_and_answers_alike(fairness, genie, hooks):
    connect(fairness, pagers=of(genie, "opsgenie"))
    later(fairness, 6)
    (alert,) = genie.created
    assert (alert["priority"], alert["entity"]) == ("P1", "income-prequal")
    assert from_genie(hooks, "Acknowledge", alert["alias"], "oncall@ethixai.local").json() == {"outcome": "done"}
    assert fairness.incident().acknowledged_by == "U0ONCALL01"
    later(fairness)
    fairness.press("resolve", "oncall")
    fairness.fill("oncall", note="Went back to 1.0.0")
    later(fairness)
    assert genie.alerts == {alert["alias"]: ["create", "close"]}
    echo = {
        "action": "Close",
        "alert": {"alias": alert["alias"], "username": "Alert API"},
        "source": {"name": opsgenie.SOURCE},
    }
    answer = hooks.post("/hooks/opsgenie", json=echo, headers={"x-ethixbot-secret": HOOK})
    assert answer.json() == {"outcome": "ignored"}


def test_only_a_call_with_the_secret_is_heard(fairness, duty, hooks):
    connect(fairness, pagers=of(duty, "pagerduty", acts_as=Role.ON_CALL))
    later(fairness, 6)
    key = page(fairness).dedup_key
    assert from_duty(hooks, "acknowledged", key, secret="guessed").status_code == 401
    assert from_genie(hooks, "Acknowledge", key, "oncall@ethixai.local").status_code == 401  # of another kind
    assert hooks.post("/hooks/pigeon", json={}).status_code == 404
    assert from_duty(hooks, "acknowledged", "somebody else's").json() == {"outcome": "ignored"}
    for raw in (
        b"{",
        b"[]",
        b'{"event": 1}',
        b'{"event": {"event_type": "incident.resolved", "data": {"incident_key": 1}}}',
    ):
        mac = hmac.new(HOOK.encode(), raw, hashlib.sha256).hexdigest()
        answer = hooks.post("/hooks/pagerduty", content=raw, headers={"x-pagerduty-signature": f"v1={mac}"})
        assert answer.status_code == 400, raw
    assert fairness.incident().state == "detected"


def test_a_pager_that_is_away_rings_later_and_who_was_quicker_is_not_rung(fairness, duty):
    connect(fairness, pagers=of(duty, "pagerduty"))
    duty.faults = [Answer(503), LOST]
    later(fairness, 8)
    assert list(duty.incidents.values()) == [["trigger", "trigger"]]  # one incident there: its key is the same
    fairness.press("acknowledge", "oncall")
    duty.faults = [Answer(429, {"message": "slow down"}, {"retry-after": "20"})]
    later(fairness, 2)
    assert list(duty.incidents.values()) == [["trigger", "trigger", "acknowledge"]]
    with fairness.bot.services.database.read() as session:
        assert not outbox.parked(session)


def test_a_key_that_the_pager_does_not_know_is_told_without_the_key(fairness, duty, monkeypatch):
    monkeypatch.setenv("ETHIXBOT_SECRET_KEY", "wrong-routing-key")
    connect(fairness, pagers=of(duty, "pagerduty"))
    later(fairness, 7)
    with fairness.bot.services.database.read() as session:
        (row,) = outbox.parked(session)
    assert row.last_error == "PagerDuty answers 400: Event object is invalid; Invalid routing key"
    monkeypatch.delenv("ETHIXBOT_SECRET_KEY")
    fairness.press("acknowledge", "oncall")
    later(fairness)
    with fairness.bot.services.database.read() as session:
        assert outbox.parked(session)[-1].last_error == "ETHIXBOT_SECRET_KEY is not set"


EVENT = Event("k", Paged.TRIGGERED, Severity.HIGH, "s" * 5_000, "m", START, {"a": "b"}, None)


@pytest.mark.parametrize("severity", Severity)
def test_every_severity_has_its_place_at_each_pager(severity, duty, genie):
    event = Event("k", Paged.TRIGGERED, severity, "s" * 5_000, "m", START, {"a": "b"}, "https://slack.example/x")
    pagerduty.send(duty.url, ROUTING, event)
    opsgenie.send(genie.url, GENIE, event)


@pytest.mark.parametrize(
    ("answer", "error"), [(Answer(400), Permanent), (Answer(429), Limited), (Answer(500), Uncertain), (LOST, Uncertain)]
)
def test_each_answer_says_what_to_do_next(duty, genie, answer, error):
    for server, send, key in ((duty, pagerduty.send, ROUTING), (genie, opsgenie.send, GENIE)):
        server.faults = [answer]
        with pytest.raises(error) as raised:
            send(server.url, key, EVENT)
        assert key not in str(raised.value)


def test_secrets_that_the_policy_names_are_masked(fairness, duty):
    masking.know(*fairness.bot.settings.secrets())
    assert ROUTING not in masking.everything(f"routing_key={ROUTING}")
