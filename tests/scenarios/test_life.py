"""An incident over its whole life, from Slack: verified, resolved, watched, learnt from, closed; or taken back."""

import pytest
from sqlmodel import select

from storage import learning, timers
from storage.tables import Alert, Incident
from tests.world import buttons, pretty, whispers

CAUSE = {
    "cause_type": "model", "trigger": "Version 1.1.0 went live", "cause": "It was trained on a biased sample",
    "corrective": "Reweight the sample", "owner": "U0MLENGI01", "due": "2026-03-20",
    "preventive": "Test parity before release",
}  # fmt: skip
ON_SQLITE = pytest.mark.databases("sqlite")


def message(world, incident_id=None):
    """Return the incident's message, as it stands."""
    wanted = incident_id or world.incident().id
    return next(m for m in reversed(world.messages()) if buttons(m) and f'"{wanted}:' in pretty(m["blocks"]))


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


def test_a_critical_incident_from_alert_to_closed(fairness):
    fairness.press("acknowledge", "oncall")
    do(fairness, "investigate", "oncall")
    do(fairness, "remediate", "oncall", note="Go back to 1.0.0 today")
    assert state(fairness) == "remediating"

    fairness.log("a")
    do(fairness, "verify", "oncall", note="1.0.0 serves since ten")
    assert state(fairness) == "verifying"
    before_after = next(line for line in lines(fairness) if "back within its limits" in line)
    assert "0.63 → *0.97*, limit 0.80" in before_after  # then, now
    assert "made before the fix" in before_after  # the demo's log is a year old

    do(fairness, "resolve", "oncall", note="Went back to 1.0.0")
    shown = pretty(message(fairness)["blocks"])
    assert "Watched until" in shown
    assert "0.63 → *0.97*" in shown
    invitation = next(line for line in lines(fairness) if "Time to learn from it" in line)
    for person in ("U0MLLEAD01", "U0COMPLY01", "U0GOVERN01", "U0ONCALL01"):
        assert f"<@{person}>" in invitation
    assert any("review.md" in line for line in lines(fairness))

    assert "Root cause is needed" in do(fairness, "close", "ml_lead", note="")
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
    do(fairness, "contain", "oncall", note="Traffic goes to 1.0.0")
    do(fairness, "verify", "oncall", note="")
    assert state(fairness) == "verifying"
    assert "Too early to tell" in lines(fairness)[-1]
    assert "still over its limit" in lines(fairness)[-1]
    assert "The incident stays open" in lines(fairness)[-1]

    (fairness.folder / "log" / "current.parquet").write_bytes(b"no log")
    do(fairness, "verify", "oncall", note="Once more")  # “Look again”
    assert "could not be looked at" in lines(fairness)[-1]
    assert "could not be looked at" in pretty(message(fairness)["blocks"])


@ON_SQLITE
def test_two_incidents_of_one_cause_are_merged_and_told_apart_again(fairness):
    first = fairness.incident().id
    fairness.week("d")
    second = fairness.incident().id
    do(fairness, "merge", "ml_lead", into=first, reason="One release broke both")
    assert state(fairness, second) == "closed"
    assert "It is a part of" in pretty(message(fairness, second)["blocks"])
    assert any(second in line and "a part of this" in line for line in lines(fairness, first))
    with fairness.bot.services.database.read() as session:
        held = session.exec(select(Alert).where(Alert.incident_id == first).order_by(Alert.id)).all()
        assert "escalate" not in {one.kind for one in timers.waiting(session, second)}
    assert len(held) == 2

    assert held[-1].id in pretty(fairness.choose("split", "ml_lead", message(fairness, first)))
    fairness.fill("ml_lead", alert=held[-1].id, reason="It was another cause after all")
    fairness.settle()
    third = fairness.incident()
    assert third.id not in (first, second)
    assert (third.state, third.family) == ("detected", held[-1].family)
    assert any("split off" in line for line in lines(fairness, third.id))
    fairness.audit()


@ON_SQLITE
def test_what_becomes_critical_rings_once_and_who_was_called_hears_that_it_is_less(fairness):
    do(fairness, "severity", "ml_lead", severity="high", reason="Few were turned down")
    assert any("For those who were called: <@U0" in line for line in lines(fairness))
    do(fairness, "severity", "ml_lead", severity="critical", reason="Many were")
    assert len(rung(fairness)) == 1  # an edit never rings, so a line of its own does
    do(fairness, "severity", "ml_lead", severity="high", reason="Few, after all")
    do(fairness, "severity", "ml_lead", severity="critical", reason="No, many")
    assert len(rung(fairness)) == 1


def rung(world):
    """Return the lines that rang everybody, beside the incident's own message."""
    return [m for m in world.messages() if m["text"].startswith("<!channel>") and not buttons(m)]


@ON_SQLITE
def test_a_follow_up_is_done_from_the_message_that_asks_for_it(fairness):
    fairness.press("acknowledge", "oncall")
    do(fairness, "root_cause", "ml_lead", **CAUSE)
    assert "FUP-1" in pretty(fairness.type("/ethix followups", "ml_engineer"))
    fairness.clock.forward(days=17)
    fairness.settle()
    reminder = direct(fairness)[-1]
    assert "Due tomorrow" in reminder.text
    place = {"channel": reminder.channel, "ts": reminder.ts, "action_id": "followup:done"}
    assert "is done" in whispers(fairness.ask("POST", "/_local/click", user="ml_engineer", **place))
    fairness.settle()
    assert direct(fairness)[-1].text.startswith("☑️ Done")
    assert "every follow-up is done" in pretty(fairness.type("/ethix followups", "ml_lead"))


def direct(world):
    """Return what the bot told the ML engineer privately, oldest first."""
    messages = world.slack.workspace.direct("U0MLENGI01").messages.values()
    return [one for one in messages if one.bot and "FUP-1" in one.text]
