"""The checklist in the thread: ticked by people and by what happens, asked after when its time is up."""

import pytest

from storage import runbooks
from tests.world import whispers

pytestmark = pytest.mark.databases("sqlite")


def steps(world):
    with world.bot.services.database.read() as session:
        return runbooks.of(session, world.incident().id)


def open_keys(world):
    return [step.key for step in steps(world) if step.done_at is None]


def checklist(world):
    """Return the checklist's message in the thread."""
    return next(reply for reply in world.alert()["replies"] if "Checklist of" in reply["text"])


def done(world, key, by):
    """Press “Done” at a step."""
    message = checklist(world)
    block = next(b for b in message["blocks"] if b.get("accessory", {}).get("value", "").endswith(f":{key}"))
    return world.ask(
        "POST", "/_local/click", user=by, channel="ethixai-incidents", ts=message["ts"], action_id="step",
        block_id=block["block_id"],
    )  # fmt: skip


def later(world, **span):
    world.clock.forward(**span)
    world.settle()


def test_a_disparate_impact_follows_the_bias_runbook_and_deeds_tick_their_steps(fairness):
    assert {step.runbook for step in steps(fairness)} == {"bias"}
    assert "0 of 11 done" in checklist(fairness)["text"]
    fairness.press("acknowledge", by="oncall")
    later(fairness, seconds=2)
    assert "1 of 11 done" in checklist(fairness)["text"]
    assert "~Take it: acknowledge the alert~" in str(checklist(fairness)["blocks"])
    fairness.press("freeze", by="oncall")
    fairness.fill(by="oncall", level="4", reason="It harms women")
    later(fairness, seconds=2)
    assert "2 of 11 done" in checklist(fairness)["text"]
    assert "2 of 11 done" in str(fairness.alert()["blocks"])
    assert all(step.by_itself for step in steps(fairness) if step.done_at)


def test_a_person_ticks_a_step_once_whoever_else_presses(fairness):
    done(fairness, "verify", by="ml_lead")
    second = done(fairness, "verify", by="ml_engineer")  # before the message was drawn anew
    assert "was first" in whispers(second)
    later(fairness, seconds=2)
    (step,) = [one for one in steps(fairness) if one.done_at]
    assert (step.key, step.by_itself) == ("verify", False)
    assert next(row for row in fairness.audit() if row[1] == "tick")[2] == "done"
    assert "verify" not in str(checklist(fairness)["blocks"])


def test_a_viewer_ticks_nothing(fairness):
    assert "needs one of" in whispers(done(fairness, "verify", by="viewer"))
    assert len(open_keys(fairness)) == 11


def test_an_overdue_step_is_asked_after_once_and_not_when_it_was_done(fairness):
    fairness.press("acknowledge", by="oncall")
    done(fairness, "verify", by="ml_lead")
    fairness.settle()
    later(fairness, minutes=61)
    told = [reply["text"] for reply in fairness.alert()["replies"] if "of the checklist is overdue" in reply["text"]]
    assert len(told) == 3  # affected, contain, preserve; verify and acknowledge were done
    assert "1 of" not in told[0]
    assert "3 steps overdue" in str(fairness.alert()["blocks"])
    assert "*overdue* since <!date^" in str(fairness.alert()["replies"])
    later(fairness, minutes=61)
    again = [reply for reply in fairness.alert()["replies"] if "of the checklist is overdue" in reply["text"]]
    assert len(again) == 3


def test_after_an_outage_each_step_that_is_overdue_is_asked_after(fairness):
    later(fairness, hours=30)
    over = [step for step in steps(fairness) if step.due_at and step.due_at < fairness.clock.now]
    assert len({step.due_at for step in over}) > 2  # a later one does not stand for those before it
    told = [reply["text"] for reply in fairness.alert()["replies"] if "of the checklist is overdue" in reply["text"]]
    assert len(told) == len(over)


def test_another_runbook_is_followed_beside_the_first(fairness):
    more = fairness.ask("POST", "/_local/click", user="ml_lead", channel="ethixai-incidents",
                        ts=fairness.alert()["ts"], action_id="more")  # fmt: skip
    fairness.ask("POST", "/_local/click", user="ml_lead", view_id=more["view"]["id"], action_id="move:runbook")
    assert fairness.fill(by="ml_lead", runbook="security")["ok"]
    later(fairness, seconds=2)
    assert {step.runbook for step in steps(fairness)} == {"bias", "security"}
    assert "Security of a model" in str(checklist(fairness)["blocks"])
