"""Nights in which nobody answers, and the ways in which somebody does: who is called, when, why, and only once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import select

from analysis.paths import Path as Steps
from analysis.response.walls import at
from analysis.rotas import Order, Rota
from analysis.vocabulary import Family, Role, Severity, State
from bot import keys, schedule
from bot.demo import demo
from bot.localslack.people import PEOPLE
from bot.operations import escalation, incidents
from bot.operations.doing import Doing, Request
from bot.services import SYSTEM, Services
from storage import incidents as records
from storage import people, policies
from storage.database import Busy
from storage.tables import AuditRow, Incident, Model, Owed, Person, TimelineEntry, Timer
from templates.slack import status

pytestmark = pytest.mark.databases("sqlite")

SAM, PRIYA, TOMAS, MAYA, DANIEL, INGRID, MARCUS = (
    PEOPLE[one].id for one in ("oncall", "ml_engineer", "senior_ml_engineer", "ml_lead", "compliance", "cto", "ceo")
)
ON_BOTH = pytest.mark.databases("sqlite", "postgresql")
BEGAN = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)  # half past one in Berlin, in the night in which summer time begins
MINUTE = timedelta(minutes=1)


class Clock:
    def __init__(self, now):
        self.now = now

    def __call__(self):
        return self.now


@pytest.fixture(scope="module")
def policy(tmp_path_factory):
    return policies.parse(demo.policy_text(tmp_path_factory.mktemp("log"), demo.DATA), "test")


@pytest.fixture
def services(database, tmp_path, policy):
    with database.write() as session:
        session.add(Model(id=demo.MODEL, name="Income", risk="high", registered_at=BEGAN))
        for one in PEOPLE.values():
            session.add(Person(id=one.id, handle=one.handle, name=one.name, email=one.email, checked_at=BEGAN))
    return Services(database, policy, tmp_path, keys.load(tmp_path / "keys"), Clock(BEGAN))


def opened(services, severity=Severity.CRITICAL, family=Family.DATA):
    """Open an incident as the analysis does."""
    now = services.clock()
    with services.transaction() as session:
        incident = Incident(id="INC-2026-03-001", model_id=demo.MODEL, family=family.value, severity=severity.value,
                            state=State.DETECTED.value, channel="ethixai-incidents", opened_at=now)  # fmt: skip
        session.add(incident)
        session.flush()
        escalation.begin(services, session, incident, now)
    return incident.id


def do(services, verb, actor, **fields):
    outcome = incidents.move(services, Request(verb, "INC-2026-03-001", actor, fields=fields))
    assert outcome.error is None, outcome
    return outcome


def fire(services):
    while schedule.fire(services):
        pass


def wait(services, minutes, step=5):
    """Let time go by, the timers firing every few minutes."""
    end = services.clock.now + timedelta(minutes=minutes)
    while services.clock.now < end:
        services.clock.now = min(end, services.clock.now + step * MINUTE)
        fire(services)


def calls(services):
    """Return the calls that were made: minutes after the opening, why, whom."""
    with services.database.read() as session:
        query = select(TimelineEntry).where(TimelineEntry.verb.in_(["called", "escalate"])).order_by(TimelineEntry.id)
        return [
            (int((one.at - BEGAN) / MINUTE), one.facts["why"], set(one.facts["people"])) for one in session.exec(query)
        ]


def said(services, verb):
    with services.database.read() as session:
        return list(session.exec(select(TimelineEntry).where(TimelineEntry.verb == verb)))


def incident_of(services):
    with services.database.read() as session:
        return records.get(session, "INC-2026-03-001")


def statuses(services, kind="escalate"):
    with services.database.read() as session:
        return [one.status for one in session.exec(select(Timer).where(Timer.kind == kind).order_by(Timer.id))]


def path(policy, **given):
    """Return the policy with one path for everything critical."""
    return policy.model_copy(update={"escalation": (Steps.model_validate({"severity": "critical"} | given),)})


@ON_BOTH
def test_in_a_night_in_which_nobody_answers_every_step_is_called_once_in_order(services):
    opened(services)
    wait(services, 60 * 24)  # over the hour that the clocks leave out
    assert calls(services) == [
        (0, "opened", {SAM, MAYA}),
        (5, "waited", {TOMAS, MAYA}),
        (60, "waited", {INGRID}),
        (240, "unresolved", {MARCUS}),
    ]
    assert set(statuses(services)) == {"fired"}
    with services.database.read() as session:
        lines = session.exec(select(Owed).where(Owed.kind == "reply")).all()
        audited = session.exec(select(AuditRow).where(AuditRow.action == "escalate")).all()
    assert len(lines) == 4
    assert [(row.actor, row.outcome) for row in audited] == [(SYSTEM, "done")] * 3


def test_a_restart_after_every_step_changes_nothing(services):
    opened(services)
    for _ in range(12 * 5):
        services = Services(services.database, services.policy, services.data, services.keys, services.clock)
        schedule.plan(services)
        wait(services, 5)
    assert [minute for minute, _, _ in calls(services)] == [0, 5, 60, 240]


def test_after_hours_without_a_bot_only_the_newest_step_of_each_kind_is_called(services):
    opened(services)
    wait(services, 5)
    services.clock.now = BEGAN + timedelta(hours=9)
    fire(services)
    assert [(why, who) for _, why, who in calls(services)[2:]] == [("waited", {INGRID}), ("unresolved", {MARCUS})]
    opened_late = calls(services)
    fire(services)
    assert calls(services) == opened_late


def test_a_step_missed_behind_a_newer_one_is_skipped_and_that_is_told(services):
    opened(services)
    services.clock.now = BEGAN + timedelta(hours=2)
    fire(services)
    assert statuses(services) == ["fired", "skipped", "fired", "pending"]
    with services.database.read() as session:
        told = session.exec(select(Owed).where(Owed.subject == "skipped")).all()
    assert [row.data["why"] for row in told] == ["newer"]


@ON_BOTH
def test_acknowledging_stops_everything_at_once_but_what_runs_until_it_is_resolved(services):
    opened(services)
    wait(services, 4)
    do(services, "acknowledge", PRIYA)
    wait(services, 60)
    do(services, "investigate", PRIYA)
    wait(services, 116)
    do(services, "remediate", PRIYA, note="going back to 1.0.0")
    assert [minute for minute, _, _ in calls(services)] == [0]
    wait(services, 60)
    assert calls(services)[-1] == (240, "unresolved", {MARCUS})


def test_whoever_first_acts_has_it_and_the_calls_stop(services):
    opened(services)
    do(services, "freeze", SAM, level="4", reason="halt")
    assert incident_of(services).acknowledged_by == SAM
    wait(services, 100)
    assert [minute for minute, _, _ in calls(services)] == [0]


def test_resolving_ends_the_calls_the_question_too(services):
    opened(services)
    do(services, "acknowledge", SAM)
    do(services, "resolve", SAM, note="done")
    wait(services, 60 * 10)
    assert len(calls(services)) == 1
    assert said(services, "asked_still") == []
    assert "pending" not in statuses(services) + statuses(services, "still_on_it")


@ON_BOTH
def test_who_has_it_and_goes_quiet_is_asked_and_without_an_answer_the_steps_go_on(services):
    opened(services)
    wait(services, 2)
    do(services, "acknowledge", PRIYA)
    wait(services, 120)
    (asked,) = said(services, "asked_still")
    assert asked.facts["person"] == PRIYA
    wait(services, 15)
    assert calls(services)[1:] == [(137, "quiet", {TOMAS, MAYA})]
    wait(services, 55)
    assert calls(services)[2:] == [(192, "quiet", {INGRID})]  # as far behind as the policy says
    assert incident_of(services).acknowledged_by == PRIYA


@pytest.mark.parametrize("answer", ["press", "work"])
def test_an_answer_or_any_work_of_theirs_holds_the_calls_and_is_asked_for_anew(services, answer):
    opened(services)
    do(services, "acknowledge", PRIYA)
    wait(services, 125)
    if answer == "press":
        do(services, "still_on_it", PRIYA)
    else:
        do(services, "export", PRIYA)
    wait(services, 110)
    assert len(calls(services)) == 1
    assert len(said(services, "asked_still")) == 1
    wait(services, 30)
    assert len(said(services, "asked_still")) == 2


def test_who_works_on_is_never_asked(services):
    opened(services, family=Family.MODEL)
    do(services, "acknowledge", PRIYA)
    for _ in range(6):
        wait(services, 110)
        do(services, "freeze", PRIYA, level="3", reason="still looking")
    assert said(services, "asked_still") == []


def test_somebody_else_takes_it_over_and_the_calls_that_went_on_stop(services):
    opened(services)
    do(services, "acknowledge", PRIYA)
    wait(services, 140)
    assert len(calls(services)) == 2
    do(services, "still_on_it", MAYA)
    assert incident_of(services).acknowledged_by == MAYA
    wait(services, 90)
    assert len(calls(services)) == 2
    wait(services, 40)
    assert [one.facts["person"] for one in said(services, "asked_still")] == [PRIYA, MAYA]


def test_saying_it_without_being_asked_changes_nothing(services):
    opened(services)
    do(services, "acknowledge", PRIYA)
    assert do(services, "still_on_it", PRIYA).kind == "already"
    assert said(services, "still_on_it") == []


def test_by_hand_the_next_step_comes_at_once_and_its_timer_is_gone(services):
    opened(services)
    wait(services, 5)
    do(services, "escalate", SAM, reason="we need a decision")
    assert calls(services)[-1] == (5, "by_hand", {INGRID})
    wait(services, 120)
    assert len(calls(services)) == 3
    do(services, "escalate", SAM, reason="and now the CEO")
    assert calls(services)[-1][2] == {MARCUS}
    do(services, "escalate", SAM, reason="again")
    assert calls(services)[-1][2] == {MARCUS}
    wait(services, 200)
    assert len(calls(services)) == 5


def test_after_months_whose_timers_are_no_longer_kept_it_still_escalates_by_hand(services):
    opened(services)
    do(services, "acknowledge", PRIYA)
    with services.transaction() as session:
        for timer in session.exec(select(Timer)):
            session.delete(timer)
    with services.database.read() as session:
        incident = records.get(session, "INC-2026-03-001")
        assert escalation.next_called(services, session, incident)[0] == ["senior_ml_engineer", "ml_lead"]
    do(services, "escalate", SAM, reason="still open")
    assert calls(services)[-1] == (0, "by_hand", {TOMAS, MAYA})
    wait(services, 60 * 5)
    assert len(calls(services)) == 2


def test_where_nobody_is_behind_a_step_the_next_comes_at_once_and_that_is_said(services):
    roles = {role: who for role, who in services.policy.roles.items() if role not in (Role.ON_CALL, Role.ML_LEAD)}
    services.policy = services.policy.model_copy(update={"roles": roles})
    opened(services)
    assert calls(services) == [(0, "opened", {TOMAS})]
    (first,) = said(services, "called")
    assert first.facts["unreached"] == ["on_call", "ml_lead"]
    assert statuses(services)[:2] == ["cancelled", "fired"]
    wait(services, 60)
    assert calls(services)[1:] == [(60, "waited", {INGRID})]


def test_where_nobody_at_all_can_be_reached_engineering_is_told(services):
    services.policy = services.policy.model_copy(update={"roles": {}})
    opened(services)
    with services.database.read() as session:
        (told,) = session.exec(select(Owed).where(Owed.subject == "unreached")).all()
    assert told.channel == "engineering"
    wait(services, 500)
    assert len(calls(services)) == 1


def test_a_step_is_called_again_as_often_as_it_says(services):
    again = {"after": "0 s", "to": ["on_call"], "repeat": {"times": 2, "every": "10 min"}}
    services.policy = path(services.policy, steps=[again, {"after": "15 min", "to": ["cto"]}])
    opened(services)
    wait(services, 60)
    assert calls(services) == [
        (0, "opened", {SAM}), (10, "repeated", {SAM}), (15, "waited", {INGRID}), (20, "repeated", {SAM}),
    ]  # fmt: skip


def test_every_kind_of_target_is_reached(services):
    rota = Rota(name="nights", orders=[Order(since=date(2026, 3, 23), primary=(PRIYA,), secondary=(TOMAS,))])
    to = ["rota:nights", "rota:nights:secondary", "user:cto@ethixai.local", "group:S0ONCALL01", "channel:ml-monitoring"]
    policy = path(services.policy, steps=[{"after": "0 s", "to": to}])
    services.policy = policy.model_copy(update={"rotas": (rota,)})
    opened(services)
    assert calls(services) == [(0, "opened", {PRIYA, TOMAS, INGRID})]
    (entry,) = said(services, "called")
    assert (entry.facts["groups"], entry.facts["channels"]) == (["S0ONCALL01"], ["ml-monitoring"])
    with services.database.read() as session:
        (link,) = session.exec(select(Owed).where(Owed.kind == "link")).all()
    assert link.channel == "ml-monitoring"


def test_of_a_rota_the_primary_is_called_and_who_stands_behind_where_there_is_none(services):
    rota = Rota(name="on_call", orders=[Order(since=date(2026, 3, 23), primary=(PRIYA,), secondary=(TOMAS,))])
    roles = {role: who for role, who in services.policy.roles.items() if role is not Role.ON_CALL}
    policy = path(
        services.policy, steps=[{"after": "0 s", "to": ["on_call"], "repeat": {"times": 1, "every": "5 min"}}]
    )
    services.policy = policy.model_copy(update={"rotas": (rota,), "roles": roles})
    opened(services)
    with services.database.write() as session:
        gone = people.by_id(session, [PRIYA])[PRIYA]
        gone.is_active = False
        session.add(gone)
    wait(services, 5)
    assert [who for _, _, who in calls(services)] == [{PRIYA}, {TOMAS}]


@pytest.mark.parametrize("severity", list(Severity)[1:])
def test_compliance_is_always_called_at_once_for_fairness(services, severity):
    opened(services, severity, Family.FAIRNESS)
    assert DANIEL in calls(services)[0][2]


def test_what_is_called_was_decided_when_it_was_planned(services):
    opened(services)
    services.policy = path(services.policy, steps=[{"after": "0 s", "to": ["auditor"]}])
    wait(services, 300)
    assert [who for _, _, who in calls(services)] == [{SAM, MAYA}, {TOMAS, MAYA}, {INGRID}, {MARCUS}]


@ON_BOTH
def test_a_rise_calls_the_people_of_its_own_path_from_then_on(services):
    opened(services, Severity.MEDIUM)
    wait(services, 30)
    do(services, "severity", INGRID, severity="critical", reason="as it looks now")
    wait(services, 300)
    assert calls(services) == [
        (0, "opened", {PRIYA}), (30, "rose", {SAM, MAYA}), (35, "waited", {TOMAS, MAYA}), (90, "waited", {INGRID}),
        (270, "unresolved", {MARCUS}),
    ]  # fmt: skip


def test_a_rise_of_what_somebody_has_calls_once_and_leaves_it_with_them(services):
    opened(services, Severity.MEDIUM)
    do(services, "acknowledge", PRIYA)
    wait(services, 30)
    do(services, "severity", INGRID, severity="critical", reason="as it looks now")
    wait(services, 100)
    assert [(minute, why) for minute, why, _ in calls(services)] == [(0, "opened"), (30, "rose")]
    wait(services, 25)
    assert len(said(services, "asked_still")) == 1  # after two hours now, no more after a day


def test_what_the_policy_does_by_itself_takes_it_off_nobody(services):
    """A model that is frozen automatically is contained, and still nobody has the incident."""
    opened(services)
    with services.transaction() as session:
        incident = records.get(session, "INC-2026-03-001")
        records.advance(session, incident, State.CONTAINED)
        doing = Doing(services, session, incident, Request("freeze", incident.id, SYSTEM), services.clock())
        escalation.follow(doing, State.DETECTED)
    wait(services, 60)
    assert [minute for minute, _, _ in calls(services)] == [0, 5, 60]


def test_a_fall_calls_nobody_anew_and_goes_on_as_the_lesser_path_would(services):
    opened(services)
    wait(services, 10)
    do(services, "severity", INGRID, severity="medium", reason="as it looks now")
    wait(services, 300)
    assert [(minute, who) for minute, _, who in calls(services)][2:] == [(60, {MAYA})]


def test_a_timer_that_an_older_version_planned_still_calls_whom_the_policy_names(services):
    with services.transaction() as session:
        incident = Incident(id="INC-2026-03-001", model_id=demo.MODEL, family="data", severity="critical",
                            state="detected", channel="ethixai-incidents", opened_at=BEGAN)  # fmt: skip
        session.add(incident)
        session.add(Timer(key="escalate:old:1", kind="escalate", subject=incident.id, due_at=BEGAN + MINUTE,
                          data={"step": 2, "until": "acknowledged"}))  # fmt: skip
    wait(services, 5)
    assert [who for _, _, who in calls(services)] == [{INGRID}]


def test_a_shift_that_ends_in_the_night_of_a_clock_change_ends_the_calls_to_that_person(services):
    """Handed over at 02:30 by the wall, an hour that the night does not have."""
    order = Order(since=date(2026, 3, 28), primary=(SAM, PRIYA))
    rota = Rota(name="on_call", zone="Europe/Berlin", weekday=None, at=time(2, 30), orders=[order])
    roles = {role: who for role, who in services.policy.roles.items() if role is not Role.ON_CALL}
    again = {"after": "0 s", "to": ["on_call"], "repeat": {"times": 3, "every": "30 min"}}
    services.policy = path(services.policy, steps=[again]).model_copy(update={"rotas": (rota,), "roles": roles})
    opened(services)
    wait(services, 120)
    handed = at(date(2026, 3, 29), rota.at, rota.zone)
    assert handed.astimezone(ZoneInfo("Europe/Berlin")).hour == 3
    assert [(minute, who) for minute, _, who in calls(services)] == [
        (0, {SAM}), (30, {SAM}), (60, {PRIYA}), (90, {PRIYA}),
    ]  # fmt: skip


def shown(services):
    with services.database.read() as session:
        view = records.view(session, "INC-2026-03-001")
    return next((line for line in status.lines(view, services.clock()) if line.startswith("📣")), "")


def test_the_message_says_whom_it_calls_next_and_what_would_stop_that(services):
    opened(services)
    assert "Called: On-call and ML Lead. Next: Senior ML Engineer and ML Lead, " in shown(services)
    assert "unless somebody is on it." in shown(services)
    do(services, "acknowledge", PRIYA)
    assert shown(services).startswith("📣 Next: CEO, ")
    assert shown(services).endswith("unless it is resolved.")
    wait(services, 240)
    assert "to CEO." in shown(services) or "Next" not in shown(services)


@ON_BOTH
def test_two_bots_that_tick_at_once_call_once(services):
    opened(services)
    services.clock.now += timedelta(minutes=5)
    other = Services(services.database, services.policy, services.data, services.keys, services.clock)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(fire, (services, other)))
    assert [minute for minute, _, _ in calls(services)] == [0, 5]


def patiently(act):
    """Do it as a loop would: again where another transaction was first."""
    for _ in range(50):
        try:
            return act()
        except Busy:
            pass
    raise AssertionError("it never came to its turn")


@ON_BOTH
def test_who_acknowledges_in_the_moment_of_a_call_leaves_nothing_half_done(services):
    """Whichever comes first, the other sees it: never a call after the acknowledgement."""
    opened(services)
    services.clock.now += timedelta(minutes=5)

    with ThreadPoolExecutor(2) as pool:
        acts = (lambda: do(services, "acknowledge", PRIYA), lambda: fire(services))
        list(pool.map(patiently, acts))
    with services.database.read() as session:
        verbs = [one.verb for one in session.exec(select(TimelineEntry).order_by(TimelineEntry.id))]
    assert verbs in (["called", "acknowledge"], ["called", "escalate", "acknowledge"])
    wait(services, 30)
    assert len(calls(services)) == len(verbs) - 1
