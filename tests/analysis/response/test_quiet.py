"""Quiet decided: what a matcher holds, what breaks through, who may make it, and what people type."""

from datetime import UTC, datetime, timedelta

import pytest

from analysis.errors import Missing, NotAllowed
from analysis.response import quiet
from analysis.response.quiet import LONGEST, Kind, Matcher, Subject
from analysis.vocabulary import Family, Role, Severity

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ALERT = Subject("income", Family.DATA, Severity.HIGH, "psi", "age", "Female")


@pytest.mark.parametrize("name", quiet.NAMED)
def test_all_that_is_named_must_fit(name):
    mine, other = {name: str(getattr(ALERT, name))}, {name: "another"}
    assert Matcher.of(mine).fits(ALERT)
    assert not Matcher.of(other).fits(ALERT)
    assert not Matcher.of({"model": "income", "metric": "psi"} | other).fits(ALERT)


def test_what_is_worse_than_it_goes_is_not_held():
    critical = Subject("income", Family.DATA, Severity.CRITICAL, "psi", "age")
    assert not Matcher(model="income").fits(critical)
    assert Matcher(model="income", up_to="critical").fits(critical)
    assert not Matcher(model="income", up_to="medium").fits(ALERT)


def test_fairness_is_held_only_where_it_is_named():
    unfair = Subject("income", Family.FAIRNESS, Severity.MEDIUM, "disparate_impact_ratio", "sex")
    assert not Matcher(model="income").fits(unfair)
    assert Matcher(family="fairness").fits(unfair)


def test_a_matcher_is_stored_without_what_it_does_not_name():
    kept = Matcher(model="income").kept()
    assert kept == {"model": "income", "up_to": "high"}
    assert Matcher.of(kept) == Matcher(model="income")


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("kind", [Kind.SILENCE, Kind.MAINTENANCE])
def test_who_may_make_what(kind, role):
    def may(**matcher):
        try:
            quiet.allow(kind, Matcher(**matcher), {role})
        except NotAllowed:
            return False
        return True

    assert may(model="income") == (role in quiet.MAKERS[kind])
    assert may(family="fairness") == (role in (Role.COMPLIANCE_OFFICER, Role.ADMIN))
    assert may(model="income", up_to="critical") == (role in (Role.ADMIN, Role.CTO))


@pytest.mark.parametrize("kind", Kind)
def test_each_has_an_end_ahead_and_not_too_far(kind):
    quiet.check_end("x", kind, NOON, NOON + LONGEST[kind])
    for wrong in (NOON, NOON - timedelta(days=1), NOON + LONGEST[kind] + timedelta(seconds=1)):
        with pytest.raises(Missing):
            quiet.check_end("x", kind, NOON, wrong)


@pytest.mark.parametrize(
    ("words", "ends"),
    [
        ("column=age for 4h x", NOON + timedelta(hours=4)),
        ("column=age for 30 min x", NOON + timedelta(minutes=30)),
        ("column=age until 2026-11-21T18:00 x", datetime(2026, 11, 21, 18, tzinfo=UTC)),
        ("column=age until 2026-11-21T18:00+03:00 x", datetime(2026, 11, 21, 15, tzinfo=UTC)),
    ],
)
def test_an_end_is_typed_as_people_say_it(words, ends):
    found = quiet.read(Kind.SILENCE, words.split(), NOON)
    assert (found.ends_at, found.reason, found.matcher.column) == (ends, "x", "age")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("for 4h x", "name one of"),
        ("colour=red for 4h x", "is none of"),
        ("model= for 4h x", "is none of"),
        ("family=weather for 4h x", "no family"),
        ("model=a the feed moves", "say “for 4h”"),
        ("model=a for ever x", "say “for 4h”"),
        ("model=a until tomorrow x", "say “for 4h”"),
        ("model=a until", "say “for 4h”"),
        ("model=a for 9999d x", "at most"),
        ("model=a for 0h x", "behind"),
        ("model=a for 4h", "reason"),
        ("model=a for 4h including critical", "reason"),
        ("model=a until 9999-12-31T23:59-23:59 x", "at most"),
    ],
)
def test_what_is_not_understood_says_what_is_owed(words, says):
    with pytest.raises(Missing, match=says):
        quiet.read(Kind.SILENCE, words.split(), NOON)


def test_maintenance_is_of_a_model():
    with pytest.raises(Missing, match="model="):
        quiet.read(Kind.MAINTENANCE, ["column=age", "for", "4h", "x"], NOON)
