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
    "cancel_retrain": "is ending retrain `RTR-31`",
    "retrain_trained": "is being judged",
    "retrain_passed": "may be promoted",
    "retrain_refused": "must not serve",
    "retrain_cancelled": "it was cancelled",
    "retrain_failed": "exit code 2",
    "escalate": "calling CTO (step 2): <@U0CTOOFF01>",
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


def test_a_pause_without_a_fallback_says_that_nothing_answers(make):
    assert "requests get no answer" in thread.line(make.entry("freeze", fallback=None), make.view()).text
    assert "requests get no answer" not in thread.line(make.entry("freeze", fallback="1.0.0"), make.view()).text
    assert "requests get no answer" not in thread.line(make.entry("freeze", fallback=None, level=3), make.view()).text


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
    told = make.entry("called", actor="system")
    told.facts = {"people": [], "to": ["cto"], "empty": ["cto"], "unreached": ["rota:nights"]}
    said = thread.line(told, make.view()).text
    assert "Calling CTO; *nobody could be reached*" in said
    assert "Nobody is there as primary of nights and CTO." in said


@pytest.mark.parametrize(
    ("why", "says"),
    [("opened", "📣 Calling CTO: <@U1>"), ("waited", "Nobody acknowledged within 30 min: calling CTO (step 3): <@U1>"),
     ("repeated", "once more: calling CTO"), ("unresolved", "Not resolved within 30 min"),
     ("quiet", "*Sam Whitfield* has it and did not answer: "), ("rose", "more severe than it was: "),
     ("by_hand", "*Sam Whitfield* escalates: ")],
)  # fmt: skip
def test_each_call_says_why_it_is_made(make, why, says):
    facts = {"why": why, "to": ["cto"], "people": ["U1"], "step": 0 if why == "opened" else 2, "after_s": 1800}
    view = make.handled(make.view(), "Sam Whitfield")
    entry = make.entry("escalate", actor="U0ONCALL01" if why == "by_hand" else "system")
    entry.facts = facts | {"person": "U0ONCALL01"}
    assert says in thread.line(entry, view).text


def test_a_user_group_is_rung_by_its_own_mention_and_a_channel_is_named(make):
    entry = make.entry("called", actor="system")
    entry.facts = {"groups": ["S0ONCALL01"], "channels": ["risk"], "to": ["group:S0ONCALL01", "channel:risk"]}
    assert "Calling user group `S0ONCALL01` and #risk: <!subteam^S0ONCALL01>" in thread.line(entry, make.view()).text


def test_the_question_has_a_button_to_answer_it(make):
    shown = thread.line(make.entry("asked_still", person="U0ONCALL01"), make.view())
    assert "<@U0ONCALL01> *Are you still on it?*" in shown.text
    assert [one["action_id"] for one in shown.blocks[-1]["elements"]] == ["move:still_on_it"]
    assert limits.lint(shown.blocks, shown.text) == []


@pytest.mark.parametrize("level", [None, 9, "4", -1])
def test_an_odd_level_is_told_without_a_name(make, level):
    assert "restrained" in thread.line(make.entry("freeze", level=level), make.view()).text
