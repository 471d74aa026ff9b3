"""A freeze: what the gate tells from then on, for whom, how many, until when; and what ends it."""

import json
from datetime import timedelta

import pytest

from analysis.vocabulary import Oversight, Severity
from bot.board import Board
from storage import alerts, oversight
from storage.tables import Incident
from tests.world import World, pretty, whispers

# What is told here is told alike on both; tests/bot/test_gate.py reads both.
pytestmark = pytest.mark.databases("sqlite")

MODEL = "income-prequal"


def told(world: World) -> dict:
    return json.loads(Board(world.bot.services).read(MODEL)[1].body)


def freeze(world: World, **fields):
    world.press("freeze", "oncall")
    answer = world.fill("oncall", reason="Far fewer women are approved", **fields)
    world.settle()
    return answer


def lower(world: World) -> None:
    """Let the incident and its alerts be high: what critical ones need besides is told elsewhere."""
    with world.bot.services.transaction() as session:
        incident = session.get(Incident, world.incident().id)
        incident.severity = Severity.HIGH
        session.add(incident)
        for alert in alerts.of(session, incident.id):
            alert.severity = Severity.HIGH
            session.add(alert)


def test_a_segment_is_frozen_the_rest_goes_on_and_its_end_ends_it(fairness):
    lower(fairness)
    end = fairness.clock.now + timedelta(hours=2)
    assert freeze(fairness, level="3", segment="sex=Female", throttle="20/s", until=int(end.timestamp()))["ok"]
    said = told(fairness)
    assert said["level"] == 0
    assert said["segments"][0] | {"reason": "", "since": ""} == {
        "where": {"sex": ["Female"]}, "level": 3, "name": "review_all", "fallback": "1.0.0", "sample": 0.02,
        "confidence": None, "throttle": {"per_second": 20.0, "burst": 20}, "safe_mode": {}, "since": "",
        "until": end.replace(microsecond=0).isoformat(), "reason": "", "incident": fairness.incident().id,
    }  # fmt: skip
    shown = pretty(fairness.alert())
    assert "Only for `sex=Female`." in shown
    assert "At most `20/s`." in shown
    assert "all reviewed for `sex=Female`" in shown
    fairness.clock.forward(hours=2, minutes=1)
    fairness.settle()
    assert told(fairness)["segments"] == []
    assert "the model decides again" in pretty(fairness.alert())


def test_at_a_critical_incident_the_end_asks_for_two_people(fairness):
    end = fairness.clock.now + timedelta(hours=2)
    assert freeze(fairness, level="4", until=int(end.timestamp()))["ok"]
    fairness.clock.forward(hours=2, minutes=1)
    fairness.settle()
    assert told(fairness)["level"] == 4
    assert "It stays: at a critical incident ending it takes two people" in pretty(fairness.alert())


def test_a_longer_freeze_takes_the_place_of_one_with_an_end(fairness):
    lower(fairness)
    end = fairness.clock.now + timedelta(hours=2)
    freeze(fairness, level="3", until=int(end.timestamp()))
    freeze(fairness, level="3")
    fairness.clock.forward(hours=3)
    fairness.settle()
    assert told(fairness)["level"] == 3


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("segment", "women", "write sex=Female"),
        ("segment", "sex=", "write sex=Female"),
        ("throttle", "few", "write 20/s"),
        ("throttle", "0/s", "write 20/s"),
        ("until", 1_700_000_000, "is in the past"),
    ],
)
def test_a_field_that_says_nothing_is_refused_where_it_stands(fairness, field, value, says):
    fairness.press("freeze", "oncall")
    answer = fairness.fill("oncall", level="3", reason="r", **{field: value})
    assert says in answer["errors"][field]
    assert told(fairness)["level"] == 0


def test_unfreezing_lifts_every_segment_and_a_weaker_freeze_takes_two(fairness):
    freeze(fairness, level="4")
    freeze(fairness, level="3", segment="race=Black")
    assert "second person" in pretty(freeze(fairness, level="2")) + pretty(fairness.alert())
    assert "asks: Restrain the model less" in pretty(fairness.alert())
    assert "> How far?: *level 2, unsure ones reviewed*" in pretty(fairness.alert())
    assert told(fairness)["level"] == 4
    fairness.press("unfreeze", "ml_lead")
    fairness.fill("ml_lead", reason="1.0.0 serves again")
    fairness.settle()
    wish = [m for m in fairness.alert()["replies"] if "approval:approve" in pretty(m)][-1]
    place = {"channel": "ethixai-incidents", "ts": wish["ts"]}
    said = fairness.ask("POST", "/_local/click", user="product_owner", action_id="approval:approve", **place)
    assert "Approved" in whispers(said)
    assert (told(fairness)["level"], told(fairness)["segments"]) == (0, [])


def test_a_model_whose_policy_says_so_is_frozen_as_its_incident_opens(world):
    world.week("a")
    services = world.bot.services
    watched = services.policy.models[0].model_copy(update={"freeze_on_critical": Oversight.PAUSED})
    services.policy, services.policy_version = services.policy.model_copy(update={"models": (watched,)}), None
    world.week("e")
    assert (told(world)["level"], told(world)["fallback"]) == (4, "1.0.0")
    assert "as the policy says for critical incidents" in pretty(world.alert())
    assert ("system", "frozen", "done") in world.audit()
    assert world.incident().state == "detected"  # somebody still has to take it
    assert world.incident().contained_at is not None
    with services.database.read() as session:
        assert oversight.current(session, MODEL).by == "system"
