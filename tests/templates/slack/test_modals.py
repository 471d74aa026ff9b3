"""Modals: every field that a move asks for, under its name, and what a person should know before they submit."""

from dataclasses import replace

import pytest

from analysis.response.life import MOVES
from analysis.vocabulary import Severity, State
from templates.slack import limits, modals

ASKING = [verb for verb, move in MOVES.items() if move.asks]


def inputs(view) -> dict[str, dict]:
    return {block["block_id"]: block for block in view["blocks"] if block["type"] == "input"}


@pytest.mark.parametrize("verb", ASKING)
def test_a_modal_asks_for_what_its_move_asks(make, now, verb):
    shown = inputs(modals.modal(verb, make.rich(make.view()), now))
    assert list(shown) == [asked.rstrip("?") for asked in MOVES[verb].asks]
    for asked in MOVES[verb].asks:
        name = asked.rstrip("?")
        assert shown[name]["element"]["action_id"] == name
        assert shown[name].get("optional", False) == asked.endswith("?")


@pytest.mark.parametrize("verb", ASKING)
def test_a_modal_is_within_slack_s_limits_whatever_it_shows(make, now, verb):
    view = make.handled(make.rich(make.view(name=make.nasty, state=State.CONTAINED), make.nasty), make.nasty)
    view.model.name = make.nasty
    assert limits.lint(modals.modal(verb, view, now, "This calls the CTO")) == []
    assert limits.lint(modals.refused(verb, "No.")) == []


@pytest.mark.parametrize("verb", ASKING)
def test_a_modal_remembers_what_was_seen(make, now, verb):
    shown = modals.modal(verb, make.view(), now)
    assert shown["callback_id"] == f"move:{verb}"
    assert shown["private_metadata"] == "INC-2026-11-007:detected:1"


def test_freeze_offers_the_levels_that_restrain_and_proposes_the_advised_one(make, now):
    element = inputs(modals.modal("freeze", make.view(), now))["level"]["element"]
    assert [option["value"] for option in element["options"]] == ["4", "3", "2", "1"]
    assert element["initial_option"]["value"] == "4"
    mild = inputs(modals.modal("freeze", make.view(severity=Severity.LOW), now))["level"]["element"]
    assert mild["initial_option"]["value"] == "1"


def test_freeze_proposes_the_level_in_force(make, now):
    view = make.handled(make.view(severity=Severity.MEDIUM))
    assert inputs(modals.modal("freeze", view, now))["level"]["element"]["initial_option"]["value"] == "4"


def test_freeze_says_who_is_affected_and_how_it_stands(make, now):
    shown = str(modals.modal("freeze", make.view(), now))
    assert "703 decisions" in shown
    assert "level 0, normal operation" in shown


def test_escalate_says_whom_it_calls(make, now):
    assert "This calls the CTO" in str(modals.modal("escalate", make.view(), now, "This calls the CTO"))


def test_unfreezing_a_critical_incident_says_that_another_person_is_needed(make, now):
    assert "a second person has to approve this" in str(modals.modal("unfreeze", make.handled(make.view()), now))
    mild = make.handled(make.view(severity=Severity.HIGH))
    assert "second person" not in str(modals.modal("unfreeze", mild, now))


def test_resolving_what_is_still_there_is_warned_of(make, now):
    view = make.view(state=State.CONTAINED)
    assert "still found it" in str(modals.modal("resolve", view, now))
    view.alerts[0].state = "recovered"
    assert "still found it" not in str(modals.modal("resolve", view, now))


def test_a_refusal_of_a_verb_without_a_modal_has_a_title(make):
    assert modals.refused("acknowledge", "No.")["title"]["text"] == "Not done"


def test_the_whole_story_fits_into_a_modal(make, now):
    view = make.handled(make.view(name=make.nasty, many=200), make.nasty)
    entries = tuple(make.entry("freeze", make.nasty) for _ in range(300))
    shown = modals.document(replace(view, timeline=entries), now)
    assert limits.lint(shown) == []
    assert "260 earlier entries" in str(shown)


def test_the_story_states_exactly_what_was_measured(make, now):
    shown = str(modals.document(make.view(), now))
    assert "What was measured" in shown
    assert "0.63 times as often" in shown
