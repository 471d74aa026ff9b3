"""An incident over its whole life, from Slack: verified, resolved, watched, learnt from, closed; or taken back."""

import pytest
from sqlmodel import select

from storage import learning, timers
from storage.tables import Alert, Incident, Run
from tests.world import buttons, pretty, whispers

LATER = "2026-03-20"  # some days after the world begins
CAUSE = {
    "cause_type": "model", "trigger": "Version 1.1.0 went live", "cause": "It was trained on a biased sample",
    "corrective": "Reweight the sample", "owner": "U0MLENGI01", "due": LATER,
    "preventive": "Test parity before release",
}  # fmt: skip
ON_SQLITE = pytest.mark.parametrize("backend", ["sqlite"])


def message(world, incident_id=None):
    """Return the incident's message, as it stands."""
    wanted = incident_id or world.incident().id
    return next(m for m in reversed(world.messages()) if buttons(m) and wanted in pretty(m["blocks"]))


def do(world, verb, by, **values):
    """Do what a person does to the newest incident: press, fill in, wait; return all that they see."""
    world.settle()
    hand = world.press if verb in buttons(message(world)) else world.choose
    seen = hand(verb, by, message(world))
    told = world.fill(by, **values) if values else {}
    world.settle()
    return pretty([seen, told])


def state(world, incident_id=None):
    with world.bot.services.database.read() as session:
        return session.get(Incident, incident_id or world.incident().id).state


def lines(world, incident_id=None):
    """Return the thread's lines, oldest first."""
    return [pretty(reply) for reply in message(world, incident_id)["replies"]]


def follow_ups(world):
    with world.bot.services.database.read() as session:
        return learning.follow_ups(session, world.incident().id)


def resolved(world, letter="a"):
    """Let the newest incident be resolved, with that week in the log."""
    world.press("acknowledge", "oncall", message(world))
    world.log(letter)
    do(world, "resolve", "oncall", note="Went back to 1.0.0")
    return world


def test_a_critical_incident_from_alert_to_closed(fairness):
    fairness.press("acknowledge", "oncall")
    do(fairness, "investigate", "oncall")
    do(fairness, "remediate", "oncall", note="Go back to 1.0.0 today")
    assert state(fairness) == "remediating"

    fairness.log("a")
    do(fairness, "verify", "oncall", note="1.0.0 serves since ten")
    assert state(fairness) == "verifying"
    before_after = next(line for line in lines(fairness) if "back within its limits" in line)
    print(before_after)
    assert "0.64 → *0.9" in before_after  # then, now
    assert "limit 0.80" in before_after
    assert "made before the fix" in before_after  # the demo's log is a year old

    do(fairness, "resolve", "oncall", note="Went back to 1.0.0")
    shown = pretty(message(fairness)["blocks"])
    assert "Watched until" in shown
    assert "0.64 → *0.9" in shown
    invitation = next(line for line in lines(fairness) if "Time to learn from it" in line)
    for person in ("U0MLLEAD01", "U0COMPLY01", "U0GOVERN01", "U0ONCALL01"):
        assert f"<@{person}>" in invitation
    assert any("review.md" in line for line in lines(fairness))

    assert "“Root cause” is needed" in do(fairness, "close", "ml_lead", note="")
    do(fairness, "root_cause", "ml_engineer", **CAUSE)
    assert "FUP-1" in do(fairness, "close", "ml_lead", note="")
    assert state(fairness) == "resolved"
    do(fairness, "follow_up_done", "ml_engineer", follow_up="FUP-1", note="Merged")
    do(fairness, "review", "ml_lead", note="We had no parity test", owner="U0COMPLY01")
    do(fairness, "close", "ml_lead", note="Learnt")
    assert state(fairness) == "closed"
    assert [(one.id, one.kind, one.done_by) for one in follow_ups(fairness)] == [
        ("FUP-2", "policy", None),
        ("FUP-1", "corrective", "U0MLENGI01"),
    ]
    assert "Closed by" in pretty(message(fairness)["blocks"])
    fairness.audit()


@ON_SQLITE
def test_a_fix_that_does_not_show_is_said_and_the_incident_stays(fairness):
    fairness.press("acknowledge", "oncall")
    do(fairness, "verify", "oncall", note="")
    assert state(fairness) == "verifying"
    assert "Too early to tell" in lines(fairness)[-1]
    assert "still over its limit" in lines(fairness)[-1]
    assert "The incident stays open" in lines(fairness)[-1]
    assert "Look again" in pretty(message(fairness)["blocks"])


@ON_SQLITE
def test_a_look_that_fails_is_told_where_it_is_waited_for(fairness):
    fairness.press("acknowledge", "oncall")
    (fairness.folder / "log" / "current.parquet").write_bytes(b"no log")
    do(fairness, "verify", "oncall", note="")
    assert "could not be looked at" in lines(fairness)[-1]
    assert "could not be looked at" in pretty(message(fairness)["blocks"])


@ON_SQLITE
def test_one_look_at_a_time(fairness):
    fairness.press("acknowledge", "oncall")
    fairness.settle()
    fairness.press("verify", "oncall")
    fairness.fill("oncall", note="")
    fairness.press("verify", "ml_lead", fairness.alert())
    assert "was first" in pretty(fairness.fill("ml_lead", note=""))
    with fairness.bot.services.database.read() as session:
        assert len(session.exec(select(Run).where(Run.purpose == "verify")).all()) == 1


def test_what_comes_back_while_it_is_watched_reopens_it(fairness):
    resolved(fairness)
    fairness.clock.forward(hours=3)
    fairness.week("e")
    found = fairness.incident()
    assert (found.state, found.reopened, found.resolved_at) == ("detected", 1, None)
    assert "Reopened once" in pretty(message(fairness)["blocks"])
    with fairness.bot.services.database.read() as session:
        assert [one.kind for one in timers.waiting(session, found.id) if one.kind == "watch"] == []


@ON_SQLITE
def test_what_comes_back_after_the_watch_is_a_new_incident_and_the_old_one_keeps_its_alert(fairness):
    old = resolved(fairness).incident().id
    fairness.clock.forward(hours=25)
    fairness.week("e")
    new = fairness.incident().id
    assert new != old
    with fairness.bot.services.database.read() as session:
        alerts = {one.incident_id: one.state for one in session.exec(select(Alert))}
    assert alerts == {old: "followed", new: "open"}


@ON_SQLITE
def test_a_quiet_watch_ends_with_what_is_owed_before_closing(fairness):
    resolved(fairness)
    fairness.clock.forward(hours=24, minutes=1)
    fairness.settle()
    assert any("It stayed well" in line and "root cause" in line for line in lines(fairness))
    assert state(fairness) == "resolved"


def lesser(world, severity="medium"):
    """Let the incident be of less than a high severity, as if it had been found so."""
    with world.bot.services.transaction() as session:
        for row in (*session.exec(select(Incident)), *session.exec(select(Alert))):
            row.severity = severity
            session.add(row)
    return world


@ON_SQLITE
def test_a_lesser_incident_is_closed_by_a_quiet_watch(fairness):
    resolved(lesser(fairness))
    fairness.clock.forward(hours=24, minutes=1)
    fairness.settle()
    assert state(fairness) == "closed"
    assert ("system", "watch_over", "done") in fairness.audit()
    assert "Closed by the policy" in pretty(message(fairness)["blocks"])


@ON_SQLITE
def test_a_watch_in_which_nobody_saw_it_well_closes_nothing(fairness):
    resolved(lesser(fairness), letter="e")
    fairness.clock.forward(hours=24, minutes=1)
    fairness.settle()
    assert state(fairness) == "resolved"
    assert any("no check has found" in line for line in lines(fairness))


@ON_SQLITE
def test_people_reopen_it_within_a_week_and_have_it_then(fairness):
    resolved(fairness)
    fairness.clock.forward(days=6)
    do(fairness, "reopen", "ml_lead", reason="The fix was rolled back by mistake")
    found = fairness.incident()
    assert (found.state, found.acknowledged_by, found.reopened) == ("acknowledged", "U0MLLEAD01", 1)
    assert (found.resolved_at, found.escalation_step) == (None, 0)
    do(fairness, "resolve", "oncall", note="Once more")
    fairness.clock.forward(days=8)
    assert "ended more than 7 days ago" in do(fairness, "reopen", "ml_lead", reason="too late")
    assert state(fairness) == "resolved"


@ON_SQLITE
def test_a_false_alarm_is_counted_and_not_told_until_it_is_worse_or_old(fairness):
    fairness.press("acknowledge", "oncall")
    do(fairness, "false_positive", "compliance", reason="The window holds a test run")
    assert state(fairness) == "false_positive"
    assert "A false alarm" in pretty(message(fairness)["blocks"])
    fairness.clock.forward(days=2)
    fairness.week("e")
    assert state(fairness) == "false_positive"
    assert len([m for m in fairness.messages() if buttons(m)]) == 1
    fairness.clock.forward(days=6)
    fairness.week("e")
    assert fairness.incident().state == "detected"
    assert len([m for m in fairness.messages() if buttons(m)]) == 2


def test_two_incidents_of_one_cause_are_merged_and_told_apart_again(fairness):
    first = fairness.incident().id
    fairness.week("d")
    second = fairness.incident().id
    assert second != first
    do(fairness, "merge", "ml_lead", into=first, reason="One release broke both")
    assert state(fairness, second) == "closed"
    assert "It is a part of" in pretty(message(fairness, second)["blocks"])
    assert any(second in line and "a part of this" in line for line in lines(fairness, first))
    with fairness.bot.services.database.read() as session:
        held = session.exec(select(Alert).where(Alert.incident_id == first)).all()
        assert timers.waiting(session, second) == []
    assert len(held) >= 2

    seen = fairness.choose("split", "ml_lead", message(fairness, first))
    assert held[-1].id in pretty(seen)
    fairness.fill("ml_lead", alert=held[-1].id, reason="It was another cause after all")
    fairness.settle()
    third = fairness.incident()
    assert third.id not in (first, second)
    assert (third.state, third.family) == ("detected", held[-1].family)
    assert any("split off" in line for line in lines(fairness, third.id))
    fairness.audit()


@ON_SQLITE
def test_what_becomes_critical_rings_and_who_was_called_hears_that_it_is_less(fairness):
    lesser(fairness, "high")
    do(fairness, "severity", "ml_lead", severity="critical", reason="Applicants were turned down")
    assert [m["text"] for m in fairness.messages()][-1].startswith("<!channel>")
    do(fairness, "severity", "ml_lead", severity="high", reason="Few were")
    assert "For those who were called: <@U0" in lines(fairness)[-1]
    before = len(fairness.messages())
    do(fairness, "severity", "ml_lead", severity="critical", reason="More than we thought")
    assert len(fairness.messages()) == before  # it has rung once


@ON_SQLITE
def test_an_impact_on_revenue_raises_the_severity_and_never_lowers_it(fairness):
    lesser(fairness)
    do(fairness, "impact", "product_owner", revenue="5_to_20", customers="About 400", note="")
    assert fairness.incident().severity == "high"
    assert "5 to 20 %" in lines(fairness)[-1] or "5 to 20 %" in lines(fairness)[-2]
    do(fairness, "impact", "product_owner", revenue="none", customers="", note="")
    assert fairness.incident().severity == "high"


@ON_SQLITE
def test_a_follow_up_is_asked_for_until_it_is_done_from_the_message_that_asks(fairness):
    resolved(fairness)
    assert "is a day that is over" in do(fairness, "root_cause", "ml_lead", **CAUSE | {"due": "2026-01-01"})
    assert "has to hold a role" in do(fairness, "root_cause", "ml_lead", **CAUSE | {"owner": "U0VIEWER01"})
    do(fairness, "root_cause", "ml_lead", **CAUSE)
    asked = days(fairness, 17)
    assert [head for head in asked if "Due tomorrow" in head]
    asked = days(fairness, 2)
    assert [head for head in asked if "Due today" in head]
    assert [head for head in asked if "Late" in head]
    reminder = fairness.messages("U0MLENGI01", user="ml_engineer")[-1]
    place = {"channel": reminder["channel"], "ts": reminder["ts"], "action_id": "followup:done"}
    assert "is done" in whispers(fairness.ask("POST", "/_local/click", user="ml_engineer", **place))
    fairness.settle()
    assert "Done:" in fairness.messages("U0MLENGI01", user="ml_engineer")[-1]["text"]
    assert days(fairness, 3) == []
    assert "every follow-up is done" in pretty(fairness.type("/ethix followups", "ml_lead"))


@ON_SQLITE
def test_a_week_late_it_is_told_to_the_ml_lead(fairness):
    resolved(fairness)
    do(fairness, "root_cause", "ml_engineer", **CAUSE)
    shown = pretty(fairness.type("/ethix followups", "ml_engineer"))
    assert "FUP-1" in shown
    assert "you" in shown
    days(fairness, 30)
    late = [line for line in lines(fairness) if "A week late" in line]
    assert len(late) == 1
    assert "<@U0MLLEAD01>" in late[0]
    assert days(fairness, 3) == []


def days(world, count):
    """Let days go by; return the texts that the owner was newly sent."""
    before = len(world.messages("U0MLENGI01", user="ml_engineer"))
    for _ in range(count):
        world.clock.forward(days=1)
        world.settle()
    return [m["text"] for m in world.messages("U0MLENGI01", user="ml_engineer")[before:]]


@ON_SQLITE
def test_a_corrected_root_cause_is_a_new_version_and_moves_its_follow_up(fairness):
    resolved(fairness)
    do(fairness, "root_cause", "ml_lead", **CAUSE)
    do(fairness, "root_cause", "ml_lead", **CAUSE | {"cause": "A join dropped rows", "due": "2026-03-25"})
    with fairness.bot.services.database.read() as session:
        causes = learning.root_causes(session, fairness.incident().id)
    assert [(one.number, one.cause) for one in causes] == [(1, CAUSE["cause"]), (2, "A join dropped rows")]
    assert [one.due_at.date().isoformat() for one in follow_ups(fairness)] == ["2026-03-25"]
