"""The figures of a response: what the records say of a stretch of time, and what the weekly digest makes of it."""

from datetime import timedelta

import pytest
from sqlmodel import select

from analysis.response.figures import Figure, Seen
from analysis.vocabulary import Severity
from bot import rendering
from storage import figures
from storage.tables import Incident, Owed
from tests.bot.lived import CAUSE, INCIDENT, LEAD, ONCALL, check, do, later, report, resolved, taken

# What the records say is asked of both databases; the rest is the same on either.
pytestmark = pytest.mark.databases("sqlite")

CRITICAL = Severity.CRITICAL


@pytest.fixture
def services(night):
    """The night of the fairness alert; the on-call person has it."""
    yield from taken(night)


def seen(services, **back) -> Seen:
    now = services.clock()
    with services.database.read() as session:
        return figures.load(session, now - timedelta(**back or {"days": 7}), now)


@pytest.mark.databases("sqlite", "postgresql")
def test_the_records_say_how_long_it_took_what_was_late_and_what_came_back(services):
    later(services, minutes=90)  # containing it takes too long
    do(services, "contain", ONCALL, note="Switched off")
    do(services, "root_cause", LEAD, **CAUSE)
    before = seen(services)
    assert (before.opened, before.reopened, before.repeated, before.open_critical) == (1, 0, 0, 1)
    assert set(before.spans) == {
        (figure, CRITICAL) for figure in (Figure.ACKNOWLEDGE, Figure.CONTAIN, Figure.ROOT_CAUSE)
    }
    assert timedelta(minutes=90) < before.spans[Figure.CONTAIN, CRITICAL][0] < timedelta(minutes=100)
    assert before.breaches == 3  # to judge the severity, to contain, and a status update
    resolved(services)
    do(services, "review", LEAD, note="We had no parity test", attendees="", owner=LEAD)
    later(services, days=2)
    check(services, report(services, well=False))  # the same again, as a new incident
    after = seen(services)
    assert (after.opened, after.reopened, after.repeated, after.open_critical) == (2, 0, 1, 1)
    assert [lag.days for lag in after.policy_lags] == [2]
    assert len(after.spans[Figure.RESOLVE, CRITICAL]) == 1
    later(services, days=30)
    assert seen(services).spans == {}


def test_what_was_reopened_came_back_and_a_drill_counts_nowhere(services):
    do(services, "resolve", ONCALL, note="done")
    do(services, "reopen", LEAD, reason="not done")
    assert (seen(services).reopened, seen(services).repeated) == (1, 1)
    with services.transaction() as session:
        incident = session.exec(select(Incident).where(Incident.id == INCIDENT)).one()
        incident.is_drill = True
        session.add(incident)
    assert seen(services) == Seen({})


def test_the_weekly_digest_tells_what_misses_its_target_and_the_daily_one_does_not(services):
    def told(name):
        row = Owed(key=name, kind="digest", subject=name, channel="ml-monitoring", created_at=services.clock.now)
        with services.database.read() as session:
            return str(rendering.render(session, services, row).text.blocks)

    assert "🔺 Critical incidents open: *1*, target none" in told("weekly")
    assert "How we responded" not in told("daily")
    do(services, "false_positive", LEAD, reason="A test run")
    assert "✅ Every figure of the response is within its target." in told("weekly")
