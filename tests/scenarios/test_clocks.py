"""The clocks of an incident told from Slack: what runs, what is met, what comes late, and who is told."""

from datetime import timedelta

import pytest
from sqlmodel import select

from bot.demo import demo
from storage import clocks, timers
from storage.tables import Owed
from tests.world import buttons, pretty

ON_SQLITE = pytest.mark.databases("sqlite")


@pytest.fixture
def unchecked(fairness):
    """The same world, in which no check of the schedule takes its time."""
    services = fairness.bot.services
    services.policy = services.policy.model_copy(update={"models": (), "digests": ()})
    with services.transaction() as session:
        for kind in ("check", "deep"):
            timers.cancel(session, demo.MODEL, [kind])
    return fairness


def kept(world) -> dict[str, tuple[bool, bool, bool, bool]]:
    """Return each newest clock as (warned, breached, met, stopped)."""
    with world.bot.services.database.read() as session:
        return {
            one.kind: tuple(at is not None for at in (one.warned_at, one.breached_at, one.met_at, one.stopped_at))
            for one in clocks.of(session, "INC-2026-03-001")
        }


def replies(world) -> list[str]:
    return [pretty(reply) for reply in message(world)["replies"]]


def message(world) -> dict:
    return next(one for one in world.messages() if "INC-2026-03-001" in pretty(one))


def do(world, verb, by, **fields):
    """Press the verb, on the message or in its menu, and fill its form; return what the person then saw."""
    world.settle()
    shown = message(world)
    if verb in buttons(shown):
        seen = world.press(verb, by, shown)
    else:
        where = {"channel": "ethixai-incidents", "ts": shown["ts"]}
        menu = world.ask("POST", "/_local/click", user=by, action_id="more", **where)["view"]
        seen = world.ask("POST", "/_local/click", user=by, view_id=menu["id"], action_id=f"move:{verb}")
    seen = world.fill(by, **fields) if fields else seen
    world.settle()
    return seen


def offers(world, by) -> str:
    """Return the menu that the person sees."""
    where = {"channel": "ethixai-incidents", "ts": message(world)["ts"]}
    return pretty(world.ask("POST", "/_local/click", user=by, action_id="more", **where)["view"])


def due(world) -> dict:
    """Return the spans from the opening to when what still runs is due, to the minute."""
    with world.bot.services.database.read() as session:
        incident = world.incident()
        found = {one.kind: one.due_at - incident.opened_at for one in clocks.running(session, incident.id)}
    return {kind: timedelta(minutes=round(span / timedelta(minutes=1))) for kind, span in found.items()}


def test_a_night_in_which_nobody_answers_is_warned_of_and_breached_once_each(unchecked):
    assert "acknowledge by <!date^" in pretty(message(unchecked))
    assert kept(unchecked) == dict.fromkeys(("acknowledge", "contain", "root_cause", "update"), (False,) * 4)
    unchecked.clock.forward(minutes=12)
    unchecked.settle()
    assert sum("*Acknowledgement* is due" in line for line in replies(unchecked)) == 1
    unchecked.clock.forward(minutes=4)
    unchecked.settle()
    unchecked.stop()
    unchecked.start()
    unchecked.settle()
    assert sum("*Acknowledgement* is late" in line for line in replies(unchecked)) == 1
    assert "Overdue: nobody has it yet" in pretty(message(unchecked)["blocks"])
    assert unchecked.audit().count(("system", "clock_breached", "done")) == 1
    with unchecked.bot.services.database.read() as session:
        reasons = set(session.exec(select(Owed.reason).where(Owed.kind == "reply")))
    assert {"due_soon", "late"} <= reasons
    unchecked.clock.forward(days=2)
    unchecked.settle()
    assert kept(unchecked)["root_cause"][1]
    assert "Late: *containment*, due <!date^" in pretty(message(unchecked)["blocks"])
    assert unchecked.audit().count(("system", "clock_breached", "done")) == 4


@ON_SQLITE
def test_what_people_do_meets_the_clocks_and_the_end_starts_the_review(unchecked):
    do(unchecked, "acknowledge", "oncall")
    do(unchecked, "freeze", "oncall", level="3", reason="Far fewer women are approved")
    assert "Next: *judgement of the severity* by <!date^" in pretty(message(unchecked)["blocks"])
    do(unchecked, "severity", "oncall", severity="critical", reason="It is every branch")
    assert "confirmed that it is 🔴 Critical" in replies(unchecked)[-1]
    assert "Next: *status update* by <!date^" in pretty(message(unchecked)["blocks"])
    assert "is due" not in str(replies(unchecked))
    do(unchecked, "resolve", "oncall", note="Went back to 1.0.0")
    met, stopped, runs = (False, False, True, False), (False, False, False, True), (False,) * 4
    assert kept(unchecked) == {
        "acknowledge": met, "assess": met, "contain": met, "root_cause": runs, "update": stopped, "review": runs,
        "postmortem": runs,
    }  # fmt: skip


@ON_SQLITE
def test_who_owes_a_review_is_told_that_it_is_due(unchecked):
    do(unchecked, "acknowledge", "oncall")
    do(unchecked, "resolve", "oncall", note="Went back to 1.0.0")
    unchecked.clock.forward(days=4)
    unchecked.settle()
    (warning,) = [reply for reply in replies(unchecked) if "*Review* is due" in reply]
    assert "<@U0MLLEAD01>" in warning
    assert "*Review* is late" not in str(replies(unchecked))


@ON_SQLITE
def test_an_update_is_told_and_begins_the_time_of_the_next(unchecked):
    unchecked.clock.forward(minutes=50)
    unchecked.settle()
    assert sum("*Status update* is due" in line for line in replies(unchecked)) == 1
    do(unchecked, "update", "oncall", note="Rolled back; <!channel> watching")
    assert "📝 Status update by *Sam Whitfield*" in replies(unchecked)[-1]
    assert "<!channel>" not in replies(unchecked)[-1]
    unchecked.clock.forward(minutes=50)
    unchecked.settle()
    with unchecked.bot.services.database.read() as session:
        updates = [one for one in clocks.of(session, "INC-2026-03-001") if one.kind == "update"]
    assert [(one.number, one.met_by, one.breached_at) for one in updates] == [(1, "U0ONCALL01", None), (2, None, None)]
    assert updates[1].due_at - updates[0].met_at == timedelta(hours=1)


def test_a_clock_rests_with_a_reason_and_goes_on_with_what_it_had_left(unchecked):
    do(unchecked, "acknowledge", "oncall")
    assert "move:pause_clock" not in offers(unchecked, "oncall")
    do(unchecked, "pause_clock", "ml_lead", clock="root_cause", reason="The vendor's log comes tomorrow")
    shown = pretty(message(unchecked)["blocks"])
    assert "The clock of the *root cause* rests" in shown
    assert "The vendor's log comes tomorrow" in shown
    unchecked.clock.forward(days=2)
    unchecked.settle()
    assert not kept(unchecked)["root_cause"][1]
    do(unchecked, "resume_clock", "ml_lead", clock="root_cause", reason="It came")
    unchecked.clock.forward(hours=23)
    unchecked.settle()
    assert kept(unchecked)["root_cause"][:2] == (True, False)
    unchecked.clock.forward(hours=2)
    unchecked.settle()
    assert kept(unchecked)["root_cause"][1]


@ON_SQLITE
def test_a_confirmed_breach_runs_the_clock_of_the_regulator_until_the_notice_is_recorded(unchecked):
    do(unchecked, "acknowledge", "oncall")
    assert "move:confirm" not in offers(unchecked, "oncall")
    do(unchecked, "confirm", "compliance", reason="The four-fifths rule does not hold")
    with unchecked.bot.services.database.read() as session:
        (draft,) = session.exec(select(Owed).where(Owed.kind == "drafted"))
    assert (draft.channel, draft.data["name"], draft.status) == ("U0COMPLY01", "regulator_notice.txt", "sent")
    do(unchecked, "resolve", "oncall", note="Went back to 1.0.0")
    unchecked.clock.forward(hours=60)
    unchecked.settle()
    (warning,) = [line for line in replies(unchecked) if "*Notice to the regulator* is due" in line]
    assert "<@U0COMPLY01>" in warning
    do(unchecked, "notify_regulator", "compliance", authority="ODPC", reference="ODPC/2026/17")
    assert "`ODPC/2026/17`" in replies(unchecked)[-1]
    unchecked.clock.forward(hours=20)
    unchecked.settle()
    assert kept(unchecked)["regulator"] == (True, False, True, False)


@ON_SQLITE
def test_a_milder_severity_gives_the_longer_time_and_a_worse_one_the_shorter(unchecked):
    do(unchecked, "acknowledge", "oncall")
    do(unchecked, "severity", "ml_lead", severity="medium", reason="A test group only")
    found = due(unchecked)
    assert found["contain"] == timedelta(hours=24)
    assert "root_cause" not in found
    assert found["fix"] == timedelta(hours=72)
    unchecked.clock.forward(hours=5)
    do(unchecked, "severity", "ml_lead", severity="critical", reason="Not only")
    found = due(unchecked)
    assert found["contain"] == timedelta(hours=6)
    assert found["root_cause"] == timedelta(hours=29)
    assert "fix" not in found
