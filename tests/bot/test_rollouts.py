"""Promotion and rollback: asked for, approved by another person, done step by step, or back to what it was."""

import pytest

from analysis.response.outcomes import Kind
from tests.bot.lived import COMPLIANCE, ENGINEER, ONCALL, do, entries, says, taken
from tests.bot.rolled import NEW, NOW, OLD, OWNER, approve, asked, known, newest, run, state


@pytest.fixture
def backend(request) -> str:
    """What is claimed and settled is told on both databases; the rest is the same on either."""
    return getattr(request, "param", "sqlite")


ON_BOTH = pytest.mark.parametrize("backend", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def services(night):
    """The night of the fairness alert, with versions of its model."""
    for made in taken(night):
        yield known(made)


@ON_BOTH
def test_a_promotion_moves_names_and_gate_and_lifts_the_freeze_of_its_incident(services):
    do(services, "freeze", ONCALL, level="4", reason="unfair")
    asked(services, "promote")
    ended = run(services)
    assert ended.status == "done", ended
    names, level, _ = state(services)
    assert names == {"champion": NEW, "last_known_good": NOW}
    assert level == 1
    assert (ended.from_version, ended.requested_by, ended.approved_by) == (NOW, ENGINEER, OWNER)
    assert [one["version"] for one in entries(services, "promoted")] == [NEW]
