"""Who may approve what, when, and what two people at once lead to: the operation, without Slack."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from analysis.response.approving import Status
from bot import keys
from bot.operations import approvals, incidents
from bot.operations.deciding import Decision
from bot.operations.doing import Request
from bot.services import Services
from storage import approvals as stored
from storage import audit, oversight, policies
from storage.database import Database
from storage.tables import AuditRow, Incident
from tests.world import Night, StillClock

pytestmark = pytest.mark.databases("sqlite")  # but races
MODEL, INCIDENT = "income-prequal", "INC-2026-03-001"
LEAD, CTO, OWNER, ENGINEER = "U0MLLEAD01", "U0CTOOFF01", "U0PRODOW01", "U0MLENGI01"


@pytest.fixture
def services(night: Night):
    """The night of the fairness alert, with the model frozen by the ML Lead."""
    address = night.address or f"sqlite:///{night.folder / 'ethixbot.db'}"
    policy, _ = policies.read(night.folder / "policy.yaml")
    made = Services(
        Database(address), policy, night.folder / "data", keys.load(night.folder / "data/keys"), StillClock()
    )
    made.directory = lambda people: None  # who they are was said just now
    do(made, "freeze", LEAD, level="3", reason="halt")
    yield made
    made.database.dispose()


@pytest.fixture
def asked(services: Services) -> Services:
    """The same, and the ML Lead asks to unfreeze it."""
    assert do(services, "unfreeze", LEAD, reason="1.0.0 serves again").kind == "requested"
    return services


def do(services: Services, verb: str, by: str, **fields: str):
    return incidents.move(services, Request(verb, INCIDENT, by, fields=fields))


def decide(services: Services, verb: str, by: str, reason: str = "", **more):
    return approvals.decide(services, Decision(verb, more.pop("approval", "APR-1"), by, reason, **more))


def level(services: Services) -> int:
    with services.database.read() as session:
        return oversight.current(session, MODEL).level


def status(services: Services) -> str:
    with services.database.read() as session:
        return stored.get(session, "APR-1").status


def trail(services: Services) -> list[tuple[str, str, str]]:
    with services.database.read() as session:
        count, faults = audit.verify(session)
        assert not faults
        rows = [session.get(AuditRow, seq + 1) for seq in range(count)]
        return [(row.actor, row.action, row.outcome) for row in rows]


@pytest.mark.databases("sqlite", "postgresql")
def test_two_who_approve_at_once_do_it_once(asked):
    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(lambda who: decide(asked, "approve", who).kind, (CTO, OWNER)))
    assert sorted(outcomes) == ["already", "done"]
    assert level(asked) == 0
    assert [action for _, action, outcome in trail(asked) if (action, outcome) == ("unfreeze", "done")] == ["unfreeze"]


@pytest.mark.databases("sqlite", "postgresql")
def test_two_who_ask_at_once_ask_once(services):
    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(lambda who: do(services, "unfreeze", who, reason="x").kind, (CTO, OWNER)))
    assert sorted(outcomes) == ["already", "requested"]


def test_the_same_delivery_twice_is_one_decision_and_gets_the_same_answer(asked):
    first = incidents.told(decide(asked, "approve", CTO, delivery="trigger:1"))
    again = decide(asked, "approve", CTO, delivery="trigger:1")
    assert again.kind == "repeated"
    assert incidents.told(again) == first
    assert trail(asked).count((CTO, "approve", "done")) == 1


@pytest.mark.parametrize("by", [LEAD, "ml_lead@ethixai.local"])
def test_nobody_approves_their_own_under_whatever_name(asked, by):
    outcome = decide(asked, "approve", by)
    assert "second person" in incidents.told(outcome)["says"]
    assert (status(asked), level(asked)) == (Status.PENDING, 3)
    assert trail(asked)[-1] == (by, "approve", "refused")


def test_one_shell_is_one_person_whatever_name_is_typed_there(services):
    shell = {"door": "command line", "login": "root"}
    request = Request("unfreeze", INCIDENT, LEAD, fields={"reason": "go"}, facts=shell)
    assert incidents.move(services, request).kind == "requested"
    assert "second person" in incidents.told(decide(services, "approve", CTO, facts=shell))["says"]
    assert level(services) == 3
    assert decide(services, "approve", CTO, facts=shell | {"login": "ingrid"}).kind == "done"
    with services.database.read() as session:
        rows = [row for row in audit.rows_of(session, INCIDENT) if row.data.get("login") == "root"]
    assert [(row.actor, row.action) for row in rows] == [(LEAD, "unfreeze")]


def test_who_asked_may_take_it_back_and_ask_again(asked):
    assert decide(asked, "decline", LEAD, "too early").kind == "done"
    assert status(asked) == Status.WITHDRAWN
    assert do(asked, "unfreeze", LEAD, reason="now").kind == "requested"


@pytest.mark.parametrize(("reason", "says"), [("  ", "needed"), ("x" * 2_001, "longer than")])
def test_a_no_needs_a_reason_of_bounded_length(asked, reason, says):
    outcome = decide(asked, "decline", CTO, reason)
    assert says in incidents.told(outcome)["says"]
    assert status(asked) == Status.PENDING


@pytest.mark.parametrize("verb", ["approve", "decline"])
def test_who_holds_no_role_for_it_is_told_which_could(asked, verb):
    says = incidents.told(decide(asked, verb, ENGINEER, "no"))["says"]
    assert "CTO" in says
    assert status(asked) == Status.PENDING


def test_after_its_time_nobody_approves_it_even_where_its_timer_has_not_fired(asked):
    asked.clock.forward(hours=24, seconds=1)
    assert "lapsed" in incidents.told(decide(asked, "approve", CTO))["says"]
    assert (status(asked), level(asked)) == (Status.EXPIRED, 3)


def test_who_asked_must_still_hold_the_role(asked):
    roles = {role: who for role, who in asked.policy.roles.items() if role != "ml_lead"}
    asked.policy = asked.policy.model_copy(update={"roles": roles})
    assert "no longer holds a role" in incidents.told(decide(asked, "approve", CTO))["says"]
    assert (status(asked), level(asked)) == (Status.VOID, 3)


def test_it_is_bound_to_the_incident_as_it_was(asked):
    with asked.transaction() as session:
        session.get(stored.Approval, "APR-1").bound_to = "detected/critical/0"
    assert "has changed since" in incidents.told(decide(asked, "approve", CTO))["says"]
    assert (status(asked), level(asked)) == (Status.VOID, 3)


def test_what_cannot_be_done_is_refused_before_anybody_is_called(asked):
    decide(asked, "approve", CTO)
    assert "is not restrained" in incidents.told(do(asked, "unfreeze", LEAD, reason="again"))["says"]
    with asked.database.read() as session:
        assert stored.waiting(session) == []


def test_nobody_lowers_the_severity_first_to_be_alone_with_it(services):
    assert do(services, "severity", LEAD, severity="medium", reason="not so bad").changed
    assert do(services, "unfreeze", LEAD, reason="alone").kind == "requested"
    assert level(services) == 3


@pytest.mark.parametrize("verb", ["approve", "unfreeze"])
def test_without_slack_nothing_dangerous_is_done(asked, verb):
    asked.directory = None
    outcome = decide(asked, "approve", CTO) if verb == "approve" else do(asked, "unfreeze", CTO, reason="x")
    assert "Slack does not say" in incidents.told(outcome)["says"]
    assert (status(asked), level(asked)) == (Status.PENDING, 3)


def test_a_weaker_restraint_is_an_unfreeze_and_a_stronger_one_is_not(services):
    assert do(services, "freeze", ENGINEER, level="1", reason="a little").kind == "requested"
    assert level(services) == 3
    assert do(services, "freeze", ENGINEER, level="4", reason="pause it").kind == "done"
    assert status(services) == Status.VOID


def test_the_model_is_not_freed_from_a_lesser_incident_by_one_alone(services):
    with services.transaction() as session:
        critical = session.get(Incident, INCIDENT)
        lesser = critical.model_dump() | {"id": "INC-2026-03-002", "severity": "medium"}
        session.add(Incident(**lesser))
    request = Request("unfreeze", "INC-2026-03-002", LEAD, fields={"reason": "from here"})
    assert incidents.move(services, request).kind == "requested"
    assert level(services) == 3


def test_an_unknown_wish_is_named(services):
    assert "There is no approval “APR-9”" in incidents.told(decide(services, "approve", CTO, approval="APR-9"))["says"]
