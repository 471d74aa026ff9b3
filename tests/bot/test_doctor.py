"""What `doctor` says of people: whom Slack knows, the roles that are needed, the coming two weeks on call."""

from datetime import UTC, date, datetime, timedelta

import pytest

from analysis.rotas import Order, Rota
from analysis.vocabulary import Role
from bot import doctor, settings, staffing
from bot.demo import demo
from bot.localslack.people import PEOPLE
from storage import policies
from storage.tables import Person

pytestmark = pytest.mark.databases("sqlite")

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def policy(tmp_path_factory):
    return policies.parse(demo.policy_text(tmp_path_factory.mktemp("log"), demo.DATA), "test")


@pytest.fixture
def session(database):
    with database.write() as session:
        for one in PEOPLE.values():
            session.add(Person(id=one.id, handle=one.handle, name=one.name, email=one.email, tz=one.tz, checked_at=NOW))
        session.flush()
        yield session


def leave(session, handle):
    person = session.get(Person, PEOPLE[handle].id)
    person.is_active = False
    session.add(person)
    session.flush()


def with_rota(policy, *primary, secondary=()):
    rota = Rota(name="on_call", orders=[Order(since=date(2026, 3, 2), primary=primary, secondary=secondary)])
    roles = {role: who for role, who in policy.roles.items() if role is not Role.ON_CALL}
    return policy.model_copy(update={"rotas": (rota,), "roles": roles})


def mail(handle):
    return PEOPLE[handle].email


def test_where_all_are_there_all_is_well(session, policy):
    manned = with_rota(policy, mail("oncall"), mail("ml_engineer"))
    for look in (staffing.named, staffing.roles, staffing.on_call):
        assert look(session, manned, NOW)[0] is True, look


def test_who_left_and_who_was_never_there_are_named(session, policy):
    leave(session, "cto")
    roles = policy.roles | {Role.VIEWER: ("nobody@example.org",)}
    is_well, says = staffing.named(session, policy.model_copy(update={"roles": roles}), NOW)
    assert is_well is False
    assert says == "nobody@example.org is not known in Slack; cto@ethixai.local is deactivated in Slack"


def test_whom_an_escalation_calls_by_name_is_looked_at_too(session, policy):
    first = policy.escalation[0]
    steps = (first.steps[0].model_copy(update={"to": ("user:gone@example.org",)}),)
    path = first.model_copy(update={"steps": steps})
    is_well, says = staffing.named(session, policy.model_copy(update={"escalation": (path,)}), NOW)
    assert (is_well, says) == (False, "gone@example.org is not known in Slack")


def test_a_role_whose_only_holder_left_is_held_by_nobody(session, policy):
    leave(session, "ceo")
    assert staffing.roles(session, policy, NOW) == (False, "nobody is CEO, whom the escalation calls")


def test_a_gap_of_the_coming_two_weeks_is_said_with_its_time(session, policy):
    leave(session, "ml_engineer")
    manned = with_rota(policy, mail("oncall"), mail("senior_ml_engineer"), mail("cto"), mail("ml_engineer"))
    assert staffing.on_call(session, manned, NOW)[0] is True  # her shift is further ahead
    is_well, says = staffing.on_call(session, manned, NOW + timedelta(days=7))
    assert is_well is False
    assert says.startswith("on_call: 2026-03-23 09:00 UTC – 2026-03-30 09:00 UTC  GAP: primary: Priya Nair is not")


def test_without_a_database_nothing_is_said_to_be_well(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'none.db'}")
    for name in ("people", "roles", "on call"):
        is_well, says = doctor.CHECKS[name](settings.load())
        assert is_well is None, says


def test_before_anybody_was_looked_up_it_says_so(database, policy):
    with database.read() as session:
        assert staffing.named(session, policy, NOW)[0] is None
