"""Stakeholders are told at the stages that the policy names, each once; what goes outside waits for a release."""

import pytest

from analysis.telling import Telling
from bot.localslack.people import PEOPLE
from tests.world import pretty

pytestmark = pytest.mark.databases("sqlite")

TOLD = (
    Telling(name="governance", stage="opened", severity="critical", to=("governance_lead",)),
    Telling(name="customers", stage="contained", to=("channel:general",), audience="customers",
            release=("product_owner",)),
)  # fmt: skip


def direct(world, who):
    return [str(one.blocks) for one in world.slack.workspace.direct(PEOPLE[who].id).messages.values() if one.bot]


def freeze(world, level="3"):
    world.press("freeze", "ml_lead")
    world.fill("ml_lead", level=level, reason="Sam Smith asked for it")
    world.settle()


def test_each_is_told_once_at_its_stage_and_what_goes_outside_waits_for_its_role(fairness):
    services = fairness.bot.services
    services.policy = services.policy.model_copy(update={"stakeholders": TOLD})
    before = len(fairness.messages("general"))
    freeze(fairness)
    freeze(fairness, level="4")
    mine = [one for one in direct(fairness, "governance") if "INCIDENT" in one]
    assert len(mine) == 1
    assert "Only " in mine[0]
    assert len(fairness.messages("general")) == before
    thread = pretty(fairness.alert()["replies"])
    assert "<@U0GOVERN" not in thread  # a routine line rings nobody
    assert thread.count("waits until Product Owner releases it") >= 1
    fairness.choose("tell", "compliance")
    assert "needs one of: Product Owner" in pretty(fairness.fill("compliance", telling="customers"))
    assert len(fairness.messages("general")) == before
    fairness.choose("tell", "product_owner")
    fairness.fill("product_owner", telling="customers")
    fairness.settle()
    sent = fairness.messages("general")[before:]
    assert len(sent) == 1
    assert "fault in how decisions were made" in pretty(sent)
    assert "Sam Smith" not in pretty(sent)
    assert "Release a message" not in pretty(fairness.ask("POST", "/_local/click", user="product_owner",
        action_id="more", channel="ethixai-incidents", ts=fairness.alert()["ts"])["view"])  # fmt: skip


def test_a_user_group_cannot_be_written_to():
    with pytest.raises(ValueError, match="cannot be written to"):
        Telling(name="all", stage="opened", to=("group:S0ONCALL01",))


def test_what_becomes_worse_is_told_then(fairness):
    services = fairness.bot.services
    fairness.press("acknowledge", "ml_lead")
    fairness.settle()
    fairness.press("severity", "ml_lead")
    fairness.fill("ml_lead", severity="high", reason="One branch only")
    fairness.settle()
    services.policy = services.policy.model_copy(update={"stakeholders": TOLD})
    fairness.press("freeze", "ml_lead")
    fairness.fill("ml_lead", level="1", reason="Watch it")
    fairness.settle()
    assert not [one for one in direct(fairness, "governance") if "INCIDENT" in one]
    fairness.press("severity", "ml_lead")
    fairness.fill("ml_lead", severity="critical", reason="Every branch")
    fairness.settle()
    assert len([one for one in direct(fairness, "governance") if "INCIDENT" in one]) == 1
