"""Quiet, each with an end and a reason: silences, snoozes, accepted risks; what breaks through, what is told."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import col, select

from analysis.vocabulary import Family, Severity
from bot.demo import demo
from bot.operations import opening, recovering
from bot.operations.approvals import decide
from bot.operations.deciding import Decision
from bot.operations.doing import Request
from bot.operations.incidents import move
from bot.operations.opening import Result
from storage import alerts, approvals, quiet, timers
from storage.tables import Alert, Incident, Owed, Run
from tests.templates.views import raised
from tests.world import buttons, pretty, whispers

pytestmark = pytest.mark.databases("sqlite")

ID = {"ml_lead": "U0MLLEAD01", "compliance": "U0COMPLY01", "oncall": "U0ONCALL01"}
CHANNEL = "ml-monitoring"


@pytest.fixture
def quiet_world(fairness):
    """A world with the fairness incident, in which no check of the schedule takes its time."""
    services = fairness.bot.services
    services.policy = services.policy.model_copy(update={"digests": ()})
    return still(fairness)


def still(world):
    with world.bot.services.transaction() as session:
        for kind in ("check", "deep"):
            timers.cancel(session, demo.MODEL, [kind])
    return world


def see(world, *found):
    """Record a check that found these, and deliver; return what became of each."""
    services = world.bot.services
    now = services.clock()
    with services.transaction() as session:
        run = Run(model_id=demo.MODEL, requested_by="system", requested_at=now, next_at=now, status="finished")
        session.add(run)
        session.flush()
        became = [what for _, what in opening.record(Result(services, session, run, now), found)]
    world.settle()
    return became


def drift(column="age", severity=Severity.MEDIUM, family=Family.DATA, lead=None):
    """Return what a check finds; `lead` is how severe the finding is by itself."""
    found = raised(family, column, severity)
    return replace(found, lead=replace(found.lead, severity=lead or severity))


def said(world):
    """Return the lines in the thread of the newest incident of the channel."""
    return [pretty(reply) for reply in messages(world)[-1]["replies"]]


def messages(world, channel=CHANNEL):
    return [one for one in world.messages(channel) if buttons(one)]


def newest(world):
    with world.bot.services.database.read() as session:
        return session.exec(select(Incident).order_by(col(Incident.id).desc())).first()


def forward(world, **span):
    world.clock.forward(**span)
    still(world)
    world.settle()


def withheld(world):
    with world.bot.services.database.read() as session:
        return [row.reason for row in session.exec(select(Owed).where(Owed.status == "withheld").order_by(Owed.id))]


def test_a_silence_holds_back_what_fits_and_tells_what_still_stands_when_it_ends(quiet_world):
    seen = quiet_world.type("/ethix silence family=data column=age for 4h the feed <!channel> moves", by="ml_lead")
    assert "QUI-1" in whispers(seen)
    assert see(quiet_world, drift("age"), drift("pay")) == ["silenced", "opened"]
    assert len(messages(quiet_world)) == 1
    assert see(quiet_world, drift("age")) == ["repeated"]
    assert len(messages(quiet_world)) == 1
    assert withheld(quiet_world) == ["silenced", "silenced"]
    listed = pretty(quiet_world.type("/ethix silence", by="oncall")["ephemeral"])
    assert "holds back 1 alert" in listed
    assert "<!channel>" not in listed
    assert "held back by `QUI-1`" in pretty(quiet_world.type("/ethix alerts", by="oncall")["ephemeral"])
    forward(quiet_world, hours=4)
    assert len(messages(quiet_world)) == 2
    assert ("system", "quiet_ended", "done") in quiet_world.audit()
    forward(quiet_world, hours=4)
    assert len(messages(quiet_world)) == 2


def test_what_has_gone_by_the_end_is_not_told_and_an_early_end_tells_the_rest(quiet_world):
    quiet_world.type("/ethix silence column=age for 4h x y", by="ml_lead")
    quiet_world.type("/ethix silence column=pay for 4h x y", by="ml_lead")
    see(quiet_world, drift("age"), drift("pay"))
    services = quiet_world.bot.services
    with services.transaction() as session:
        gone = session.exec(select(Alert).where(Alert.quiet_id == "QUI-1")).one()
        alerts.recover(session, gone, services.clock())
    assert "has ended" in whispers(quiet_world.type("/ethix silence end qui-2 enough", by="ml_lead"))
    quiet_world.settle()
    assert len(messages(quiet_world)) == 1
    forward(quiet_world, hours=5)
    assert len(messages(quiet_world)) == 1


def test_what_is_critical_or_has_risen_breaks_through_and_fairness_is_named_or_not_held(quiet_world):
    quiet_world.type("/ethix silence model=income-prequal for 4h x", by="ml_lead")
    assert see(quiet_world, drift("age", Severity.CRITICAL)) == ["opened"]
    assert see(quiet_world, drift("race", Severity.MEDIUM, Family.FAIRNESS)) == ["opened"]
    assert see(quiet_world, drift("pay")) == ["silenced"]
    see(quiet_world, drift("pay", Severity.HIGH))
    assert newest(quiet_world).severity == "high"


def test_who_may_silence_what(quiet_world):
    def says(text, by):
        return whispers(quiet_world.type(text, by=by))

    assert "needs one of" in says("/ethix silence column=age for 4h x", "oncall")
    assert "needs one of" in says("/ethix silence family=fairness for 4h x", "ml_lead")
    assert "QUI-" in says("/ethix silence family=fairness for 4h x", "compliance")
    assert "needs one of" in says("/ethix silence column=age for 4h including critical x", "ml_lead")
    assert "critical alerts too" in says("/ethix silence column=age for 4h including critical x", "cto")
    assert "QUI-" in says("/ethix maintenance model=income-prequal for 2h move of the feed", "oncall")
    assert "model" in says("/ethix maintenance column=age for 2h x", "oncall")
    assert "needs one of" in says("/ethix silence end QUI-2", "ml_lead")
    assert "income-prequal" in says("/ethix silence model=incom for 4h x", "ml_lead")
    assert "quiet in force" in says("/ethix silence end QUI-99", "ml_lead")
    rows = [row for row in quiet_world.audit() if row[1] in ("silence", "maintenance", "quiet_end")]
    assert [outcome for _, _, outcome in rows].count("done") == 3
    assert len(rows) >= 8


def accept(world, incident, days=20):
    """Ask for the acceptance as ML Lead; return the outcome."""
    until = (world.clock.now + timedelta(days=days)).isoformat()
    fields = {"reason": "The tax season", "until": until}
    outcome = move(world.bot.services, Request("accept_risk", incident, ID["ml_lead"], fields=fields))
    world.settle()
    return outcome


def approve(world, by):
    with world.bot.services.database.read() as session:
        (wish,) = approvals.waiting(session)
    outcome = decide(world.bot.services, Decision("approve", wish.id, ID[by]))
    world.settle()
    return outcome


@pytest.fixture
def accepted(quiet_world):
    """A world with a medium incident whose risk is accepted for twenty days."""
    see(quiet_world, drift("age"))
    incident = newest(quiet_world).id
    assert accept(quiet_world, incident).kind == "requested"
    assert newest(quiet_world).state == "detected"
    assert approve(quiet_world, "ml_lead").kind == "refused"
    assert approve(quiet_world, "compliance").kind == "done"
    return quiet_world


def test_an_accepted_risk_is_tracked_and_not_told_until_its_end_opens_it_again(accepted):
    assert newest(accepted).state == "accepted_risk"
    shown = pretty(messages(accepted)[-1]) if messages(accepted) else pretty(accepted.messages(CHANNEL))
    assert "Risk accepted until" in shown
    with accepted.bot.services.database.read() as session:
        made = quiet.get(session, "QUI-1")
    assert (made.by, made.approved_by) == (ID["ml_lead"], ID["compliance"])
    replies = len(accepted.messages(CHANNEL)[0]["replies"])
    assert see(accepted, drift("age", Severity.HIGH, lead=Severity.MEDIUM)) == ["repeated"]  # it lasts
    assert newest(accepted).state == "accepted_risk"
    assert withheld(accepted) == ["risk_accepted"]
    assert len(accepted.messages(CHANNEL)[0]["replies"]) == replies
    forward(accepted, days=17)
    assert "only: remedy it, or decide anew. <@U0MLLEAD01> <@U0COMPLY01>" in said(accepted)[-1]
    forward(accepted, days=3)
    assert newest(accepted).state == "detected"
    assert "accepted is over" in str(said(accepted))
    assert ("system", "reopened", "done") in accepted.audit()


def test_an_accepted_risk_that_has_gone_is_closed_at_its_end(accepted):
    services = accepted.bot.services
    with services.transaction() as session:
        for alert in alerts.of(session, newest(accepted).id):
            alerts.recover(session, alert, services.clock())
    forward(accepted, days=20)
    assert newest(accepted).state == "closed"


def test_what_becomes_worse_breaks_through_an_accepted_risk_at_once(accepted):
    see(accepted, drift("age", Severity.HIGH))
    incident = newest(accepted)
    assert (incident.state, incident.severity) == ("detected", "high")
    with accepted.bot.services.database.read() as session:
        assert quiet.get(session, "QUI-1").ended_why == "severity_rose"
    forward(accepted, days=21)
    assert "accepted is over" not in str(said(accepted))


def test_an_accepted_risk_is_taken_back_by_either_of_the_two(accepted):
    assert "needs one of" in whispers(accepted.type("/ethix silence end QUI-1", by="oncall"))
    assert "has ended" in whispers(accepted.type("/ethix silence end QUI-1 no longer", by="compliance"))
    accepted.settle()
    assert newest(accepted).state == "detected"
    assert "took back that the risk is accepted" in str(said(accepted))
    forward(accepted, days=21)
    assert "accepted is over" not in str(said(accepted))


def test_what_may_not_be_accepted(quiet_world):
    assert "only a medium risk may be accepted" in str(accept(quiet_world, newest(quiet_world).id).error)
    see(quiet_world, drift("age"))
    assert "30 days" in str(accept(quiet_world, newest(quiet_world).id, days=31).error)
    assert "behind" in str(accept(quiet_world, newest(quiet_world).id, days=-1).error)


def snooze(world, incident, hours=6):
    until = (world.clock.now + timedelta(hours=hours)).isoformat()
    outcome = move(
        world.bot.services, Request("snooze", incident, ID["oncall"], fields={"reason": "lunch", "until": until})
    )
    world.settle()
    return outcome


def test_a_snoozed_incident_gives_no_routine_lines_until_its_end(quiet_world):
    mine = newest(quiet_world).id
    assert "Acknowledge it first" in str(snooze(quiet_world, mine).error)
    quiet_world.press("acknowledge", by="oncall")
    assert snooze(quiet_world, mine, hours=200).kind == "refused"
    assert snooze(quiet_world, mine).kind == "done"
    before = len(quiet_world.alert()["replies"])
    forward(quiet_world, hours=2)
    lines = [pretty(reply) for reply in quiet_world.alert()["replies"][before:]]
    assert not [line for line in lines if "is due" in line or "is late" in line]
    assert "snoozed" in withheld(quiet_world)
    late = pretty(quiet_world.alert()["blocks"]).partition("Late: ")[2].partition("Next: ")[0]
    assert "*containment*" in late
    assert "Snoozed until" in pretty(quiet_world.alert()["blocks"])
    assert "step of the checklist is overdue" not in str(lines)
    assert not [line for line in lines if "still on it" in line.lower()]
    forward(quiet_world, hours=4)
    assert "The snooze is over" in pretty(quiet_world.alert()["replies"])


def test_a_rise_in_severity_wakes_a_snoozed_incident(quiet_world):
    see(quiet_world, drift("age"))
    assert snooze(quiet_world, newest(quiet_world).id).kind == "done"
    see(quiet_world, drift("age", Severity.HIGH))
    with quiet_world.bot.services.database.read() as session:
        assert quiet.get(session, "QUI-1").ended_why == "severity_rose"


def gone(world):
    """Record a check that found nothing, after which what was open has recovered."""
    services = world.bot.services
    now = services.clock()
    with services.transaction() as session:
        run = Run(model_id=demo.MODEL, requested_by="system", requested_at=now, next_at=now, status="finished")
        session.add(run)
        session.flush()
        for alert in alerts.of(session, newest(world).id):
            recovering.end(Result(services, session, run, now), alert)
    forward(world, hours=12)


def test_what_comes_and_goes_is_one_incident_told_as_flapping_and_again_when_it_has_calmed(quiet_world):
    see(quiet_world, drift("age"))
    incident = newest(quiet_world).id
    for _ in range(3):
        gone(quiet_world)
        see(quiet_world, drift("age"))
    assert newest(quiet_world).id == incident
    assert len(messages(quiet_world)) == 1
    assert sum("is *flapping*" in line for line in said(quiet_world)) == 1
    assert sum("found `ALR-1002` again" in line for line in said(quiet_world)) == 2
    before = len(said(quiet_world))
    for _ in range(4):
        gone(quiet_world)
        see(quiet_world, drift("age"))
    new = [line for line in said(quiet_world)[before:] if "ALR-" in line]
    assert new == []
    assert "*Flapping* since" in pretty(messages(quiet_world)[-1]["blocks"])
    forward(quiet_world, hours=49)
    assert sum("has calmed, and it stands" in line for line in said(quiet_world)) == 1
    assert "*Flapping* since" not in pretty(messages(quiet_world)[-1]["blocks"])
