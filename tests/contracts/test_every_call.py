"""Every call of every path that ships (B5): whom, when, why; over the nights of the clock change and over restarts."""

from datetime import timedelta
from itertools import product

import pytest
from sqlmodel import select

from analysis.response.escalation import calls
from analysis.vocabulary import Family, Severity
from bot.localslack.people import PEOPLE
from storage import incidents as records
from storage.tables import AuditRow, Owed, Timer
from templates.slack import thread
from tests.contracts.office import INCIDENT, INSTANT, NIGHTS

MINUTE = timedelta(minutes=1)
HIGH, CRITICAL = Severity.HIGH, Severity.CRITICAL
# REQUIREMENTS B5 and B6, by hand: minutes after the opening, why, whom.
MEDIUM_PATH = [(0, "opened", {"ml_engineer"}), (60, "waited", {"ml_lead"})]
HIGH_PATH = [(0, "opened", {"oncall"}), (30, "waited", {"ml_lead"}), (60, "waited", {"cto"})]
CRITICAL_PATH = [
    (0, "opened", {"oncall", "ml_lead"}), (5, "waited", {"senior_ml_engineer", "ml_lead"}), (60, "waited", {"cto"}),
    (240, "unresolved", {"ceo"}),
]  # fmt: skip
FAIRNESS_PATH = [
    (0, "opened", {"oncall", "compliance", "ceo"}), (5, "waited", {"ml_lead", "compliance"}), (60, "waited", {"cto"}),
]  # fmt: skip
SECURITY_PATH = [
    (0, "opened", {"oncall", "security", "governance"}), (5, "waited", {"ml_lead", "security"}),
    (60, "waited", {"cto"}),
]  # fmt: skip
PATHS = {Severity.MEDIUM: MEDIUM_PATH, HIGH: HIGH_PATH, CRITICAL: CRITICAL_PATH}
SPECIAL = {(CRITICAL, Family.FAIRNESS): FAIRNESS_PATH, (CRITICAL, Family.SECURITY): SECURITY_PATH}
EACH = {"medium": (Severity.MEDIUM, Family.DATA), "high": (HIGH, Family.DATA), "critical": (CRITICAL, Family.DATA),
        "fairness": (CRITICAL, Family.FAIRNESS), "security": (CRITICAL, Family.SECURITY),
        "lesser fairness": (Severity.MEDIUM, Family.FAIRNESS)}  # fmt: skip
STEPS = [
    (name, step)
    for name, which in list(EACH.items())[:-1]
    for step in range(1, len(SPECIAL.get(which, PATHS[which[0]])))
]
STILL = {
    Severity.MEDIUM: (24 * 60, 60),
    HIGH: (240, 30),
    CRITICAL: (120, 15),
}  # minutes until who has it is asked, and for an answer
HANDLES = {one.id: handle for handle, one in PEOPLE.items()}


def expected(severity, family):
    path = SPECIAL.get((severity, family), PATHS[severity])
    if family is Family.FAIRNESS:  # B6: the Compliance Officer is always on call for it
        path = [(*path[0][:2], path[0][2] | {"compliance"}), *path[1:]]
    return path


def whom(policy, call):
    """Return the handles of the people behind a call."""
    return {name.split("@")[0] for role in call.to for name in policy.roles[role]}


def made(office):
    """Return the calls that were made: minutes after the opening, why, whom. None comes a moment late."""
    return [
        ((one.at - office.opened_at) / MINUTE, one.facts["why"], {HANDLES[who] for who in one.facts["people"]})
        for one in office.told("called", "escalate")
    ]


@pytest.mark.parametrize("office", NIGHTS, indirect=True)
@pytest.mark.parametrize("name", EACH)
def test_where_nobody_answers_each_step_is_called_at_its_time_once_and_says_why(office, name):
    office.open(*EACH[name])
    office.until(office.now + timedelta(days=2))
    assert made(office) == expected(*EACH[name])
    with office.services.database.read() as session:
        view = records.view(session, INCIDENT)
        audited = session.exec(select(AuditRow).where(AuditRow.action == "escalate")).all()
        owed = {row.subject for row in session.exec(select(Owed).where(Owed.kind == "reply"))}
    assert len(audited) == len(expected(*EACH[name])) - 1
    for entry, (minutes, why, people) in zip(office.told("called", "escalate"), made(office), strict=True):
        said = str(thread.line(entry, view).blocks)
        assert all(f"<@{PEOPLE[one].id}>" in said for one in people)
        span = f"{minutes / 60:g} h" if minutes >= 60 else f"{minutes:g} min"
        reason = {"waited": f"Nobody acknowledged within {span}", "unresolved": f"Not resolved within {span}"}
        assert reason.get(why, "Calling") in said
        assert str(entry.id) in owed


@pytest.mark.parametrize(("name", "step"), STEPS)
def test_acknowledged_in_the_second_before_a_step_nothing_is_called_but_what_waits_for_the_end(office, name, step):
    path = expected(*EACH[name])
    office.open(*EACH[name])
    office.until(office.opened_at + path[step][0] * MINUTE - INSTANT)
    office.do("acknowledge", "oncall")
    office.until(office.opened_at + timedelta(hours=5))
    late = [one for one in path[step:] if one[1] == "unresolved"]
    assert [one for one in made(office) if one[1] != "quiet"] == path[:step] + late


@pytest.mark.parametrize("name", EACH)
def test_resolved_nothing_is_called_any_more(office, name):
    path = expected(*EACH[name])
    office.open(*EACH[name])
    office.until(office.opened_at + path[-1][0] * MINUTE - INSTANT)
    office.do("acknowledge", "oncall")
    office.do("resolve", "oncall", note="Went back to 1.0.0")
    office.until(office.opened_at + timedelta(days=2))
    assert [one for one in made(office) if one[1] != "quiet"] == path[:-1]


@pytest.mark.parametrize(("name", "step"), STEPS)
def test_of_what_an_outage_missed_only_the_newest_is_called_and_the_rest_is_told(office, name, step):
    path = expected(*EACH[name])
    office.open(*EACH[name])
    office.until(office.opened_at + path[step][0] * MINUTE - INSTANT)
    office.now = office.opened_at + timedelta(hours=9)
    office.fire()
    newest = {why: (9 * 60, why, who) for _, why, who in path[step:]}  # of each kind
    assert made(office) == path[:step] + list(newest.values())
    with office.services.database.read() as session:
        skipped = session.exec(select(Timer.key).where(Timer.kind == "escalate", Timer.status == "skipped")).all()
        told = {row.key for row in session.exec(select(Owed).where(Owed.subject == "skipped"))}
    assert len(skipped) == len(path[step:]) - len(newest)
    assert {f"skipped:{key}" for key in skipped} <= told


@pytest.mark.parametrize("name", EACH)
def test_who_goes_quiet_is_asked_in_time_and_unanswered_every_step_behind_is_called(office, name):
    path, (still, answer) = expected(*EACH[name]), STILL[EACH[name][0]]
    office.open(*EACH[name])
    office.now += MINUTE
    office.do("acknowledge", "ml_engineer")
    office.until(office.opened_at + timedelta(days=3))
    (asked,) = office.told("asked_still")
    assert asked.at - office.opened_at == (1 + still) * MINUTE
    first = 1 + still + answer
    waiting = [one for one in path[1:] if one[1] == "waited"]
    again = [(first + minute - waiting[0][0], "quiet", who) for minute, _, who in waiting]
    rest = [one for one in path if one[1] == "unresolved"]
    assert sorted(made(office), key=lambda one: one[0]) == sorted([path[0], *again, *rest], key=lambda one: one[0])


def test_the_paths_of_the_table_are_those_that_ship(shipped):
    named = {(one.severity, family) for one in shipped.escalation for family in one.families}
    assert named == set(SPECIAL)
    assert {one.severity for one in shipped.escalation} == set(PATHS)
    for severity, family in product(PATHS, Family):
        planned = calls(shipped.path(severity, family), family)
        assert [(one.after / MINUTE, whom(shipped, one)) for one in planned] == [
            (minutes, who) for minutes, _, who in expected(severity, family)
        ]
    assert not any(shipped.path(Severity.LOW, family) for family in Family)
