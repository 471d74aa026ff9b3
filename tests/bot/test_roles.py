"""Who holds which role now: by name, by address, by user group of Slack; and fresh where it matters."""

import pytest

from analysis.errors import BadInput
from analysis.vocabulary import Role
from bot.demo import demo
from bot.operations import approvals, incidents
from bot.operations.deciding import Decision
from bot.operations.doing import Request
from storage import policies
from tests.world import World, wait_for

pytestmark = pytest.mark.databases("sqlite")  # looking people up is the same on both

ENGINEER, LEAD, CTO, ONCALL = "U0MLENGI01", "U0MLLEAD01", "U0CTOOFF01", "U0ONCALL01"


def do(world: World, verb: str, by: str, **fields: str) -> str:
    request = Request(verb, world.incident().id, by, fields=fields)
    return incidents.told(incidents.move(world.bot.services, request))["says"]


def roles(world: World, who: str) -> set[Role]:
    with world.bot.services.database.read() as session:
        return set(world.bot.services.roles(session, who))


def led_by(world: World, *who: str) -> None:
    """Give the role ML Lead to these, and to nobody else."""
    services = world.bot.services
    services.policy = services.policy.model_copy(update={"roles": services.policy.roles | {Role.ML_LEAD: who}})
    world.bot.directory._next = None
    world.bot.directory.step()


def group(world: World, *handles: str) -> None:
    world.ask("POST", "/_local/usergroup", id="S0MLTEAM01", users=list(handles))


def account(world: World, handle: str, *, is_active: bool = False) -> None:
    world.ask("POST", "/_local/account", user=handle, is_active=is_active)


def stored_events(world: World) -> int:
    from sqlmodel import func, select

    from storage.tables import Inbound

    with world.bot.services.database.read() as session:
        return session.exec(select(func.count()).select_from(Inbound).where(Inbound.kind == "event")).one()


@pytest.mark.parametrize("entry", ["group:@ml-team", "group:S0MLTEAM01"])
def test_a_group_holds_a_role_while_a_person_is_in_it(fairness, entry):
    led_by(fairness, entry)
    assert Role.ML_LEAD in roles(fairness, ENGINEER)
    assert Role.ML_LEAD in roles(fairness, "ml_engineer@ethixai.local")
    assert Role.ML_LEAD not in roles(fairness, ONCALL)
    with fairness.bot.services.database.read() as session:
        assert ENGINEER in fairness.bot.services.holders(session, {Role.ML_LEAD})
    before = stored_events(fairness)
    group(fairness, "ml_lead")
    wait_for(lambda: stored_events(fairness) > before)
    fairness.clock.forward(seconds=31)
    fairness.settle()  # Slack told us, so nobody waits five minutes
    assert Role.ML_LEAD not in roles(fairness, ENGINEER)
    assert Role.ML_LEAD in roles(fairness, LEAD)


def test_what_is_dangerous_is_judged_by_what_slack_says_now_the_rest_by_what_it_said_last(fairness):
    led_by(fairness, "group:@ml-team")
    assert "level 3" in do(fairness, "freeze", ENGINEER, level="3", reason="halt")
    group(fairness, "ml_lead")
    assert Role.ML_LEAD in roles(fairness, ENGINEER)  # as it was last fetched
    assert "needs one of" in do(fairness, "unfreeze", ENGINEER, reason="go")
    assert Role.ML_LEAD not in roles(fairness, ENGINEER)


def test_who_has_left_loses_every_role_under_every_name(fairness):
    do(fairness, "freeze", LEAD, level="3", reason="halt")
    do(fairness, "unfreeze", LEAD, reason="go")
    account(fairness, "cto")
    outcome = approvals.decide(fairness.bot.services, Decision("approve", "APR-1", "cto@ethixai.local"))
    assert "needs one of" in incidents.told(outcome)["says"]
    assert roles(fairness, CTO) == roles(fairness, "cto@ethixai.local") == set()
    account(fairness, "oncall")
    fairness.clock.forward(minutes=5, seconds=1)
    fairness.settle()
    assert "needs one of" in do(fairness, "freeze", ONCALL, level="3", reason="review")
    account(fairness, "ml_lead")  # who asked has left before it is approved
    outcome = approvals.decide(fairness.bot.services, Decision("approve", "APR-1", "U0PRODOW01"))
    assert "no longer holds a role" in incidents.told(outcome)["says"]


def test_where_slack_does_not_answer_only_what_is_dangerous_is_refused(fairness):
    do(fairness, "freeze", LEAD, level="3", reason="halt")
    fairness.ask("POST", "/_local/fault", method="users.info", error="internal_error", times=2)
    assert "Slack does not say" in do(fairness, "unfreeze", LEAD, reason="go")
    assert fairness.audit()[-1] == (LEAD, "unfreeze", "refused")
    fairness.ask("POST", "/_local/heal")
    do(fairness, "unfreeze", LEAD, reason="go")
    fairness.ask("POST", "/_local/fault", method="users.info", delay_s=3.0, times=2)
    outcome = approvals.decide(fairness.bot.services, Decision("approve", "APR-1", CTO))
    assert "Slack does not say" in incidents.told(outcome)["says"]
    assert "level 4" in do(fairness, "freeze", ONCALL, level="4", reason="pause it")


def test_a_group_that_is_none_is_named(tmp_path):
    text = demo.policy_text(tmp_path, demo.DATA).replace("ml_lead@ethixai.local", "group:ml leads")
    with pytest.raises(BadInput, match="group:ml leads"):
        policies.parse(text, "policy.yaml")
