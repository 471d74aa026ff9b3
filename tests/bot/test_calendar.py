"""Reviews of the calendar: asked for on their day, held once by whom they are for, listed weekly till then."""

from datetime import UTC, date, datetime

import pytest
from pydantic import ValidationError
from sqlmodel import select

from analysis.response.calendar import Review
from analysis.response.outcomes import Kind
from analysis.vocabulary import Role
from bot import rendering, schedule
from bot.operations import calendar
from bot.operations.calendar import Held
from storage.tables import AuditRow, DueReview, Owed
from templates import answers
from templates.slack import limits
from tests.bot.lived import COMPLIANCE, LEAD, ONCALL, taken

pytestmark = pytest.mark.databases("sqlite")  # a turn is held once on both databases; the rest is the same on either

POLICY = Review(name="policy", what="Review the policy", months=3, by=(Role.ML_LEAD, Role.COMPLIANCE_OFFICER))
APRIL = "policy:2026-04-01"


@pytest.fixture
def services(night):
    """A world whose only review is that of the policy."""
    for made in taken(night):
        made.policy = made.policy.model_copy(update={"reviews": (POLICY,), "models": ()})
        yield made


def until(services, moment):
    """Let time go by; what is due is planned and fires."""
    for now in (datetime(2026, 3, 20, tzinfo=UTC), moment):
        services.clock.now = now
        schedule.plan(services)
        while schedule.fire(services):
            pass


def shown(services, kind="due_review", key=APRIL):
    with services.database.read() as session:
        row = session.exec(select(Owed).where(Owed.kind == kind, Owed.subject == key)).one()
        return rendering.render(session, services, row)


@pytest.mark.databases("sqlite", "postgresql")
def test_it_is_asked_for_on_its_day_and_held_once_by_whom_it_is_for(services):
    until(services, datetime(2026, 4, 1, 8, 59, tzinfo=UTC))
    with services.database.read() as session:
        assert session.exec(select(DueReview)).all() == []
    until(services, datetime(2026, 4, 1, 9, 1, tzinfo=UTC))
    asked = shown(services)
    assert f"<@{LEAD}>" in str(asked.text.blocks)
    assert f"<@{COMPLIANCE}>" in str(asked.text.blocks)
    assert limits.lint(asked.text.blocks, asked.text.text) == []
    refused = calendar.hold(services, Held(APRIL, ONCALL))
    assert answers.sentence(refused) == (
        "Your role does not let you say that this review was held. This needs one of: ML Lead or Compliance Officer."
    )
    assert calendar.hold(services, Held(APRIL, LEAD, "trigger:1")).changed
    assert calendar.hold(services, Held(APRIL, LEAD, "trigger:1")).kind is Kind.REPEATED
    second = calendar.hold(services, Held(APRIL, COMPLIANCE))
    assert (second.kind, second.facts["by"]) == (Kind.ALREADY, LEAD)
    assert "☑️ Held: Review the policy" in shown(services, "due_review_update").text.text
    until(services, datetime(2026, 6, 30, 9, 1, tzinfo=UTC))
    with services.database.read() as session:
        assert [one.held_by for one in session.exec(select(DueReview))] == [LEAD]
        outcomes = session.exec(select(AuditRow.outcome).where(AuditRow.action == "review_held")).all()
    assert outcomes == ["refused", "done", "already"]


def test_the_weekly_digest_lists_it_until_it_was_held(services):
    def weekly():
        row = Owed(key="w", kind="digest", subject="weekly", channel="ml-monitoring", created_at=services.clock.now)
        with services.database.read() as session:
            return str(rendering.render(session, services, row).text.blocks)

    until(services, datetime(2026, 4, 1, 9, 1, tzinfo=UTC))
    until(services, datetime(2026, 4, 20, 9, 1, tzinfo=UTC))
    assert "Review the policy: due since" in weekly()
    calendar.hold(services, Held(APRIL, LEAD))
    assert "Review the policy: held" in weekly()
    until(services, datetime(2026, 4, 28, 9, 1, tzinfo=UTC))
    assert "Review the policy" not in weekly()


def test_what_the_policy_no_longer_has_is_not_asked_for(services):
    until(services, datetime(2026, 3, 31, tzinfo=UTC))
    services.policy = services.policy.model_copy(update={"reviews": ()})
    until(services, datetime(2026, 4, 2, tzinfo=UTC))
    with services.database.read() as session:
        assert session.exec(select(DueReview)).all() == []
    assert "There is no review that is due" in answers.sentence(calendar.hold(services, Held("nothing:2026", LEAD)))


@pytest.mark.parametrize(("months", "days"), [(1, 12), (3, 4), (6, 2), (12, 1)])
def test_so_often_a_year(months, days):
    review = POLICY.model_copy(update={"months": months})
    turns = [
        day for ordinal in range(365) if review.is_on(day := date.fromordinal(date(2027, 1, 1).toordinal() + ordinal))
    ]
    assert len(turns) == days
    assert turns[0] == date(2027, 1, 1)


@pytest.mark.parametrize("wrong", [{"months": 5}, {"by": ()}, {"name": "My review"}, {"what": ""}])
def test_what_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValidationError):
        Review.model_validate(POLICY.model_dump() | wrong)
