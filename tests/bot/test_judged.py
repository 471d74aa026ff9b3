"""What a person owes once they have an incident: a judgement of its severity, and the steps of its checklist."""

from datetime import timedelta

import pytest
from sqlmodel import select

from storage import clocks, runbooks
from storage.tables import Incident, Timer
from tests.bot.lived import CAUSE, COMPLIANCE, INCIDENT, LEAD, ONCALL, do, entries, found, later, taken

pytestmark = pytest.mark.databases("sqlite")  # what is written here is tried on both databases elsewhere

HALF_AN_HOUR = timedelta(minutes=30)


@pytest.fixture
def services(night):
    """The night of the fairness alert; the on-call person has it."""
    yield from taken(night)


def assess(services):
    """Return the clocks of the judgement, oldest first."""
    with services.database.read() as session:
        return [one for one in clocks.of(session, INCIDENT) if one.kind == "assess"]


def asked_for(services):
    """Return the steps that it is planned to ask for."""
    with services.database.read() as session:
        planned = session.exec(select(Timer).where(Timer.kind == "step_due", Timer.status == "pending"))
        by_id = {one.id: one.key for one in runbooks.of(session, INCIDENT)}
        return sorted(by_id[one.data["step"]] for one in planned)


def ticked(services):
    with services.database.read() as session:
        return {one.key for one in runbooks.of(session, INCIDENT) if one.done_at}


def test_whoever_takes_it_owes_a_judgement_of_its_severity_within_half_an_hour(services):
    (clock,) = assess(services)
    assert clock.due_at - found(services).acknowledged_at == HALF_AN_HOUR
    later(services, minutes=31)
    told = [one for one in entries(services, "clock_breached") if one["clock"] == "assess"]
    assert [one["people"] for one in told] == [[ONCALL]]


def test_confirming_what_the_bot_takes_it_to_be_is_a_judgement_too(services):
    assert "verify" not in ticked(services)
    assert do(services, "severity", LEAD, severity="critical", reason="All women who applied").changed
    assert [one.met_by for one in assess(services)] == [LEAD]
    assert [(one["was"], one["severity"], "told" in one) for one in entries(services, "severity")] == [
        ("critical", "critical", False)
    ]
    assert "verify" in ticked(services)  # a step of the runbook that is done by this


def test_an_impact_is_a_judgement_and_nobody_who_reopens_owes_another(services):
    do(services, "impact", LEAD, revenue="over_50", customers="", note="")
    do(services, "resolve", ONCALL, note="done")
    do(services, "reopen", LEAD, reason="not done")
    assert [one.met_by for one in assess(services)] == [LEAD]


def test_a_judgement_before_anybody_has_it_is_one(services):
    with services.transaction() as session:
        session.add(incident := session.get(Incident, INCIDENT))
        incident.state = "detected"
    do(services, "severity", LEAD, severity="high", reason="Few were touched")
    before = len(assess(services))
    do(services, "acknowledge", ONCALL)
    assert len(assess(services)) == before


def test_nobody_is_asked_for_steps_of_what_has_ended_until_it_is_open_again(services):
    waiting = asked_for(services)
    assert {"verify", "contain", "execute"} <= set(waiting)
    do(services, "false_positive", COMPLIANCE, reason="A test run")
    assert asked_for(services) == []
    later(services, hours=3)
    do(services, "reopen", LEAD, reason="It was none")
    assert asked_for(services) == ["execute", "plan", "report", "root_cause"]  # not what was due meanwhile
    later(services, hours=10)
    told = [one["text"] for one in entries(services, "step_overdue")]
    assert [text.split(":")[0] for text in told] == ["Find the root cause", "Choose the remedy"]


def test_a_deed_ticks_its_step(services):
    assert do(services, "root_cause", LEAD, **CAUSE).changed
    assert "root_cause" in ticked(services)


def test_a_runbook_begun_later_knows_what_was_done_before(services):
    do(services, "freeze", ONCALL, level="3", fallback="", reason="It harms women")
    do(services, "runbook", LEAD, runbook="security")
    with services.database.read() as session:
        mine = [one for one in runbooks.of(session, INCIDENT) if one.runbook == "security"]
    assert {one.key for one in mine if one.done_at} == {"acknowledge", "pause"}
    assert {one.done_by for one in mine if one.done_at} == {ONCALL}
    assert "preserve" in asked_for(services)
