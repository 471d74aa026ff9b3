"""The thread: one line a verb; routine lines ring nobody."""

import pytest

from analysis.response.life import MOVES
from templates.slack import limits, thread

SAYS = {
    "opened": "ALR-1042",
    "called": "<@U0CTOOFF01>",
    "acknowledge": "4 min after it opened",
    "freeze": "*level 4, paused*",
    "unfreeze": "(was level 4)",
    "export": "version 2 of the evidence",
    "export_made": "612.3 kB",
    "export_failed": "Could not gather version 2",
    "retrain": "`RTR-31`",
    "retrain_started": "has started",
    "retrain_finished": "/ethix analyze income-prequal",
    "retrain_failed": "exit code 2",
    "escalate": "calling CTO (step 2) <@U0CTOOFF01>",
    "resolve": "resolved it after 4 min",
    "severity_rose": "🔴 Critical",
    "reopened": "open again",
    "recovered": "back within its limits",
    "repeat": "3 runs so far",
    "reminder": "nobody has it yet",
}


@pytest.mark.parametrize("verb", SAYS)
def test_each_verb_has_its_line(make, verb):
    assert SAYS[verb] in thread.line(make.entry(verb), make.view()).text


@pytest.mark.parametrize("verb", thread.LINES)
def test_no_line_has_a_gap(make, verb):
    text = thread.line(make.entry(verb), make.view()).text
    assert text.strip()
    assert "None" not in text


@pytest.mark.parametrize("verb", [*thread.LINES, "something_new"])
def test_a_line_stands_whatever_was_typed_or_is_missing(make, verb):
    full, empty = make.entry(verb, make.nasty, actor=make.nasty), make.entry(verb)
    empty.facts = {}
    for entry in (full, empty):
        shown = thread.line(entry, make.view())
        assert limits.lint(shown.blocks, shown.text) == []
        assert "<!channel>" not in shown.text
        assert "<script>" not in shown.text


@pytest.mark.parametrize("verb", [verb for verb in MOVES if verb != "escalate"])
def test_a_routine_line_names_people_and_rings_nobody(make, verb):
    view = make.handled(make.view(), "Sam Whitfield")
    shown = thread.line(make.entry(verb), view).text
    assert "*Sam Whitfield*" in shown
    assert "<@" not in shown


def test_somebody_not_known_by_name_is_mentioned(make):
    assert "<@U0ONCALL01>" in thread.line(make.entry("acknowledge"), make.view()).text


def test_an_unknown_verb_is_told_as_it_is(make):
    assert "something new." in thread.line(make.entry("something_new"), make.view()).text


def test_an_escalation_by_the_clock_says_why(make):
    waited = make.entry("escalate", actor="system", waited=True, reason=None)
    assert "Nobody acknowledged in time" in thread.line(waited, make.view()).text


def test_a_role_that_nobody_holds_is_said(make):
    assert "Nobody holds that role" in thread.line(make.entry("called", people=[]), make.view()).text


@pytest.mark.parametrize("level", [None, 9, "4", -1])
def test_an_odd_level_is_told_without_a_name(make, level):
    assert "restrained" in thread.line(make.entry("freeze", level=level), make.view()).text
