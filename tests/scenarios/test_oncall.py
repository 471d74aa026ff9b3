"""On-call as people live it in Slack: shifts looked up, taken and given, a gap, a hand-over, a question at night."""

from datetime import date

import pytest

from analysis.rotas import Order, Rota
from analysis.vocabulary import Role
from bot.localslack.people import PEOPLE
from bot.operations import handing_over
from tests.world import pretty, whispers

pytestmark = pytest.mark.databases("sqlite")  # what is on PostgreSQL too is in tests/bot/test_oncall.py

SAM, PRIYA = PEOPLE["oncall"].id, PEOPLE["ml_engineer"].id


@pytest.fixture
def night_shift(fairness):
    """The fairness break was just posted; Sam is on call this week, Priya the next, Tomás stands behind."""
    services = fairness.bot.services
    names = [PEOPLE[one].email for one in ("oncall", "ml_engineer", "senior_ml_engineer")]
    rota = Rota(name="on_call", orders=[Order(since=date(2026, 3, 2), primary=names[:2], secondary=names[2:])])
    roles = {role: who for role, who in services.policy.roles.items() if role is not Role.ON_CALL}
    services.policy = services.policy.model_copy(update={"rotas": (rota,), "roles": roles})
    return fairness


def click(world, message, action, by, channel="ethixai-incidents"):
    return world.ask("POST", "/_local/click", user=by, channel=channel, ts=message["ts"], action_id=action)


def newest(world, text, channel="ethixai-incidents", user=None):
    return next(one for one in reversed(world.messages(channel, user)) if text in pretty(one))


def test_a_shift_is_looked_up_taken_given_back_and_exported(night_shift):
    world = night_shift
    shown = pretty(world.type("/ethix oncall", by="oncall")["ephemeral"])
    assert "Primary: *Sam Whitfield*" in shown
    assert "Secondary: *Tomás Herrera*" in shown
    assert "needs one of" in whispers(world.type("/ethix oncall", by="viewer"))
    assert "plan the shifts of others" in whispers(world.type(f"/ethix oncall override <@{PRIYA}|p> now +8h", by="cto"))

    said = whispers(world.type("/ethix oncall override @ml_engineer now +8h Sam is ill", by="ml_engineer"))
    assert f"<@{PRIYA}> is primary" in said
    world.settle()
    assert f"<@{PRIYA}> is primary now" in pretty(newest(world, "Hand-over: On call"))
    assert "Sam is ill" in pretty(world.messages("dm", "oncall"))
    assert "You have it" in whispers(world.press("acknowledge", by="ml_engineer"))

    seen = world.type("/ethix oncall cancel #1", by="oncall")
    assert "the rota holds again" in whispers(seen), pretty(seen)
    assert "Cancelled" not in whispers(world.type("/ethix oncall cancel #1", by="oncall"))
    world.type("/ethix oncall ics", by="oncall")
    world.settle()
    assert "on_call.ics" in pretty(world.messages("dm", "oncall"))


def test_the_form_says_what_is_amiss_and_then_does_it(night_shift):
    world = night_shift
    shown = world.type("/ethix oncall", by="ml_lead")["ephemeral"][-1]
    assert click(world, shown, "oncall:form", "ml_lead")["view"]
    now = int(world.clock.now.timestamp())
    wrong = {"person": PRIYA, "place": "primary", "from": now + 7200, "to": now + 3600}
    assert "after the beginning" in pretty(world.fill("ml_lead", **wrong))
    assert "is primary" in pretty(world.fill("ml_lead", **(wrong | {"to": now + 9000})))


def test_two_shifts_are_swapped_by_the_form(night_shift):
    world = night_shift
    view = world.type("/ethix oncall swap", by="oncall")["view"]
    give, take = (
        next(block for block in view["blocks"] if block["block_id"] == name)["element"] for name in ("give", "take")
    )
    mine, hers = give["initial_option"]["value"], take["options"][0]["value"]
    assert "somebody else" in pretty(world.fill("oncall", give=mine, take=mine))
    assert "Swapped" in pretty(world.fill("oncall", give=mine, take=hers))
    world.settle()
    assert f"<@{SAM}> changed who is on call" in pretty(world.messages("dm", "ml_engineer"))
    assert "(swap)" in pretty(world.type("/ethix oncall", by="oncall")["ephemeral"])
    assert "Take or give a shift" in pretty(world.type("/ethix oncall override", by="oncall")["view"])


def test_a_gap_is_told_and_whoever_takes_it_fills_it(night_shift):
    world = night_shift
    services = world.bot.services
    daily = services.policy.rotas[0].model_copy(update={"weekday": None})
    services.policy = services.policy.model_copy(update={"rotas": (daily,)})
    world.clock.forward(minutes=1)
    with services.database.write() as session:
        from storage import people

        priya = people.by_id(session, [PRIYA])[PRIYA]
        priya.is_active = False
        session.add(priya)
    assert handing_over.look_ahead(services) == 1
    world.bot.directory._next = world.clock.now.replace(year=2030)  # the workspace has not heard that she left
    world.settle()
    warned = newest(world, "A gap: On call")
    assert "Priya Nair* is not active" in pretty(warned)
    assert f"<@{SAM}> is primary" in whispers(click(world, warned, "oncall:take", "oncall"))
    assert handing_over.look_ahead(services) == 0


def test_who_went_quiet_at_night_is_asked_in_the_thread_and_answers_by_a_press(night_shift):
    world = night_shift
    world.press("acknowledge", by="oncall")
    world.clock.forward(hours=2, minutes=1)
    world.settle()
    asked = next(one for one in world.alert()["replies"] if "Are you still on it?" in pretty(one))
    assert f"<@{SAM}>" in asked["text"]
    assert "you have it" in whispers(click(world, asked, "move:still_on_it", "oncall"))
    world.clock.forward(minutes=20)
    world.settle()
    replies = pretty(world.alert()["replies"])
    assert "did not answer" not in replies
    assert "*Sam Whitfield* is on it." in replies
