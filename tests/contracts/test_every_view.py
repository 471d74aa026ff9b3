"""Every role × what there is to see × door: the access table of the monitoring policy (003 §6) holds in each."""

import pytest

from analysis.response import permissions
from analysis.response.permissions import ACTIONS, SEEN_IN, VIEWS, Action, View
from analysis.vocabulary import Family, Role
from bot.demo.demo import PEOPLE
from bot.localslack.gestures import person_id
from bot.slack import home
from bot.slack.door import Door
from templates import answers
from tests.world import World, pretty

pytestmark = pytest.mark.databases("sqlite")  # who sees what is the same on both

# 003 §6, with the rows that E2 adds.
TABLE = {
    View.DRIFT_OVERVIEW: set(Role),
    View.FAIRNESS_MONITOR: set(Role) - {Role.VIEWER},
    View.MODEL_HEALTH: set(Role) - {Role.VIEWER, Role.COMPLIANCE_OFFICER},
    View.INCIDENT_TIMELINE: set(Role) - {Role.VIEWER},
}
MAY_ANALYZE = {Role.ADMIN, Role.ML_ENGINEER, Role.SENIOR_ML_ENGINEER, Role.ML_LEAD, Role.ON_CALL}
INCIDENT = "INC-2026-03-001"


def test_the_table_is_the_policys():
    assert {view: set(VIEWS[view]) for view in TABLE} == TABLE
    assert set(ACTIONS[Action.ANALYZE]) == MAY_ANALYZE
    assert set(SEEN_IN) == set(Family)
    assert set(ACTIONS) == set(Action)


@pytest.mark.parametrize("action", Action)
def test_a_refusal_says_what_and_who_could(action):
    for role in set(Role) - ACTIONS[action]:
        with pytest.raises(permissions.NotAllowed) as refused:
            permissions.permit(action, {role})
        words = answers.refusal(refused.value)
        assert answers.MAY[action] in words
        assert "needs one of" in words


def test_each_role_sees_in_slack_what_it_may_and_nothing_else(fairness):
    for role in Role:
        sees = permissions.views({role})
        by = PEOPLE[role.value]
        told = {
            name: pretty(fairness.type(f"/ethix {name}", by)["ephemeral"][-1])
            for name in ("status", "models", "alerts")
        }
        told["home"] = pretty(home_of(fairness, by))
        shows_incidents = View.INCIDENT_TIMELINE in sees
        for door in ("status", "home", "alerts"):
            assert (INCIDENT in told[door]) == shows_incidents, (role, door)
        for door in ("status", "models", "home"):
            assert shows_incidents or "incident" not in told[door].replace("ethixai-incidents", ""), (role, door)
        assert ("Last check" in told["models"]) == (View.MODEL_HEALTH in sees), role
        assert ("Last check" in told["home"]) == (View.MODEL_HEALTH in sees), role
        assert ("women" in told["alerts"].lower() or "Female" in told["alerts"]) == (View.FAIRNESS_MONITOR in sees), (
            role
        )
        asked = fairness.type(f"/ethix incident {INCIDENT}", by)
        assert bool(asked.get("view")) == shows_incidents, role
        analyzed = pretty(fairness.type("/ethix analyze income-prequal", by)["ephemeral"][-1])
        assert ("Checking" in analyzed) == (role in MAY_ANALYZE), role
    assert_every_look_is_recorded(fairness)


def home_of(world: World, handle: str):
    """Return the person's App Home as it is published for them."""
    user = person_id(handle)
    home.publish(Door(world.bot.services, world.bot.directory), user)
    return world.ask("POST", "/_local/home", user=handle, wait_s=0)["view"]


def assert_every_look_is_recorded(world: World) -> None:
    looks = [(actor, outcome) for actor, action, outcome in world.audit() if action == "view"]
    assert ("U0VIEWER01", "refused") in looks  # the incident
    assert ("U0VIEWER01", "done") in looks
