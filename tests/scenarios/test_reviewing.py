"""The 1st of the month, 04:00 UTC: the models' channel reads how its baselines do, from what the checks found."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from analysis.response.reviewing import Advice, Record, advise
from bot import schedule
from bot.demo import demo
from storage.tables import AuditRow, Baseline, Owed, Run

pytestmark = pytest.mark.databases("sqlite")

REVIEW = datetime(2026, 4, 1, 4, 0, tzinfo=UTC)


def days(number):
    return timedelta(days=number)


@pytest.mark.parametrize(
    ("record", "advice"),
    [
        (Record(None, 9, 9, False), Advice.MAKE),
        (Record(days(90), 9, 9, False), Advice.KEEP),
        (Record(days(10), 9, 0, True), Advice.KEEP),
        (Record(days(91), 9, 9, False), Advice.REFRESH),
        (Record(days(91), 9, 8, False), Advice.UNSTABLE),
        (Record(days(91), 9, 9, True), Advice.SETTLE),
        (Record(days(91), 3, 3, False), Advice.UNKNOWN),
    ],
)
def test_what_is_advised(record, advice):
    assert advise(record) is advice


def change(world, age, within):
    """Make the baseline that old, and let so many more checks be within limits."""
    with world.bot.services.database.write() as session:
        baseline = session.exec(select(Baseline)).one()
        baseline.created_at = REVIEW - age
        run = session.exec(select(Run).where(Run.purpose == "check")).one()
        quiet = {**run.report, "alerts": []}
        run.report = quiet if within else run.report
        for number in range(within):
            session.add(Run(model_id=demo.MODEL, requested_by="system", requested_at=REVIEW, next_at=REVIEW,
                            status="finished", finished_at=REVIEW - days(number + 1), report=quiet))  # fmt: skip


def reviewed(world):
    """Let the 1st come, before the checks that are due too are begun; return the review as people read it."""
    world.clock.now = REVIEW
    schedule.plan(world.bot.services)
    while schedule.fire(world.bot.services):
        pass
    for _ in range(5):
        while any(sender.step() for sender in world.bot.senders):
            pass
        world.clock.forward(seconds=1)
    (text,) = [m["text"] for m in world.messages("ml-monitoring") if "Baseline review" in m["text"]]
    return text


def test_a_model_that_is_not_well_keeps_its_young_baseline(fairness):
    text = reviewed(fairness)
    assert "Baseline review, April 2026" in text
    assert f"`{demo.MODEL}`" in text
    assert "29 days old" in text
    assert "Within limits in the last 30 days: 0 of 1 check." in text
    assert "*Keep it.*" in text
    with fairness.bot.services.database.read() as session:
        row = session.exec(select(AuditRow).where(AuditRow.action == "baselines_reviewed")).one()
    assert row.data == {"advice": {demo.MODEL: "keep"}}
    assert reviewed(fairness) == text


def test_an_old_baseline_of_a_stable_model_is_to_be_refreshed(fairness):
    change(fairness, days(120), within=5)
    text = reviewed(fairness)
    assert "120 days old. Within limits in the last 30 days: 6 of 6 checks. No standing gap. *Refresh it*" in text
    assert f"`ethixbot baseline reset {demo.MODEL} --by …`" in text


def test_where_medium_incidents_have_no_channel_the_audit_log_alone_holds_it(fairness):
    services = fairness.bot.services
    told = services.policy.model_dump()
    told["routes"]["medium"] = {}
    services.policy = services.policy.model_validate(told)
    fairness.clock.now = REVIEW
    schedule.plan(services)
    while schedule.fire(services):
        pass
    with services.database.read() as session:
        assert session.exec(select(AuditRow).where(AuditRow.action == "baselines_reviewed")).one()
        assert not [row for row in session.exec(select(Owed)) if row.data.get("about") == "baseline_review"]
