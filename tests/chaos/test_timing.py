"""The judge of time is fair: of every kind of timer it knows the effect, and misses it where it is not there."""

from datetime import UTC, datetime, timedelta

import pytest

from bot import schedule
from storage.tables import (
    Approval,
    AuditRow,
    ChecklistStep,
    Clock,
    FollowUp,
    Incident,
    Owed,
    Quiet,
    Run,
    TimelineEntry,
    Timer,
)
from tests.chaos.facts import Facts
from tests.chaos.timing import EFFECTS, doubled_timers, lost_timers, untimely

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
INC, MINUTE = "INC-2026-11-001", timedelta(minutes=1)
# Judged by whom they call; by what stands in the database; or said by nothing where all is well.
JUDGED_OTHERWISE = {"escalate", "storm", "retention", "deep", "overdue", "review"}


def entry(id: int, verb: str, at: datetime = NOW, actor: str = "system", **facts) -> TimelineEntry:
    return TimelineEntry(id=id, incident_id=INC, at=at, actor=actor, verb=verb, facts=facts)


def owed(key: str, kind: str = "digest", **more) -> Owed:
    return Owed(key=key, kind=kind, channel="C1", next_at=NOW, created_at=NOW, **{"subject": INC} | more)


def clock(**more) -> Clock:
    return Clock(id=7, incident_id=INC, kind="contain", number=2, started_at=NOW, due_at=NOW + MINUTE, **more)


def quiet(**more) -> Quiet:
    return Quiet(id="QUI-1", kind="snooze", incident_id=INC, reason="", by="U1", starts_at=NOW, ends_at=NOW, **more)


def approval(status: str) -> Approval:
    return Approval(id="APR-1", verb="unfreeze", subject=INC, bound_to="", requested_by="U1", requested_at=NOW,
                    expires_at=NOW, status=status)  # fmt: skip


STEP = ChecklistStep(id=3, incident_id=INC, runbook="bias", edition=1, title="", position=1, key="k", text="",
                     begun_at=NOW)  # fmt: skip
TODO = FollowUp(id="FUP-1", incident_id=INC, kind="other", needed="afterwards", what="", owner="U1", by="U1", at=NOW,
                due_at=NOW)  # fmt: skip
OF = {"clock": "contain", "number": 2, "due": (NOW + MINUTE).isoformat()}
# By kind: its subject and data, the facts with its effect, and those without.
WORK = {
    "digest": ("x", {}, {"owed": [owed("T")]}, {}),
    "check": ("x", {}, {"runs": [Run(key="T", model_id="m", requested_by="", requested_at=NOW)]}, {}),
    "clock_warn": ("clock:7", {}, {"clocks": [clock(warned_at=NOW)], "timeline": [entry(1, "clock_warn", **OF)]},
                   {"clocks": [clock()]}),
    "clock_due": ("clock:7", {}, {"clocks": [clock(breached_at=NOW)], "timeline": [entry(1, "clock_breached", **OF)]},
                  {"clocks": [clock(breached_at=NOW)]}),
    "step_due": ("step_due:3", {"step": 3}, {"steps": [STEP], "timeline": [entry(1, "step_overdue", timer="T")]},
                 {"steps": [STEP]}),
    "still_on_it": (INC, {}, {"timeline": [entry(1, "asked_still", timer="T")]}, {}),
    "unanswered": (INC, {}, {"timeline": [entry(1, "escalate", timer="T", waited=True, why="quiet")]}, {}),
    "quiet_end": ("QUI-1", {}, {"quiets": [quiet(ended_at=NOW)], "timeline": [entry(1, "quiet_over", quiet="QUI-1")]},
                  {"quiets": [quiet(ended_at=NOW)]}),
    "quiet_notice": ("QUI-1", {}, {"quiets": [quiet()], "timeline": [entry(1, "quiet_ahead", quiet="QUI-1")]},
                     {"quiets": [quiet()]}),
    "approval": ("APR-1", {}, {"approvals": [approval("expired")]}, {"approvals": [approval("pending")]}),
    "watch": (INC, {}, {"timeline": [entry(1, "watch_over", timer="T")]}, {}),
    "follow_up": ("FUP-1", {"why": "today"}, {"follow_ups": [TODO], "owed": [owed("T", "follow_up")]},
                  {"follow_ups": [TODO]}),
    "hand_over": ("nights", {}, {"owed": [owed("hand_over:nights:x", "on_call", subject="hand_over")]}, {}),
    "flapping_calm": ("ALR-1", {}, {"timeline": [entry(1, "calmed", timer="T")]}, {}),
}  # fmt: skip


def timer(kind: str, subject: str = INC, status: str = "fired", **more) -> Timer:
    values = {"id": 1, "key": "T", "due_at": NOW - MINUTE, "fired_at": NOW} | more
    return Timer(kind=kind, subject=subject, status=status, **values)


def test_each_kind_of_timer_is_one_that_fires_and_has_its_case():
    assert set(WORK) == set(EFFECTS)
    assert set(EFFECTS) | JUDGED_OTHERWISE <= set(schedule.HANDLERS)
    assert not set(EFFECTS) & JUDGED_OTHERWISE


@pytest.mark.parametrize("kind", WORK)
def test_the_effect_of_each_kind_is_found_and_missed(kind):
    subject, data, done, undone = WORK[kind]
    fired = timer(kind, subject, data=data)
    assert lost_timers(Facts(NOW, timers=[fired], **done)) == []
    assert lost_timers(Facts(NOW, timers=[fired], **undone)) == ["T"]


def test_a_clock_that_was_met_a_step_that_was_done_and_an_answer_are_no_loss():
    met = Facts(NOW, timers=[timer("clock_due", "clock:7")], clocks=[clock(met_at=NOW)])
    asked_anew = timer("still_on_it", status="pending", id=2, key="U", due_at=NOW + MINUTE)
    answered = Facts(NOW, timers=[timer("unanswered"), asked_anew])
    ended = Incident(id=INC, model_id="m", family="data", severity="high", state="closed", channel="", opened_at=NOW)
    over = Facts(NOW, timers=[timer("step_due", "step_due:3", data={"step": 3})], steps=[STEP], incidents=[ended])
    assert lost_timers(met) + lost_timers(answered) + lost_timers(over) == []


TWICE = {
    "a step that is overdue": [entry(n, "step_overdue", timer="T") for n in (1, 2)],
    "a breach": [entry(n, "clock_breached", **OF) for n in (1, 2)],
    "a warning": [entry(n, "clock_warn", **OF) for n in (1, 2)],
    "the end of a snooze": [entry(n, "quiet_over", quiet="QUI-1") for n in (1, 2)],
}


@pytest.mark.parametrize("what", TWICE)
def test_what_is_told_twice_is_counted(what):
    assert len(doubled_timers(Facts(NOW, timeline=TWICE[what]))) == 1
    assert doubled_timers(Facts(NOW, timeline=TWICE[what][:1])) == []


def test_a_wish_that_lapsed_twice_is_counted():
    lines = [AuditRow(seq=n, at=NOW, actor="system", action="approval_expired", entity="APR-1", outcome="done", data={},
                      prev="", hash="") for n in (1, 2)]  # fmt: skip
    assert len(doubled_timers(Facts(NOW, audit=lines))) == 1


def call(id: int, why: str, **more) -> TimelineEntry:
    return entry(id, "escalate", waited=True, why=why, **more)


ASKED, TAKEN = entry(2, "asked_still", person="U1"), entry(1, "acknowledge", actor="U1")
TIMELINES = {
    "a call after somebody took it": ([TAKEN, call(2, "waited")], 1),
    "a call after somebody froze it": ([entry(1, "freeze", actor="U1"), call(2, "repeated")], 1),
    "a call before": ([call(1, "waited"), entry(2, "acknowledge", actor="U1")], 0),
    "a call until it is resolved": ([TAKEN, call(2, "unresolved")], 0),
    "a call without an answer": ([TAKEN, ASKED, call(3, "quiet")], 0),
    "a call after the answer": ([TAKEN, ASKED, entry(3, "still_on_it", actor="U1"), call(4, "quiet")], 1),
    "a call after their work": ([TAKEN, ASKED, entry(3, "update", actor="U1"), call(4, "quiet")], 1),
    "a call after another one's work": ([TAKEN, ASKED, entry(3, "update", actor="U2"), call(4, "quiet")], 0),
    "a call once it began anew": ([TAKEN, entry(2, "reopened"), call(3, "waited")], 0),
    "a warning of what was over": ([entry(1, "clock_warn", NOW + MINUTE, **OF)], 1),
    "a warning in time": ([entry(1, "clock_warn", **OF)], 0),
}


@pytest.mark.parametrize("what", TIMELINES)
def test_what_comes_though_it_was_answered_is_counted(what):
    timeline, found = TIMELINES[what]
    mine = Incident(id=INC, model_id="m", family="data", severity="high", state="detected", channel="", opened_at=NOW)
    assert len(untimely(Facts(NOW, timeline=timeline, incidents=[mine]))) == found


def test_what_fires_beyond_its_maximal_lateness_or_behind_a_newer_one_is_counted():
    late = timer("digest", due_at=NOW - timedelta(hours=13))
    first = timer("escalate", data={"until": "acknowledged"}, key="1")
    newer = timer("escalate", data={"until": "acknowledged"}, key="2", due_at=NOW, fired_at=NOW)
    assert len(untimely(Facts(NOW, timers=[late]))) == 1
    assert untimely(Facts(NOW, timers=[timer("digest"), first, newer])) == []
    behind = timer("escalate", data={"until": "acknowledged"}, key="1", fired_at=NOW + MINUTE)
    assert len(untimely(Facts(NOW, timers=[behind, newer]))) == 1
