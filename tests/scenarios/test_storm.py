"""Many alerts at once: one message counts them, critical ones stand on their own, and the rest come when it is over."""

import dataclasses

import pytest
from sqlmodel import col, select

from analysis.detection.report import Report
from analysis.vocabulary import Severity
from bot.demo import demo
from bot.operations import opening, recovering
from storage.tables import Alert, Incident, Model, Owed, Run, Storm, Timer
from tests.world import World, buttons, pretty

pytestmark = pytest.mark.databases("sqlite")

INCIDENTS = "ethixai-incidents"
FINDINGS_A_MINUTE = 10_000
MODELS = 40


@pytest.fixture
def raised(fairness: World):
    """What the check of window e raised, to be raised again for many models."""
    with fairness.bot.services.database.read() as session:
        run = session.exec(select(Run).where(Run.purpose == "check")).one()
    return Report.from_json(run.report).alerts[0]


def raise_for(world: World, raised, models: list[str], severity: str = "high") -> None:
    """Record the alert for each model, as the check of each would: a transaction each."""
    one = dataclasses.replace(raised, severity=Severity(severity))
    services = world.bot.services
    for name in models:
        now = services.clock()
        with services.transaction() as session:
            if session.get(Model, name) is None:
                session.add(Model(id=name, name=name.title(), risk="high", registered_at=now))
                session.flush()
            run = Run(model_id=name, requested_by="system", requested_at=now, next_at=now, status="finished")
            session.add(run)
            session.flush()
            opening.record(opening.Result(services, session, run, now), [one])


def names(count: int, first: int = 0) -> list[str]:
    return [f"model-{number}" for number in range(first, first + count)]


def settle(world: World) -> None:
    for _ in range(4):
        world.settle()
        world.clock.forward(seconds=12)


def rows(world: World, kind: str) -> list[Owed]:
    with world.bot.services.database.read() as session:
        return list(session.exec(select(Owed).where(Owed.kind == kind).order_by(col(Owed.id))))


def test_past_ten_incidents_one_message_counts_the_rest(fairness, raised):
    raise_for(fairness, raised, names(MODELS))
    settle(fairness)
    shown = fairness.messages()
    storms = [message for message in shown if "Storm" in pretty(message["blocks"][0])]
    assert len(storms) == 1
    assert f"{MODELS - 9} incidents" in pretty(storms[0])  # with the one of before, ten stood on their own
    assert len([message for message in shown if buttons(message)]) == 10
    withheld = [row for row in rows(fairness, "incident") if row.status == "withheld"]
    assert len(withheld) == MODELS - 9
    assert {row.reason for row in withheld} == {"in_storm"}
    assert len(fairness.messages("ml-monitoring")) == 10  # the links of the withheld ones are withheld too


def test_critical_ones_stand_on_their_own_and_the_first_rings_for_all(fairness, raised):
    raise_for(fairness, raised, names(15))
    raise_for(fairness, raised, names(3, first=20), severity="critical")
    fairness.settle()
    rung = [message for message in fairness.messages() if "<!channel>" in message["text"]]  # an edit never rings again
    settle(fairness)
    assert len([message for message in fairness.messages() if buttons(message)]) == 10 + 3
    assert len(rung) == 2  # the one before the storm, and the first in it, for all
    (storm,) = [message for message in fairness.messages() if "Storm" in message["text"]]
    assert "3 critical" in pretty(storm)


def test_when_it_is_over_those_still_open_are_told_and_those_that_recovered_are_not(fairness, raised):
    raise_for(fairness, raised, names(20))
    settle(fairness)
    services = fairness.bot.services
    with services.transaction() as session:
        gone = session.exec(select(Alert).where(Alert.model_id == "model-19")).one()
        run = session.get(Run, gone.run_id)
        recovering.end(opening.Result(services, session, run, services.clock()), gone)
    assert len([m for m in fairness.messages() if buttons(m)]) == 10
    fairness.clock.forward(minutes=6)
    settle(fairness)
    shown = [m for m in fairness.messages() if buttons(m)]
    assert len(shown) == 20  # 21 in all, one recovered unseen
    (storm,) = [m for m in fairness.messages() if "storm is over" in pretty(m["blocks"][0])]
    assert "11 incidents" in pretty(storm)
    unseen = [row for row in rows(fairness, "incident") if row.status == "withheld"]
    assert [row.reason for row in unseen] == ["over_before"]
    with services.database.read() as session:
        assert session.exec(select(Storm)).one().ended_at is not None
        assert not session.exec(select(Timer).where(Timer.kind == "storm", Timer.status == "pending")).all()


def test_it_goes_on_while_new_ones_come_and_a_second_one_is_a_second_storm(fairness, raised):
    raise_for(fairness, raised, names(15))
    fairness.clock.forward(minutes=4)
    raise_for(fairness, raised, names(1, first=30))
    settle(fairness)
    fairness.clock.forward(minutes=2)  # six after it began, two after the last
    settle(fairness)
    with fairness.bot.services.database.read() as session:
        assert session.exec(select(Storm)).one().ended_at is None
    fairness.clock.forward(minutes=5)
    settle(fairness)
    raise_for(fairness, raised, names(12, first=50))
    settle(fairness)
    with fairness.bot.services.database.read() as session:
        storms = session.exec(select(Storm).order_by(col(Storm.id))).all()
    assert [storm.ended_at is None for storm in storms] == [False, True]


def test_ten_thousand_findings_in_a_minute_are_one_post_an_incident_and_one_storm(fairness, raised):
    """Ten runs of each of forty models, each with the same alert: every repeat counts, none posts."""
    for _ in range(FINDINGS_A_MINUTE // MODELS // 25):  # a report has some 25 findings a cause
        raise_for(fairness, raised, names(MODELS))
    settle(fairness)
    fairness.clock.forward(minutes=6)
    settle(fairness)
    shown = [m for m in fairness.messages() if buttons(m)]
    assert len(shown) == MODELS + 1
    keys = [m["metadata"]["event_payload"]["key"] for m in fairness.messages() if m.get("metadata")]
    assert len(keys) == len(set(keys)) == MODELS + 2  # and the storm's
    with fairness.bot.services.database.read() as session:
        repeats = {alert.repeats for alert in session.exec(select(Alert).where(Alert.model_id != demo.MODEL))}
        edits = len(session.exec(select(Owed).where(Owed.kind == "update")).all())
    assert repeats == {FINDINGS_A_MINUTE // MODELS // 25}
    assert edits <= 2 * (MODELS + 1)


def test_the_reason_of_each_message_is_stored(fairness, raised):
    raise_for(fairness, raised, names(3), severity="low")
    raise_for(fairness, raised, names(2, first=5))
    settle(fairness)
    found = {
        (row.kind, row.reason, row.status) for kind in ("incident", "alert", "reply") for row in rows(fairness, kind)
    }
    assert {("incident", "opened", "sent"), ("alert", "log_only", "withheld"), ("reply", "called", "sent")} <= found
    with fairness.bot.services.database.read() as session:
        assert len(session.exec(select(Incident)).all()) == 3
