"""The life of an incident beneath its doors: watched, taken back, found false, judged, learnt from."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from analysis.response.outcomes import Kind
from analysis.vocabulary import Oversight, State
from bot.services import SYSTEM
from storage import clocks, learning, timers
from storage.tables import Alert, Owed
from tests.bot.lived import (
    CAUSE,
    COMPLIANCE,
    ENGINEER,
    INCIDENT,
    LEAD,
    ONCALL,
    actions,
    all_incidents,
    at,
    check,
    do,
    entries,
    found,
    later,
    lesser,
    looked,
    newest,
    report,
    resolved,
    says,
    taken,
)  # fmt: skip

# What ends and begins anew is told on both databases; the rest is the same on either.
pytestmark = pytest.mark.databases("sqlite")


ON_BOTH = pytest.mark.databases("sqlite", "postgresql")


@pytest.fixture
def services(night):
    """The night of the fairness alert; the on-call person has it."""
    yield from taken(night)


def test_a_look_says_before_and_after_and_that_it_is_well(services):
    do(services, "verify", ONCALL, note="")
    looked(services, report(services, well=True))
    told = entries(services, "verified")[0]
    assert (told["holds"], told["window"]) == ("well", "before")
    assert [one["holds"] for one in told["results"].values()] == ["well"]
    assert found(services).state == State.VERIFYING


@pytest.mark.parametrize(("hours", "window"), [((-50, 0), "before"), ((-5, 5), "mixed"), ((0, 20), "after")])
def test_a_look_says_whose_decisions_it_looked_at(services, hours, window):
    do(services, "verify", ONCALL, note="")
    since, until = (newest(services) + timedelta(hours=one) for one in hours)
    looked(services, at(report(services, well=False), since, until))
    told = entries(services, "verified")[0]
    assert (told["holds"], told["window"]) == ("over", window)
    assert found(services).state == State.VERIFYING  # it stays, whatever was seen


def test_a_log_that_is_up_to_date_is_held_against_the_clock(services):
    policy = services.policy
    (model,) = policy.models
    source = model.source.model_copy(update={"ends": "now"})
    now = policy.model_copy(update={"models": (model.model_copy(update={"source": source}),)})
    services.policy = now
    do(services, "verify", ONCALL, note="")
    looked(services, at(report(services, well=False), newest(services), services.clock.now + timedelta(hours=1)))
    assert entries(services, "verified")[0]["window"] == "mixed"


def test_a_look_at_a_resolved_one_reopens_it_where_newer_decisions_are_over(services):
    do(services, "resolve", ONCALL, note="done")
    since, until = (newest(services) + timedelta(hours=one) for one in (1, 20))
    looked(services, at(report(services, well=False), since, until))
    assert (found(services).state, found(services).reopened) == (State.DETECTED, 1)


def test_a_look_at_too_little_is_neither_well_nor_over(services):
    do(services, "verify", ONCALL, note="")
    kept = report(services, well=True)
    for one in kept["results"]:
        one["verdict"] = "insufficient_data"
    looked(services, kept)
    assert entries(services, "verified")[0]["holds"] == "unknown"


def test_a_look_raises_nothing_and_names_what_else_is_over(services):
    with services.transaction() as session:
        alert = session.exec(select(Alert)).one()
        alert.details = alert.details | {"fingerprint": ["another", "cause"]}
        session.add(alert)
    do(services, "verify", ONCALL, note="")
    looked(services, report(services, well=False))
    assert len(entries(services, "verified")[0]["others"]) == 1
    assert len(all_incidents(services)) == 1


@ON_BOTH
def test_what_comes_back_within_the_watch_reopens_and_counts(services):
    resolved(services)
    later(services, hours=23)
    check(services, report(services, well=False))
    now = found(services)
    assert (now.state, now.reopened, now.acknowledged_by, now.resolved_at) == (State.DETECTED, 1, None, None)
    with services.database.read() as session:
        assert "watch" not in {one.kind for one in timers.waiting(session, INCIDENT)}
    assert "reopened" in actions(services)


@ON_BOTH
def test_what_comes_back_after_the_watch_is_new_and_the_old_one_keeps_its_alert(services):
    resolved(services)
    later(services, hours=25)
    check(services, report(services, well=False))
    (old, new) = sorted(all_incidents(services))
    assert all_incidents(services) == {old: "resolved", new: "detected"}
    with services.database.read() as session:
        assert {one.incident_id: one.state for one in session.exec(select(Alert))} == {old: "followed", new: "open"}


def test_what_ended_before_the_incident_did_does_not_reopen_it(services):
    resolved(services)
    kept = report(services, well=False)
    for one in kept["alerts"]:
        one["until"] = (services.clock.now - timedelta(hours=5)).isoformat()
    later(services, hours=2)
    check(services, kept)
    assert all_incidents(services) == {INCIDENT: "resolved"}


@ON_BOTH
def test_a_quiet_watch_says_what_is_owed_and_closes_no_critical_one(services):
    resolved(services)
    later(services, hours=24)
    assert [(one["unwell"], one["lacks"]) for one in entries(services, "watch_over")] == [([], "root_cause")]
    assert found(services).state == State.RESOLVED


def test_a_quiet_watch_closes_a_lesser_one(services):
    resolved(lesser(services))
    later(services, hours=24)
    now = found(services)
    assert (now.state, now.closed_by) == (State.CLOSED, SYSTEM)
    assert actions(services)[-2:] == ["watch_over", "close"]


def test_a_watch_in_which_nobody_saw_it_well_closes_nothing(services):
    resolved(lesser(services), well=False)
    later(services, hours=24)
    assert entries(services, "watch_over")[0]["unwell"] == ["ALR-1001"]
    assert found(services).state == State.RESOLVED


@ON_BOTH
def test_people_take_it_back_within_a_week_and_have_it(services):
    resolved(services)
    later(services, days=6)
    assert do(services, "reopen", LEAD, reason="The fix was rolled back").changed
    now = found(services)
    assert (now.state, now.acknowledged_by, now.reopened) == (State.ACKNOWLEDGED, LEAD, 1)
    assert (now.resolved_at, now.resolved_by) == (None, None)
    resolved(services)
    later(services, days=7, minutes=1)
    assert "ended more than 7 days ago" in says(do(services, "reopen", LEAD, reason="late"))
    assert found(services).state == State.RESOLVED


def test_a_false_alarm_is_counted_and_not_told_until_it_is_old(services):
    assert "needs one of" in says(do(services, "false_positive", ENGINEER, reason="x"))
    assert do(services, "false_positive", COMPLIANCE, reason="The window holds a test run").changed
    later(services, days=2)
    check(services, report(services, well=False))
    assert all_incidents(services) == {INCIDENT: "false_positive"}
    later(services, days=6)
    check(services, report(services, well=False))
    assert sorted(all_incidents(services).values()) == ["detected", "false_positive"]


def test_a_false_alarm_that_becomes_worse_is_open_again(services):
    do(lesser(services, "high"), "false_positive", LEAD, reason="A test run")
    check(services, report(services, well=False))  # critical
    assert found(services).state == State.DETECTED


def test_closing_needs_the_root_cause_and_what_is_needed_first(services):
    resolved(services)
    assert "Root cause is needed" in says(do(services, "close", LEAD))
    assert do(services, "root_cause", LEAD, **CAUSE).changed
    assert "FUP-1" in says(do(services, "close", LEAD))
    assert found(services).state == State.RESOLVED
    assert do(services, "follow_up_done", ENGINEER, follow_up="FUP-1", note="").changed
    assert do(services, "follow_up_done", LEAD, follow_up="FUP-1", note="").kind is Kind.ALREADY
    assert do(services, "close", LEAD).changed
    assert found(services).state == State.CLOSED


def test_nobody_lowers_it_to_close_it_without_a_root_cause(services):
    do(services, "severity", LEAD, severity="medium", reason="not so bad")
    resolved(services)
    assert not do(services, "close", LEAD).changed


def test_a_corrected_root_cause_is_a_new_version_and_moves_its_follow_up(services):
    do(services, "root_cause", LEAD, **CAUSE)
    do(services, "root_cause", LEAD, **CAUSE | {"cause": "A join dropped rows", "due": "2026-03-25"})
    with services.database.read() as session:
        causes = learning.root_causes(session, INCIDENT)
        follow_ups = learning.follow_ups(session, INCIDENT)
    assert [(one.number, one.cause) for one in causes] == [(1, CAUSE["cause"]), (2, "A join dropped rows")]
    assert [(one.id, one.due_at) for one in follow_ups] == [("FUP-1", datetime(2026, 3, 25, 18, 30, tzinfo=UTC))]


@pytest.mark.parametrize(("wrong", "told"), [
    ({"due": "2026-01-01"}, "is a day that is over"),
    ({"owner": "U0VIEWER01"}, "has to hold a role"),
    ({"owner": "Priya"}, "is no Slack user id"),
    ({"due": "soon"}, "is no day"),
    ({"cause_type": "magic"}, "is none of"),
    ({"cause": " "}, "is needed"),
])  # fmt: skip
def test_a_form_that_is_amiss_keeps_nothing(services, wrong, told):
    assert told in says(do(services, "root_cause", LEAD, **CAUSE | wrong))
    with services.database.read() as session:
        assert (learning.root_causes(session, INCIDENT), learning.follow_ups(session, INCIDENT)) == ((), ())


def asked(services):
    """Return when the owner was asked, by her own clock, and why."""
    with services.database.read() as session:
        rows = session.exec(select(Owed).where(Owed.kind == "follow_up").order_by(Owed.id))
        return [(row.channel, row.created_at.isoformat(timespec="minutes"), row.data["why"]) for row in rows]


@ON_BOTH
def test_an_owner_is_asked_the_day_before_on_the_day_and_daily_then_the_lead_is_told(services):
    do(services, "follow_up", LEAD, what="Write the test", owner=ENGINEER, due="2026-03-20", needed="afterwards")
    later(services, days=18, hours=6)
    morning = "T03:30+00:00"  # nine in Kolkata, where she is
    assert asked(services) == [
        (ENGINEER, f"2026-03-19{morning}", "tomorrow"),
        (ENGINEER, f"2026-03-20{morning}", "today"),
    ]
    later(services, days=30)
    assert [why for _, _, why in asked(services)] == ["tomorrow", "today", *["late"] * 6]
    assert [one["people"] for one in entries(services, "follow_up_late")] == [[LEAD]]


def test_nobody_is_asked_for_what_is_done(services):
    do(services, "follow_up", LEAD, what="Write the test", owner=ENGINEER, due="2026-03-20", needed="afterwards")
    later(services, days=17)
    do(services, "follow_up_done", ENGINEER, follow_up="FUP-1", note="in main")
    later(services, days=30)
    assert [why for _, _, why in asked(services)] == ["tomorrow"]


def test_a_review_owes_an_update_within_a_week_and_meets_its_clocks(services):
    resolved(services)
    assert do(services, "review", LEAD, note="We had no parity test", attendees="", owner=COMPLIANCE).changed
    with services.database.read() as session:
        update = learning.follow_ups(session, INCIDENT)[0]
        still = {one.kind for one in clocks.running(session, INCIDENT)}
    assert (update.kind, update.owner, update.due_at - services.clock.now <= timedelta(days=8)) == (
        "policy", COMPLIANCE, True
    )  # fmt: skip
    assert not {"review", "postmortem"} & still


def test_the_end_of_a_lesser_incident_invites_nobody(services):
    resolved(lesser(services))
    assert entries(services, "review_owed") == []


@pytest.mark.parametrize(("was", "revenue", "becomes"), [
    ("medium", "none", "medium"),
    ("medium", "under_5", "medium"),
    ("medium", "5_to_20", "high"),
    ("low", "20_to_50", "high"),
    ("high", "over_50", "critical"),
    ("critical", "none", "critical"),
])  # fmt: skip
def test_an_impact_raises_the_severity_and_never_lowers_it(services, was, revenue, becomes):
    do(lesser(services, was), "impact", "U0PRODOW01", revenue=revenue, customers="400", note="")
    assert found(services).severity == becomes


def test_what_people_judged_holds_until_it_becomes_worse(services):
    do(services, "severity", LEAD, severity="high", reason="Few were touched")
    check(services, report(services, well=False))  # critical, as before
    assert found(services).severity == "high"
    assert entries(services, "severity")[0]["told"]  # whoever was called for it


def test_a_freeze_by_the_policy_leaves_when_it_was_contained_before(services):
    (watched,) = services.policy.models
    frozen = watched.model_copy(update={"freeze_on_critical": Oversight.PAUSED})
    services.policy = services.policy.model_copy(update={"models": (frozen,)})
    do(lesser(services), "contain", ONCALL, note="Sent by hand")
    before = found(services).contained_at
    services.clock.forward(minutes=5)
    assert do(services, "severity", LEAD, severity="critical", reason="Many were touched").changed
    assert [one["level"] for one in entries(services, "frozen")] == [4]
    assert found(services).contained_at == before


def test_merging_goes_only_into_an_open_one_of_the_same_model(services):
    assert "There is no incident" in says(do(services, "merge", LEAD, into="INC-2026-03-099", reason="x"))
    assert "has to be another" in says(do(services, "merge", LEAD, into=INCIDENT, reason="x"))
    assert "only one" in says(do(services, "split", LEAD, alert="ALR-1001", reason="x"))
