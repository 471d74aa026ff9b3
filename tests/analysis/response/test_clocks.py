"""Clocks decided: what a move does to each, when they are due by a calendar, and what a new severity changes."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from analysis.response import clocks, life
from analysis.response.calendars import Calendar, between, later
from analysis.response.clocks import CLOCKS, Change
from analysis.response.terms import Term, Terms
from analysis.vocabulary import State

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)  # a Friday
HOUR = timedelta(hours=1)
OFFICE = Calendar(zone="Europe/Berlin", holidays=frozenset({date(2026, 12, 25)}))


def changes(verb, was, now, running=()):
    return dict(clocks.follow(verb, was, now, set(running)))


@pytest.mark.parametrize("kind", CLOCKS)
def test_each_clock_has_a_term_and_can_start_and_end(kind):
    assert kind in Terms.model_fields
    clock = CLOCKS[kind]
    assert clock.starts
    assert clock.meets or clock.met_in
    assert not clock.met_in & clock.stopped_in


def test_opening_starts_what_is_owed_from_the_beginning():
    assert set(changes("opened", None, State.DETECTED)) == {"acknowledge", "contain", "root_cause", "fix", "update"}


@pytest.mark.parametrize("state", [state for state in State if state is not State.DETECTED])
def test_whatever_takes_it_from_nobody_s_hands_acknowledges_it(state):
    assert changes("x", State.DETECTED, state, {"acknowledge"})["acknowledge"] is Change.MEET


def test_an_update_begins_the_next_one_while_the_incident_is_open():
    found = list(clocks.follow("update", State.CONTAINED, State.CONTAINED, {"update"}))
    assert found == [("update", Change.MEET), ("update", Change.START)]
    assert changes("resolve", State.CONTAINED, State.RESOLVED, {"update"})["update"] is Change.STOP


def test_an_end_without_a_remedy_owes_nothing_more_and_a_regulator_is_owed_still():
    running = {"contain", "root_cause", "fix", "update", "regulator"}
    found = changes("accept_risk", State.ACKNOWLEDGED, State.ACCEPTED_RISK, running)
    assert found == dict.fromkeys(("contain", "root_cause", "fix", "update"), Change.STOP)
    assert changes("false_positive", State.ACKNOWLEDGED, State.FALSE_POSITIVE, running)["regulator"] is Change.STOP


def test_the_root_cause_is_owed_beyond_the_end_and_the_review_begins_there():
    found = changes("resolve", State.CONTAINED, State.RESOLVED, {"root_cause", "contain", "fix"})
    assert "root_cause" not in found
    assert (found["contain"], found["fix"]) == (Change.MEET, Change.MEET)
    assert found["review"] is found["postmortem"] is Change.START
    again = changes("repeat", State.RESOLVED, State.DETECTED, {"root_cause", "review", "postmortem"})
    assert again["review"] is Change.STOP
    assert again["contain"] is Change.START


@given(st.integers(0, 365 * 24 * 60), st.integers(0, 400), st.integers(0, 400))
def test_calendar_time_adds_up_over_clock_changes(start, first, second):
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=start)
    one, two = timedelta(minutes=10 * first), timedelta(minutes=10 * second)
    middle = later(start, one, OFFICE)
    end = later(middle, two, OFFICE)
    assert end == later(start, one + two, OFFICE)
    assert between(start, end, OFFICE) == one + two
    if one + two:
        assert time(9) <= (end.astimezone(ZoneInfo(OFFICE.zone)) - timedelta(microseconds=1)).time() <= time(17)


def test_a_calendar_skips_the_weekend_and_a_holiday():
    assert later(NOON, 8 * HOUR, OFFICE) == datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert later(datetime(2026, 12, 24, 16, 30, tzinfo=UTC), HOUR, OFFICE) == datetime(2026, 12, 28, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "wrong", [{"opens": "17:00", "closes": "09:00"}, {"days": [8]}, {"days": []}, {"zone": "Berlin"}, {"zone": "../x"}]
)
def test_hours_that_never_are_are_refused(wrong):
    with pytest.raises(ValidationError):
        Calendar.model_validate(wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"contain": {"within": "1 h", "warn": "1 h"}},
        {"contain": "0 s"},
        {"contain": "9999 d"},
        {"regulator": {"within": "72 h", "calendar": "office"}},
        {"warn": 1.0},
    ],
)
def test_terms_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValidationError):
        Terms.model_validate(wrong)


def test_a_term_says_when_it_warns_or_the_severity_does():
    terms = Terms.model_validate({"contain": "4 h", "fix": {"within": "72 h", "warn": "2 h"}})
    assert terms.margin(terms.of("contain")) == HOUR
    assert terms.margin(terms.of("fix")) == 2 * HOUR
    assert terms.of("review") is None
    assert terms.of("warn") is None
    assert isinstance(terms.regulator, Term)


def test_a_rise_gives_the_new_span_from_now_and_never_more_than_there_was():
    since, due = (NOON, NOON + 2 * HOUR), NOON + 4 * HOUR
    assert clocks.replanned(since, due, (HOUR, 0 * HOUR), rose=True) == NOON + 3 * HOUR
    assert clocks.replanned(since, due, (9 * HOUR, 0 * HOUR), rose=True) == due


def test_a_fall_gives_the_longer_span_from_the_start_and_what_it_rested():
    since, due = (NOON, NOON + 2 * HOUR), NOON + 4 * HOUR
    assert clocks.replanned(since, due, (24 * HOUR, HOUR), rose=False) == NOON + 25 * HOUR
    assert clocks.replanned(since, due, (HOUR, 0 * HOUR), rose=False) == due


def test_reopened_by_a_person_it_is_in_somebody_s_hands():
    found = changes("reopen", State.RESOLVED, State.ACKNOWLEDGED)
    assert "acknowledge" not in found
    assert found["contain"] is Change.START


def test_what_the_new_severity_adds_is_owed_unless_it_was_done():
    assert clocks.is_owed(CLOCKS["root_cause"], State.CONTAINED)
    assert not clocks.is_owed(CLOCKS["contain"], State.CONTAINED)
    assert not any(clocks.is_owed(CLOCKS[kind], state) for kind in CLOCKS for state in life.ENDED)
    assert not clocks.is_owed(CLOCKS["review"], State.CONTAINED)
