"""A rule of the team's own, from the policy to Slack: it waits for its count, opens once, counts, and recovers."""

import pytest

from analysis.policy import Rule
from storage import alerts
from tests.world import buttons, pretty

pytestmark = pytest.mark.databases("sqlite")

RULE = {
    "name": "ages-and-hours", "when": 'psi["hours_per_week"] > 1 && error_rate < 0.5', "severity": "high",
    "family": "quality", "consecutive": 2,
}  # fmt: skip


def set_rules(world, *rules):
    made = tuple(Rule.model_validate(rule) for rule in rules)
    world.bot.services.policy = world.bot.services.policy.model_copy(update={"rules": made})


def ruled(world) -> list[dict]:
    return [m for m in world.messages() if buttons(m) and "ages-and-hours" in pretty(m)]


def open_rules(world) -> list:
    with world.bot.services.database.read() as session:
        return [a for a in alerts.open_of(session, "income-prequal") if a.details["fingerprint"][0] == "rule"]


def test_it_opens_on_the_second_run_repeats_on_the_third_and_recovers(world):
    set_rules(world, RULE)
    world.week("c")
    assert ruled(world) == []

    world.week("c")
    (message,) = ruled(world)
    shown = pretty(message["blocks"])
    assert "High" in shown
    assert "holds in 2 checks in a row" in shown
    assert 'psi[\\"hours_per_week\\"] is' in shown
    assert "&gt; 1 &amp;&amp; error_rate &lt; 0.5" in shown
    (alert,) = open_rules(world)
    assert (alert.severity, alert.family, alert.repeats) == ("high", "quality", 1)

    world.week("c")
    assert len(ruled(world)) == 1
    (alert,) = open_rules(world)
    assert alert.repeats == 2

    world.week("a")
    assert open_rules(world) == []
    (message,) = ruled(world)
    assert "💚" in pretty(message["replies"][-1])


def test_a_rule_that_left_the_policy_recovers(world):
    set_rules(world, RULE | {"consecutive": 1})
    world.week("c")
    assert len(open_rules(world)) == 1
    set_rules(world)
    world.week("c")
    assert open_rules(world) == []
