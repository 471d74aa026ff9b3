"""A decision about drift: kept with its reason, asked for by its day, reviewed weekly until it is carried out."""

from datetime import UTC, datetime

import pytest
from sqlmodel import select

from bot import rendering
from storage import learning, runbooks
from storage.tables import DriftDecision, FollowUp, Owed
from templates.decided import WAYS
from tests.bot.lived import COMPLIANCE, ENGINEER, INCIDENT, LEAD, actions, do, entries, later, says, taken

# What is written here is kept on both databases; the rest is the same on either.
pytestmark = pytest.mark.databases("sqlite")

WHY = {"decision": "retrain", "reason": "Wages rose", "owner": ENGINEER, "due": ""}


@pytest.fixture
def services(night):
    """The night of the fairness alert; the on-call person has it."""
    yield from taken(night)


def kept(services):
    with services.database.read() as session:
        rows = session.exec(select(DriftDecision).order_by(DriftDecision.number))
        return [(one.number, one.decision, one.reason, one.by, one.follow_up_id) for one in rows]


def weekly(services):
    """Return the weekly digest as it would be sent now."""
    row = Owed(key="w", kind="digest", subject="weekly", channel="ml-monitoring", created_at=services.clock.now)
    with services.database.read() as session:
        return str(rendering.render(session, services, row).text.blocks)


@pytest.mark.databases("sqlite", "postgresql")
def test_it_is_kept_with_who_what_and_why_and_its_owner_is_asked_for_it(services):
    assert "Decided" in says(do(services, "decide", LEAD, **WHY))
    assert kept(services) == [(1, "retrain", "Wages rose", LEAD, "FUP-1")]
    with services.database.read() as session:
        (still,) = session.exec(select(FollowUp))
    assert (still.kind, still.what, still.owner) == ("decision", "Retrain income-prequal", ENGINEER)
    assert still.due_at == datetime(2026, 3, 9, 18, 30, tzinfo=UTC)  # a week from the night, where she is
    later(services, days=9)
    with services.database.read() as session:
        asked = session.exec(select(Owed.channel).where(Owed.kind == "follow_up")).all()
    assert asked == [ENGINEER] * len(asked) != []
    assert "decide" in actions(services)


def test_a_later_decision_corrects_the_one_before_and_moves_what_it_asks_for(services):
    do(services, "decide", LEAD, **WHY)
    do(services, "decide", COMPLIANCE, **WHY | {"decision": "watch", "reason": "A holiday", "due": "2026-03-05"})
    assert [(number, chosen, asks) for number, chosen, _, _, asks in kept(services)] == [
        (1, "retrain", "FUP-1"), (2, "watch", "FUP-1"),
    ]  # fmt: skip
    with services.database.read() as session:
        (still,) = session.exec(select(FollowUp))
    assert still.what == "Look whether the drift of income-prequal has passed"
    assert [one["version"] for one in entries(services, "decide")] == [1, 2]


def test_the_weekly_digest_lists_it_until_a_week_after_it_is_done(services):
    assert "Decisions about drift" not in weekly(services)
    do(services, "decide", LEAD, **WHY)
    assert "*Retrain* for `income-prequal`" in weekly(services)
    assert "Wages rose" in weekly(services)
    later(services, days=12)
    assert "*late*" in weekly(services)
    do(services, "follow_up_done", ENGINEER, follow_up="FUP-1", note="1.2.0")
    assert "☑️ *Retrain*" in weekly(services)
    later(services, days=8)
    assert "Decisions about drift" not in weekly(services)


@pytest.mark.parametrize(("wrong", "told"), [
    ({"due": "2026-03-20"}, "is carried out within 7 days"),
    ({"due": "2026-03-01"}, "is a day that is over"),
    ({"decision": "hope"}, "is none of retrain, baseline, mend, watch"),
    ({"reason": ""}, "is needed"),
    ({"owner": "U0VIEWER01"}, "has to hold a role"),
])  # fmt: skip
def test_a_decision_that_is_amiss_is_not_kept(services, wrong, told):
    assert told in says(do(services, "decide", LEAD, **WHY | wrong))
    assert kept(services) == []

    with services.transaction() as session:
        book = next(one for one in runbooks.shipped() if one.id == "data_drift")
        runbooks.begin(session, INCIDENT, book, services.clock.now, services.clock.now)
    do(services, "decide", LEAD, **WHY)
    with services.database.read() as session:
        ticked = {one.key for one in runbooks.of(session, INCIDENT) if one.done_by == LEAD}
    assert "decide" in ticked


def test_each_way_has_words():
    assert all("{model}" in way.asks and way.means for way in WAYS.values())


def test_a_root_cause_names_the_version_it_was_found_in(services):
    cause = {"cause_type": "model", "version": "1.1.0", "trigger": "t", "cause": "c", "corrective": "d",
             "owner": ENGINEER, "due": "2026-03-20", "preventive": "p"}  # fmt: skip
    assert do(services, "root_cause", LEAD, **cause).changed
    do(services, "root_cause", LEAD, **cause | {"version": ""})
    with services.database.read() as session:
        assert [one.version for one in learning.root_causes(session, INCIDENT)] == ["1.1.0", None]
