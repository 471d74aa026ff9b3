"""The clocks of an incident told from Slack: what runs, what is met, what comes late, and who is told."""

from sqlmodel import select

from storage import clocks
from storage.tables import Owed
from tests.world import pretty


def kept(world) -> dict[str, tuple[bool, bool, bool, bool]]:
    """Return each newest clock as (warned, breached, met, stopped)."""
    with world.bot.services.database.read() as session:
        return {
            one.kind: tuple(at is not None for at in (one.warned_at, one.breached_at, one.met_at, one.stopped_at))
            for one in clocks.of(session, world.incident().id)
        }


def replies(world) -> list[str]:
    message = next(one for one in world.messages() if "INC-2026-03-001" in pretty(one))
    return [pretty(reply) for reply in message["replies"]]


def test_a_night_in_which_nobody_answers_is_warned_of_and_breached_once_each(fairness):
    assert "acknowledge by <!date^" in pretty(fairness.alert())
    assert kept(fairness) == dict.fromkeys(("acknowledge", "contain", "root_cause", "update"), (False,) * 4)
    fairness.clock.forward(minutes=12)
    fairness.settle()
    assert sum("*Acknowledgement* is due" in line for line in replies(fairness)) == 1
    fairness.clock.forward(minutes=4)
    fairness.settle()
    fairness.stop()
    fairness.start()
    fairness.settle()
    assert sum("*Acknowledgement* is late" in line for line in replies(fairness)) == 1
    assert "Overdue: nobody has it yet" in pretty(fairness.alert()["blocks"])
    assert fairness.audit().count(("system", "clock_breached", "done")) == 1
    with fairness.bot.services.database.read() as session:
        reasons = set(session.exec(select(Owed.reason).where(Owed.kind == "reply")))
    assert {"due_soon", "late"} <= reasons
    fairness.clock.forward(days=2)
    fairness.settle()
    assert kept(fairness)["root_cause"][1]
    assert "Late: *containment*, due <!date^" in pretty(fairness.alert()["blocks"])
    assert fairness.audit().count(("system", "clock_breached", "done")) == 4


def test_what_people_do_meets_the_clocks_and_the_end_starts_the_review(fairness):
    fairness.press("acknowledge", by="oncall")
    fairness.settle()
    fairness.press("freeze", by="oncall")
    fairness.fill("oncall", level="3", reason="Far fewer women are approved")
    fairness.settle()
    assert "Next: *status update* by <!date^" in pretty(fairness.alert()["blocks"])
    assert "is due" not in str(replies(fairness))
    fairness.press("resolve", by="oncall")
    fairness.fill("oncall", note="Went back to 1.0.0")
    fairness.settle()
    met, stopped, runs = (False, False, True, False), (False, False, False, True), (False,) * 4
    assert kept(fairness) == {
        "acknowledge": met, "contain": met, "root_cause": runs, "update": stopped, "review": runs, "postmortem": runs,
    }  # fmt: skip
    fairness.clock.forward(hours=20)
    fairness.week("e")  # it is back after all
    assert kept(fairness)["review"] == stopped
    assert kept(fairness)["acknowledge"] == kept(fairness)["contain"] == runs


def test_who_owes_a_review_is_told_that_it_is_due(fairness):
    fairness.press("acknowledge", by="oncall")
    fairness.settle()
    fairness.press("resolve", by="oncall")
    fairness.fill("oncall", note="Went back to 1.0.0")
    fairness.clock.forward(days=4)
    fairness.settle()
    (warning,) = [reply for reply in replies(fairness) if "*Review* is due" in reply]
    assert "<@U0MLLEAD01>" in warning
    assert "*Review* is late" not in str(replies(fairness))
