"""App Home as a person's desk: what is theirs comes first, and each sees what their role allows."""

import pytest

from bot.localslack.people import PEOPLE
from bot.slack.door import Door
from bot.slack.home import publish

pytestmark = pytest.mark.databases("sqlite")


def home(world, who):
    """Return what the person's App Home shows."""
    publish(Door(world.bot.services, world.bot.directory), PEOPLE[who].id)
    return str(world.ask("POST", "/_local/home", user=who, wait_s=0)["view"]["blocks"])


def test_whose_incident_it_is_has_it_first_with_what_they_owe_on_it(fairness):
    fairness.press("acknowledge", by="oncall")
    fairness.press("assign", by="oncall")
    fairness.fill(by="oncall", duty="compliance", person=PEOPLE["compliance"].id)
    fairness.settle()
    fairness.clock.forward(minutes=61)
    fairness.settle()
    mine, officer, other = (home(fairness, who) for who in ("oncall", "compliance", "cto"))
    assert mine.index("*Yours*") < mine.index("*Models*")
    assert "You: Commander" in mine
    assert "You: Compliance and legal" in officer
    assert "4 steps of the checklist are yours, *2 overdue*" in officer
    assert "*Yours*" not in other
    assert fairness.incident().id in other


def test_a_viewer_s_desk_has_no_incident_and_no_person(fairness):
    fairness.press("acknowledge", by="oncall")
    fairness.settle()
    seen = home(fairness, "viewer")
    assert fairness.incident().id not in seen
    assert PEOPLE["oncall"].name not in seen
    assert "Income pre-qualification" in seen
