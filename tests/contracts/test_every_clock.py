"""Every clock at every severity that ships: warned of, late, met; at rest; by business hours; over restarts."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from analysis.response.calendars import Calendar
from analysis.response.clocks import CLOCKS
from analysis.response.terms import Terms
from analysis.vocabulary import Severity
from bot.operations import clocks
from bot.operations.doing import Doing, Request
from bot.services import SYSTEM
from storage import clocks as kept
from storage import incidents as records
from storage.tables import AuditRow, Owed, Timer
from templates.slack import thread
from tests.contracts.office import INCIDENT, INSTANT, NIGHTS

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# REQUIREMENTS, One vocabulary, by hand.
COMMON = {"assess": HOUR / 2, "regulator": 3 * DAY}
LEARNT = {"root_cause": DAY, "review": 5 * DAY, "postmortem": 7 * DAY}
SPANS = {
    Severity.MEDIUM: {"acknowledge": 4 * HOUR, "contain": DAY, "fix": 3 * DAY, "update": DAY, **COMMON},
    Severity.HIGH: {"acknowledge": HOUR, "contain": 4 * HOUR, "update": 4 * HOUR, **LEARNT, **COMMON},
    Severity.CRITICAL: {"acknowledge": HOUR / 4, "contain": HOUR, "update": HOUR, **LEARNT, **COMMON},
}
EACH = [(severity, kind) for severity, spans in SPANS.items() for kind in spans]
RESTING = [kind for kind, clock in CLOCKS.items() if clock.may_rest]
ALWAYS = [kind for kind, clock in CLOCKS.items() if not clock.may_rest]
WHO = {"confirm": "compliance", "notify_regulator": "compliance"}
GIVEN = {
    "freeze": {"level": "3", "reason": "halt"},
    "contain": {"note": "rolled back"},
    "update": {"note": "we look at it"},
    "root_cause": {
        "cause_type": "data", "trigger": "t", "cause": "c", "corrective": "d", "preventive": "p", "due": "2026-12-01",
        "owner": "U0MLENGI01",
    },
    "notify_regulator": {"authority": "ODPC", "reference": "17"},
    "resolve": {"note": "went back to 1.0.0"},
    "severity": {"severity": "critical", "reason": "it spreads"},
    "impact": {"revenue": "under_5"},
    "review": {"note": "held", "owner": "U0MLLEAD01"},
}  # fmt: skip


def open_at(office, severity):
    """Open an incident that calls nobody, as nobody's answer is waited for here."""
    office.policy = office.policy.model_copy(update={"escalation": ()})
    office.start()
    office.open(severity)


def start(office, kind):
    """Return the clock of that kind, started now if the opening did not."""
    with office.services.transaction() as session:
        incident = records.get(session, INCIDENT)
        if kind not in {one.kind for one in kept.running(session, INCIDENT)}:
            doing = Doing(office.services, session, incident, Request("x", INCIDENT, SYSTEM), office.now)
            clocks.start(doing, kind, Severity(incident.severity))
    return newest(office, kind)


def newest(office, kind):
    with office.services.database.read() as session:
        return [one for one in kept.of(session, INCIDENT) if one.kind == kind][-1]


def said(office, verb, kind):
    """Return when that was told of the clock, each time."""
    return [entry.at for entry in office.told(verb) if entry.facts["clock"] == kind]


def waiting(office, clock):
    with office.services.database.read() as session:
        mine = select(Timer.kind).where(Timer.subject == f"clock:{clock.id}", Timer.status == "pending")
        return set(session.exec(mine))


@pytest.mark.parametrize("office", NIGHTS, indirect=True)
@pytest.mark.parametrize(("severity", "kind"), EACH)
def test_it_is_warned_of_and_found_late_once_each_at_its_time_whatever_the_wall_says(office, severity, kind):
    open_at(office, severity)
    clock, span = start(office, kind), SPANS[severity][kind]
    assert clock.due_at - office.now == span
    warned, late = clock.due_at - span / 4, clock.due_at
    office.until(warned - INSTANT)
    assert said(office, "clock_warn", kind) == []
    office.until(late - INSTANT)
    assert (said(office, "clock_warn", kind), said(office, "clock_breached", kind)) == ([warned], [])
    office.until(late + DAY)
    assert (said(office, "clock_warn", kind), said(office, "clock_breached", kind)) == ([warned], [late])
    assert newest(office, kind).breached_at == late
    with office.services.database.read() as session:
        audited = session.exec(select(AuditRow).where(AuditRow.action == "clock_breached")).all()
        view = records.view(session, INCIDENT)
        owed = {row.subject: row.reason for row in session.exec(select(Owed).where(Owed.kind == "reply"))}
    assert [row.data["due"] for row in audited if row.data["clock"] == kind] == [late.isoformat()]
    for verb, reason in (("clock_warn", "due_soon"), ("clock_breached", "late")):
        (entry,) = [one for one in office.told(verb) if one.facts["clock"] == kind]
        assert owed[str(entry.id)] == reason
        assert thread.line(entry, view).text


@pytest.mark.parametrize("kind", CLOCKS)
def test_after_an_outage_over_its_end_it_is_late_once_and_nobody_is_warned_of_what_is_over(office, kind):
    open_at(office, Severity.MEDIUM if kind == "fix" else Severity.CRITICAL)
    clock = start(office, kind)
    office.now = back = clock.due_at + HOUR
    office.fire()
    assert (said(office, "clock_warn", kind), said(office, "clock_breached", kind)) == ([], [back])
    office.until(back + DAY)
    assert len(said(office, "clock_breached", kind)) == 1


@pytest.mark.parametrize("kind", RESTING)
def test_one_that_rests_fires_nothing_and_goes_on_with_what_it_had_left(office, kind):
    open_at(office, Severity.MEDIUM if kind == "fix" else Severity.HIGH)
    clock = start(office, kind)
    left = (clock.due_at - office.now) * 2 / 3
    office.until(clock.due_at - left)
    office.do("pause_clock", "ml_lead", clock=kind, reason="The vendor is shut")
    assert waiting(office, clock) == set()
    office.until(office.now + 9 * DAY)
    assert said(office, "clock_warn", kind) + said(office, "clock_breached", kind) == []
    office.do("resume_clock", "ml_lead", clock=kind, reason="It is open")
    assert newest(office, kind).due_at == office.now + left
    office.until(office.now + left)
    assert len(said(office, "clock_warn", kind)) == 1
    assert said(office, "clock_breached", kind) == [newest(office, kind).due_at]


@pytest.mark.parametrize("kind", ALWAYS)
def test_one_that_never_rests_says_so(office, kind):
    open_at(office, Severity.HIGH)
    clock = start(office, kind)
    with pytest.raises(AssertionError, match="never rests"):
        office.do("pause_clock", "ml_lead", clock=kind, reason="The vendor is shut")
    assert newest(office, kind).paused_at is None
    assert waiting(office, clock) == {"clock_warn", "clock_due"}


def test_what_was_warned_of_before_a_rest_is_not_warned_of_again(office):
    open_at(office, Severity.HIGH)
    clock = start(office, "contain")
    office.until(clock.due_at - HOUR / 2)
    office.do("pause_clock", "ml_lead", clock="contain", reason="The vendor is shut")
    office.until(office.now + DAY)
    office.do("resume_clock", "ml_lead", clock="contain", reason="It is open")
    office.until(office.now + DAY)
    assert len(said(office, "clock_warn", "contain")) == 1
    assert said(office, "clock_breached", "contain") == [clock.due_at + DAY]


def ways(kind):
    """Return the verbs that meet the clock: by themselves, or by the state that they lead to."""
    verbs = sorted(CLOCKS[kind].meets)
    return verbs or {"acknowledge": ["acknowledge", "freeze"], "fix": ["resolve"]}[kind]


MET = [(kind, verb) for kind in CLOCKS for verb in ways(kind)]


@pytest.mark.parametrize(("kind", "verb"), MET)
@pytest.mark.parametrize("is_late", [False, True])
def test_what_meets_it_stops_it_at_once_and_what_came_late_is_written_down(office, kind, verb, is_late):
    open_at(office, Severity.MEDIUM if kind == "fix" else Severity.HIGH)
    if kind != "acknowledge":
        office.do("acknowledge", "oncall")
    if kind in ("review", "postmortem"):
        office.do("resolve", "oncall", note="Went back to 1.0.0")
    clock = start(office, kind)
    office.now = clock.due_at + INSTANT if is_late else clock.due_at - INSTANT
    office.do(verb, WHO.get(verb, "ml_lead"), **GIVEN.get(verb, {}))  # the breach has not been found by a timer yet
    with office.services.database.read() as session:
        met = kept.get(session, clock.id)
    assert (met.met_at, met.breached_at) == (office.now, office.now if is_late else None)
    assert waiting(office, clock) == set()
    noted = office.now
    office.until(office.now + DAY / 2)
    mine = [one for one in office.told("clock_breached") if one.facts["clock"] == kind and one.facts["number"] == 1]
    assert [one.at for one in mine] == [noted] * is_late
    assert (newest(office, kind).id != clock.id) == CLOCKS[kind].again


OFFICE = Calendar(zone="Europe/Berlin")
BERLIN_HOURS = {"contain": {"within": "4 h", "calendar": "office"}}
FRIDAYS = {  # half past four in Berlin before each clock change: half an hour then, three and a half on Monday
    "spring": (datetime(2026, 3, 27, 15, 30, tzinfo=UTC), datetime(2026, 3, 30, 10, 30, tzinfo=UTC)),
    "autumn": (datetime(2026, 10, 23, 14, 30, tzinfo=UTC), datetime(2026, 10, 26, 11, 30, tzinfo=UTC)),
}


@pytest.mark.parametrize("friday", FRIDAYS)
def test_one_that_keeps_to_business_hours_goes_on_by_the_wall_on_monday(office, friday):
    office.now, due = FRIDAYS[friday]
    terms = {Severity.HIGH: Terms.model_validate(BERLIN_HOURS)}
    office.policy = office.policy.model_copy(update={"clocks": terms, "calendars": {"office": OFFICE}})
    open_at(office, Severity.HIGH)
    assert newest(office, "contain").due_at == due
    office.until(due - HOUR - INSTANT)
    assert said(office, "clock_warn", "contain") == []
    office.do("pause_clock", "ml_lead", clock="contain", reason="The vendor is shut")
    office.until(office.now + 2 * HOUR)
    office.do("resume_clock", "ml_lead", clock="contain", reason="It is open")
    assert newest(office, "contain").due_at == due + 2 * HOUR
    office.until(due + DAY)
    assert said(office, "clock_warn", "contain") == [due + HOUR]
    assert said(office, "clock_breached", "contain") == [due + 2 * HOUR]


def test_every_span_of_the_table_is_the_policy_s(shipped):
    found = {
        severity: {kind: term.within for kind in CLOCKS if (term := terms.of(kind)) is not None}
        for severity, terms in shipped.clocks.items()
    }
    assert found == SPANS
