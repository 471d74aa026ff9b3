"""Bias audits: planned when a fairness incident is closed, run over the quarter, told to Compliance, at an end."""

from datetime import timedelta

import pytest
from sqlmodel import select

from analysis.detection.report import Report
from analysis.response.audits import Audits, Result, judge
from analysis.vocabulary import State
from bot.operations import audits, detection
from storage import timers
from storage.tables import BiasAudit, Incident, Run
from tests.bot.lived import (
    CAUSE,
    COMPLIANCE,
    ENGINEER,
    INCIDENT,
    LEAD,
    MODEL,
    actions,
    do,
    entries,
    found,
    later,
    lesser,
    report,
    resolved,
    taken,
)  # fmt: skip

# What is written here is kept on both databases; the rest is the same on either.
pytestmark = pytest.mark.databases("sqlite")

QUARTER = timedelta(days=91)


@pytest.fixture
def services(night):
    """The night of the fairness alert; nobody but the incident asks for checks."""
    for made in taken(night):
        with made.transaction() as session:
            timers.cancel(session, MODEL, ["check", "deep"])
        yield made


def closed(services):
    """Let the incident be closed; return when."""
    resolved(services)
    do(services, "root_cause", LEAD, **CAUSE)
    do(services, "follow_up_done", ENGINEER, follow_up="FUP-1", note="")
    assert do(services, "close", LEAD, note="").changed
    return found(services).closed_at


def rows(services):
    with services.database.read() as session:
        return [
            (one.number, one.due_at, one.result) for one in session.exec(select(BiasAudit).order_by(BiasAudit.number))
        ]


def audited(services, kept):
    """Let the audit that waits end with that report."""
    run, _, _ = detection.begin(services, timedelta(minutes=5))
    assert (run.purpose, run.incident_id) == ("audit", INCIDENT)
    assert detection.finish(services, run, kept, b"")
    return run


@pytest.mark.databases("sqlite", "postgresql")
def test_two_quarters_are_audited_and_then_no_more(services):
    at = closed(services)
    assert rows(services) == [(1, at + QUARTER, None), (2, at + 2 * QUARTER, None)]
    assert [one["people"] for one in entries(services, "audits_planned")] == [[COMPLIANCE]]
    later(services, days=91, minutes=1)
    audited(services, report(services, well=True))
    later(services, days=91)
    audited(services, report(services, well=False))
    assert [result for _, _, result in rows(services)] == ["fair", "unfair"]
    first, second = entries(services, "bias_audited")
    assert (first["of"], first["next"] is None, second["next"]) == (2, False, None)
    assert second["people"] == [COMPLIANCE]
    assert {one["column"] for one in second["worst"]} == {"sex", "race", "age_band"}
    later(services, days=366)
    with services.database.read() as session:
        assert len(session.exec(select(Run).where(Run.purpose == "audit")).all()) == 2
        assert session.exec(select(Incident)).one().state == State.CLOSED  # an audit raises nothing by itself
    assert actions(services).count("bias_audited") == 2


def test_an_audit_looks_at_the_whole_span(services):
    (model,) = services.policy.models
    assert model.source.window < QUARTER
    assert audits.over_the_span(services.policy, model).source.window == QUARTER


def test_one_that_cannot_look_says_so_and_the_next_one_comes(services):
    closed(services)
    later(services, days=92)
    run, _, _ = detection.begin(services, timedelta(minutes=5))
    assert detection.fail(services, run, "The log is gone.")
    assert not detection.fail(services, run, "The log is gone.")
    assert [result for _, _, result in rows(services)] == ["failed", None]
    assert [one["error"] for one in entries(services, "bias_audited")] == ["The log is gone."]
    later(services, days=91)
    audited(services, report(services, well=True))


def test_too_little_to_judge_is_neither_fair_nor_unfair(services):
    kept = report(services, well=True)
    for one in kept["results"]:
        one["verdict"] = "insufficient_data"
    assert judge(Report.from_json(kept)).result is Result.UNKNOWN


def test_a_gap_as_old_as_the_baseline_is_unfair_still(services):
    kept = report(services, well=True)
    gap = next(one for one in kept["results"] if one["family"] == "fairness" and one["limit"] is not None)
    gap |= {"reason": "standing", "verdict": "notice"}
    assert judge(Report.from_json(kept)).result is Result.UNFAIR


def test_one_that_closes_itself_is_audited_too(services):
    resolved(lesser(services))
    later(services, hours=24)
    assert [number for number, _, _ in rows(services)] == [1, 2]


def test_the_policy_says_how_often(services):
    services.policy = services.policy.model_copy(update={"bias_audits": Audits(times=0)})
    closed(services)
    assert rows(services) == []
    assert entries(services, "audits_planned") == []


@pytest.mark.parametrize("change", [{"family": "data"}, {"is_drill": True}])
def test_what_is_not_about_fairness_and_what_is_no_emergency_is_not_audited(services, change):
    with services.transaction() as session:
        incident = session.get(Incident, INCIDENT)
        for name, value in change.items():
            setattr(incident, name, value)
        session.add(incident)
    closed(services)
    assert rows(services) == []
