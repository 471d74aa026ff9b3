"""Rotas: shifts from wall clock to wall clock, overrides, hand-overs, and where nobody would answer."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from analysis.response import moments, oncall
from analysis.response.oncall import Fault
from analysis.rotas import Order, Place, Rota

MONDAY = date(2026, 3, 2)
PRIMARY, SECONDARY = Place


@dataclass
class Taken:
    id: int
    person: str
    starts_at: datetime
    ends_at: datetime
    place: str = "primary"
    rota: str = "r"


def rota(*primary, secondary=(), **more):
    return Rota(name="r", orders=[Order(since=MONDAY, primary=primary, secondary=secondary)], **more)


def utc(*moment):
    return datetime(*moment, tzinfo=UTC)


def named(duties):
    return [(duty.person, duty.starts_at, duty.ends_at) for duty in duties]


def anybody(name):
    return name


def test_the_week_goes_round_in_order():
    of = rota("a", "b", "c")
    people = [oncall.on_duty(of, PRIMARY, [], utc(2026, 3, 2, 9) + timedelta(weeks=n)).person for n in range(7)]
    assert people == list("abcabca")


def test_the_hand_over_is_to_the_microsecond():
    of, moment = rota("a", "b"), utc(2026, 3, 9, 9)
    assert oncall.on_duty(of, PRIMARY, [], moment - oncall.INSTANT).person == "a"
    assert oncall.on_duty(of, PRIMARY, [], moment).person == "b"


@pytest.mark.parametrize(
    ("zone", "monday", "hours"),
    [("Europe/Berlin", utc(2026, 3, 23, 8), 167), ("Europe/Berlin", utc(2026, 10, 19, 7), 169),
     ("America/New_York", utc(2026, 3, 2, 14), 167), ("Asia/Kolkata", utc(2026, 3, 23, 3, 30), 168)],
)  # fmt: skip
def test_a_shift_over_a_clock_change_still_begins_and_ends_at_nine(zone, monday, hours):
    duty = oncall.on_duty(rota("a", "b", zone=zone), PRIMARY, [], monday)
    assert duty.starts_at == monday
    assert duty.ends_at - duty.starts_at == timedelta(hours=hours)


def test_a_daily_rota_changes_each_day_also_over_the_night_without_half_past_two():
    of = rota("a", "b", weekday=None, at=time(2, 30), zone="Europe/Berlin")
    found = oncall.duties(of, PRIMARY, [], utc(2026, 3, 28, 12), utc(2026, 3, 30, 12))
    assert [duty.starts_at for duty in found][1:] == [utc(2026, 3, 29, 1, 30), utc(2026, 3, 30, 0, 30)]
    assert [duty.person for duty in found] == ["a", "b", "a"]


@given(st.integers(0, 400 * 24), st.integers(1, 60 * 24), st.sampled_from(["Europe/Berlin", "America/New_York", "UTC"]))
def test_there_is_neither_a_hole_nor_an_overlap_whatever_the_span(begins, hours, zone):
    of = rota("a", "b", "c", zone=zone)
    start = utc(2026, 3, 2, 15) + timedelta(hours=begins)
    end = start + timedelta(hours=hours)
    found = oncall.duties(of, PRIMARY, [], start, end)
    assert found[0].starts_at <= start < found[0].ends_at
    assert found[-1].ends_at >= end
    assert all(one.ends_at == two.starts_at for one, two in pairwise(found))
    assert oncall.gaps(of, [], start, end, anybody) == []


def test_a_new_order_takes_over_on_its_day():
    later = Order(since=date(2026, 3, 16), primary=("x", "y"))
    of = Rota(name="r", orders=[Order(since=MONDAY, primary=("a", "b", "c")), later])
    people = [oncall.on_duty(of, PRIMARY, [], utc(2026, 3, 2, 9) + timedelta(weeks=n)).person for n in range(4)]
    assert people == ["a", "b", "x", "y"]


def test_an_override_cuts_a_shift_and_the_newest_holds():
    of = rota("a", "b")
    taken = [Taken(1, "x", utc(2026, 3, 3), utc(2026, 3, 5)), Taken(2, "y", utc(2026, 3, 4), utc(2026, 3, 4, 12))]
    assert named(oncall.duties(of, PRIMARY, taken, utc(2026, 3, 2, 9), utc(2026, 3, 9, 9))) == [
        ("a", utc(2026, 3, 2, 9), utc(2026, 3, 3)),
        ("x", utc(2026, 3, 3), utc(2026, 3, 4)),
        ("y", utc(2026, 3, 4), utc(2026, 3, 4, 12)),
        ("x", utc(2026, 3, 4, 12), utc(2026, 3, 5)),
        ("a", utc(2026, 3, 5), utc(2026, 3, 9, 9)),
    ]


def test_an_override_says_whose_turn_it_is():
    taken = [Taken(7, "x", utc(2026, 3, 3), utc(2026, 3, 5))]
    duty = oncall.on_duty(rota("a", "b"), PRIMARY, taken, utc(2026, 3, 4))
    assert (duty.person, duty.turn_of, duty.override) == ("x", "a", 7)


def test_the_hand_over_names_only_the_places_that_change():
    of, moment = rota("a", "b", secondary=("s",)), utc(2026, 3, 9, 9)
    changed = oncall.hand_over(of, [], moment)
    assert [(before.person, after.person, after.place) for before, after in changed] == [("a", "b", PRIMARY)]
    assert oncall.hand_over(of, [], moment + timedelta(hours=1)) == []


@pytest.mark.parametrize(
    ("of", "gone", "faults"),
    [(rota("a", "b"), (), []),
     (rota("a", "b"), ("b",), [(Fault.GONE, "b")]),
     (rota("a", "b", secondary=("s",)), ("s",), [(Fault.GONE, "s")]),
     (rota("a", "b", secondary=("s", "b")), (), [(Fault.ALONE, "b")]),
     (Rota(name="r", orders=[Order(since=date(2026, 3, 16), primary=("a",))]), (), [(Fault.EMPTY, None)])],
)  # fmt: skip
def test_where_nobody_would_answer_is_found(of, gone, faults):
    found = oncall.gaps(of, [], utc(2026, 3, 3), utc(2026, 3, 16), lambda name: None if name in gone else name)
    assert [(gap.fault, gap.duty.person) for gap in found] == faults


def test_an_override_for_somebody_who_left_is_a_gap_as_long_as_it_is():
    taken = [Taken(1, "left", utc(2026, 3, 3), utc(2026, 3, 5))]
    (gap,) = oncall.gaps(
        rota("a"), taken, utc(2026, 3, 2, 9), utc(2026, 3, 9), lambda name: name if name != "left" else None
    )
    assert (gap.duty.starts_at, gap.duty.ends_at) == (utc(2026, 3, 3), utc(2026, 3, 5))


def test_the_next_shift_of_a_person_is_one_that_has_not_begun():
    of, now = rota("a", "b", secondary=("b", "a")), utc(2026, 3, 4)
    span = (now, now + timedelta(days=60))
    assert oncall.coming(of, [], "a", span, anybody).starts_at == utc(2026, 3, 16, 9)
    assert oncall.coming(of, [], "nobody", span, anybody) is None
    taken = [Taken(1, "x", utc(2026, 3, 4), utc(2026, 3, 5))]  # what is left of a shift after it is not the next one
    assert oncall.coming(of, taken, "a", span, anybody).starts_at == utc(2026, 3, 16, 9)


@pytest.mark.parametrize(
    ("given_as", "mistake"),
    [({"zone": "Mars/Base"}, "is no time zone"), ({"zone": "../etc"}, "is no time zone"),
     ({"weekday": 2}, "not the weekday"), ({"weekday": 9}, "less than or equal"),
     ({"orders": []}, "at least 1"), ({"orders": [{"since": MONDAY, "primary": []}]}, "at least 1"),
     ({"orders": [{"since": MONDAY, "primary": ["a"]}] * 2}, "first day to the last")],
)  # fmt: skip
def test_a_rota_that_cannot_be_is_refused_with_its_mistake(given_as, mistake):
    with pytest.raises(ValidationError, match=mistake):
        Rota.model_validate({"name": "r", "orders": [{"since": MONDAY, "primary": ["a"]}]} | given_as)


NOW = utc(2026, 3, 28, 12)  # a Saturday, the day before the clocks change


@pytest.mark.parametrize(
    ("word", "moment"),
    [("now", NOW), ("+8h", utc(2026, 3, 28, 20)), ("+90min", utc(2026, 3, 28, 13, 30)), ("+1w", utc(2026, 4, 4, 12)),
     ("18:00", utc(2026, 3, 28, 17)), ("9:00", utc(2026, 3, 29, 7)), ("2026-03-30", utc(2026, 3, 30, 4)),
     ("Mon", utc(2026, 3, 30, 4)), ("saturday", utc(2026, 4, 4, 4)), ("tomorrow", utc(2026, 3, 29, 4)),
     ("2026-03-30T08:00", utc(2026, 3, 30, 6)), ("2026-03-30T08:00Z", utc(2026, 3, 30, 8)),
     ("2026-03-30T08:00+05:30", utc(2026, 3, 30, 2, 30))],
)  # fmt: skip
def test_a_moment_is_read_as_it_is_typed(word, moment):
    assert moments.parse(word, NOW, "Europe/Berlin", (time(9, 30), "Asia/Kolkata")) == moment


@pytest.mark.parametrize(
    "word",
    [
        "",
        "soon",
        "25:00",
        "2026-02-30",
        "+8",
        "mo",
        "<@U1>",
        "99999-01-01",
        "+99999h",
        "0001-01-01T00:00+05:00",
        "9999-12-31T23:59-23:00",
    ],
)
def test_what_is_no_moment_says_what_may_be_typed(word):
    with pytest.raises(ValueError, match="is no time that I know"):
        moments.parse(word, NOW, "UTC", (time(9), "UTC"))
