"""What needs a second person: asked in the thread, approved or declined there, and never by who asked."""

import pytest

from analysis.response.approving import Status
from bot.slack import home
from bot.slack.door import Door
from storage import approvals, oversight
from tests.world import World, pretty, whispers

# What is told here is told alike on both; tests/bot/test_approvals.py races on both.
pytestmark = pytest.mark.databases("sqlite")

MODEL = "income-prequal"


@pytest.fixture
def asked(fairness: World) -> World:
    """The model of a critical incident was frozen, and the ML Lead, who froze it, asks to unfreeze it."""
    fairness.press("freeze", "ml_lead")
    assert fairness.fill("ml_lead", level="3", reason="halt")["ok"]
    fairness.settle()
    ask(fairness, "ml_lead")
    return fairness


def ask(world: World, by: str):
    world.press("unfreeze", by)
    told = world.fill(by, reason="1.0.0 serves again")
    world.settle()
    return told


def thread(world: World) -> list[dict]:
    message = next(m for m in reversed(world.messages()) if world.incident().id in pretty(m))
    return message["replies"]


def wish(world: World) -> dict:
    """Return the newest message with the two buttons."""
    return next(one for one in reversed(thread(world)) if "approval:approve" in pretty(one))


def press(world: World, action: str, by: str):
    place = {"channel": "ethixai-incidents", "ts": wish(world)["ts"]}
    return world.ask("POST", "/_local/click", user=by, action_id=f"approval:{action}", **place)


def level(world: World) -> int:
    with world.bot.services.database.read() as session:
        return oversight.current(session, MODEL).level


def status(world: World, approval: str = "APR-1") -> str:
    with world.bot.services.database.read() as session:
        return approvals.get(session, approval).status


def test_it_is_asked_in_the_thread_and_done_in_both_names(asked):
    message = wish(asked)
    assert "Maya Lindqvist asks: Unfreeze the model" in pretty(message)
    assert "1.0.0 serves again" in pretty(message)
    assert "<@U0PRODOW01>" in pretty(message)
    assert "<@U0MLLEAD01>" not in pretty(message)
    assert "waits for a second person" in pretty(asked.alert()["blocks"])
    assert "has asked for this already" in pretty(ask(asked, "compliance"))
    for by, why in (("ml_lead", "second person"), ("ml_engineer", "needs one of"), ("viewer", "needs one of")):
        assert why in whispers(press(asked, "approve", by))
    assert (level(asked), status(asked)) == (3, Status.PENDING)

    assert "Approved. Done: the model decides again." in whispers(press(asked, "approve", "product_owner"))
    assert "was approved by <@U0PRODOW01>" in whispers(press(asked, "approve", "cto"))
    asked.settle()
    assert level(asked) == 0
    edited = next(one for one in thread(asked) if one["ts"] == message["ts"])
    assert "approval:approve" not in pretty(edited)
    assert "was approved by Hannah Weiss" in pretty(edited)
    done = pretty(thread(asked)[-1])
    assert "Maya Lindqvist" in done
    assert "Approved by *Hannah Weiss*" in done
    assert "waits for a second person" not in pretty(asked.alert()["blocks"])
    rows = asked.audit()
    assert {("U0MLLEAD01", "unfreeze", "requested"), ("U0PRODOW01", "approve", "done")} <= set(rows)
    assert ("U0MLLEAD01", "unfreeze", "done") in rows
    assert rows[-1] == ("U0CTOOFF01", "approve", "already")


def test_declining_needs_a_reason_which_the_asker_hears_and_a_change_makes_the_next_one_void(asked):
    form = pretty(press(asked, "decline", "compliance")["view"])
    assert "Unfreeze the model" in form
    assert "Maya Lindqvist asked" in form
    assert "reason" in asked.fill("compliance", reason=" ")["errors"]
    assert asked.fill("compliance", reason="the audit is not done")["ok"]
    asked.settle()
    last = pretty(thread(asked)[-1])
    assert "the audit is not done" in last
    assert "<@U0MLLEAD01>" in last
    assert (status(asked), level(asked)) == (Status.DECLINED, 3)

    ask(asked, "ml_lead")
    asked.press("freeze", "oncall")
    asked.fill("oncall", level="4", reason="pause it")
    asked.settle()
    assert status(asked, "APR-2") == Status.VOID
    assert "is void" in pretty(thread(asked)[-1])
    assert "approval:approve" not in pretty(thread(asked))

    ask(asked, "ml_lead")
    asked.clock.forward(hours=24, minutes=1)
    asked.settle()
    assert status(asked, "APR-3") == Status.EXPIRED
    assert "Nobody approved" in pretty(thread(asked))
    assert ("system", "approval_expired", "done") in asked.audit()


def test_it_is_approved_from_app_home_too(asked):
    door = Door(asked.bot.services, asked.bot.directory)
    home.publish(door, "U0COMPLY01")
    desk = asked.ask("POST", "/_local/home", user="compliance", wait_s=0)["view"]
    assert "Waits for your approval" in pretty(desk)
    home.publish(door, "U0MLLEAD01")
    own = asked.ask("POST", "/_local/home", user="ml_lead", wait_s=0)["view"]
    assert "Waits for your approval" not in pretty(own)
    assert "It needs one of: Admin" in pretty(own["blocks"])
    back = {"view_id": own["id"], "action_id": "approval:decline"}
    assert "Take it back" in pretty(asked.ask("POST", "/_local/click", user="ml_lead", **back)["view"]["submit"])
    where = {"view_id": desk["id"], "action_id": "approval:approve", "block_id": "approval:APR-1"}
    seen = asked.ask("POST", "/_local/click", user="compliance", **where)
    assert "the model decides again" in pretty(seen)
    assert level(asked) == 0
    after = asked.ask("POST", "/_local/home", user="compliance", wait_s=0)["view"]
    assert "Waits for your approval" not in pretty(after)
