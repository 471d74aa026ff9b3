"""From Slack: a candidate is promoted by two people and watched; a rollback shows its checks, and can be reversed."""

from datetime import timedelta

import pytest

from storage import registry
from storage.tables import Rollout
from tests.bot.rolled import MODEL, NEW, NOW, OLD, known, with_policy
from tests.scenarios.test_freezing import freeze, told
from tests.world import World, buttons, pretty, whispers

# What is claimed and settled is told on both by tests/bot/test_rollouts.py.
pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture
def world(fairness: World) -> World:
    """The fairness alert; its model has versions, and a candidate that passed."""
    known(fairness.bot.services)
    fairness.press("acknowledge", "oncall")
    fairness.settle()
    return fairness


def wish(world: World) -> dict:
    return [m for m in world.alert()["replies"] if "approval:approve" in pretty(m)][-1]


def press(world: World, by: str) -> dict:
    place = {"channel": "ethixai-incidents", "ts": wish(world)["ts"]}
    return world.ask("POST", "/_local/click", user=by, action_id="approval:approve", **place)


def go_on(world: World) -> None:
    for _ in range(4):
        world.settle()
        world.clock.forward(seconds=2)
    world.settle()


def checks(world: World) -> int:
    return [action for _, action, _ in world.audit()].count("analyzed")


def test_a_promotion_asks_the_product_owner_for_the_word_is_done_and_watched(world):
    with_policy(world.bot.services, watch=timedelta(minutes=5), watch_every=timedelta(minutes=3))
    freeze(world, level="4")
    form = pretty(world.press("promote", "ml_engineer")["view"])
    for words in ("Serves now: `1.0.0`", "Its checksum is as registered", "It is not blocked", "1.1.0 · RTR-1"):
        assert words in form
    assert world.fill("ml_engineer", candidate="RTR-1", reason="It treats both alike")["ok"]
    world.settle()
    assert "Promote a candidate" in pretty(wish(world))
    assert "Type PROMOTE" in pretty(press(world, "product_owner")["view"])
    assert "has to be PROMOTE" in world.fill("product_owner", word="promote")["errors"]["word"]
    assert told(world)["level"] == 4
    press(world, "product_owner")
    assert world.fill("product_owner", word="PROMOTE")["ok"]
    go_on(world)
    assert (told(world)["serve"], told(world)["level"]) == (NEW, 1)
    (message,) = [m for m in world.alert()["replies"] if "Promotion `PRM-1`" in pretty(m) and "· done" in pretty(m)]
    assert "✅ The registry and the gate have gone over to `1.1.0`" in pretty(message)
    assert "approved by Hannah Weiss" in pretty(message)
    assert f"`{NEW}` serves now; `{OLD}` is kept as last known good." in pretty(world.alert())
    before = checks(world)
    for _ in range(2):
        world.clock.forward(minutes=3)
        world.settle()
    assert checks(world) == before + 1
    thread = pretty(world.alert())
    assert "The watch of `PRM-1` is over" in thread
    assert "so they prove nothing yet" in thread  # the log that they read is of before


def test_a_rollback_shows_what_was_looked_at_and_is_one_press_from_its_reverse(world):
    assert "rollback" in buttons(world.alert())
    form = pretty(world.press("rollback", "oncall")["view"])
    for words in (
        f"*Looked at, for `{OLD}`, the last known good version*",
        "Its checksum is as registered",
        "It is not blocked",
        f"a day, is then decided by `{OLD}`",
        "Seconds, for serving code that asks the gate",
        "The Product Owner has to approve this",
    ):
        assert words in form
    assert world.fill("oncall", reason="It is unfair")["ok"]
    world.settle()
    assert "has begun" in whispers(press(world, "product_owner"))
    go_on(world)
    assert told(world)["serve"] == OLD
    line = [m for m in world.alert()["replies"] if "serves again" in pretty(m)][-1]
    assert buttons(line) == ["reverse"]
    assert world.incident().contained_at is not None
    asked = world.press("reverse", "ml_lead", line)
    assert "would serve again, which this incident is about" in pretty(asked["view"])
    assert world.fill("ml_lead", reason="The cause was upstream")["ok"]
    world.settle()
    press(world, "product_owner")
    go_on(world)
    assert told(world)["serve"] == NOW
    with world.bot.services.database.read() as session:
        assert registry.version(session, MODEL, NOW).blocked_by is None
        assert session.get(Rollout, "RBK-2").status == "done"
