"""Whom the policy needs and has not: calls that reach nobody, wishes that nobody could approve."""

import pytest

from analysis.response.staffing import called, lacks
from analysis.vocabulary import Role
from bot.app import DEFAULT_POLICY
from storage import policies
from templates import staffing as words

ALL = {role: {f"U{role.value.upper()}"} for role in Role}


@pytest.fixture(scope="module")
def policy():
    return policies.read(DEFAULT_POLICY)[0]


def told(policy, holders):
    return [words.lack(one) for one in lacks(policy, holders)]


def test_where_each_role_is_held_by_somebody_else_nothing_lacks(policy):
    assert called(policy) >= {Role.ON_CALL, Role.CTO, Role.CEO, Role.SECURITY_OFFICER}
    assert told(policy, ALL) == []


def test_a_role_that_is_called_and_not_held_is_named(policy):
    assert told(policy, ALL | {Role.CEO: set()}) == ["nobody is CEO, whom the escalation calls"]


def test_an_approval_without_anybody_is_named(policy):
    said = told(policy, ALL | {Role.COMPLIANCE_OFFICER: set()})
    assert "nobody could approve “Accept the risk”: it needs Compliance Officer" in said
    assert "“Change the policy” needs Compliance Officer, one person each, and only 0 hold those roles" not in said
    assert any("Change the policy" in line for line in said)


def test_who_asks_cannot_be_the_only_one_to_approve(policy):
    one = {"U1"}
    said = told(policy, ALL | {Role.ML_LEAD: one, Role.COMPLIANCE_OFFICER: one})
    assert "nobody but who asks could approve “Accept the risk”: it needs Compliance Officer" in said


def test_a_change_of_the_policy_needs_three_people(policy):
    both = {"U1"}
    said = told(policy, ALL | {Role.ML_LEAD: both, Role.CTO: both})
    assert said == ["“Change the policy” needs ML Lead and CTO, one person each, and only 1 hold those roles"]
