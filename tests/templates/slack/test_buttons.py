"""Which buttons stand under an incident, and what a press carries."""

import pytest

from analysis.response import life
from analysis.vocabulary import State
from templates.slack import buttons
from templates.verbs import VERBS


def test_a_new_incident_begins_with_the_five_in_order(make):
    assert buttons.shown(make.view())[:5] == ["acknowledge", "freeze", "export", "retrain", "escalate"]


@pytest.mark.parametrize("state", State)
def test_what_the_state_allows_has_a_button_and_nothing_else(make, state):
    allowed = {move.verb for move in life.possible(state)}
    view = make.handled(make.view(state=state))
    offered = [*buttons.shown(view), *buttons.offered(view, in_menu=True)]
    assert len(offered) == len(set(offered))
    assert set(offered) == {verb for verb in allowed if VERBS[verb].offered(view)}


@pytest.mark.parametrize("state", State)
def test_no_row_is_wider_than_five(make, state):
    assert all(len(row["elements"]) <= 5 for row in buttons.rows(make.handled(make.view(state=state))))


def test_unfreeze_appears_only_under_a_restraint(make):
    assert "unfreeze" not in buttons.shown(make.view(state=State.CONTAINED))
    assert "unfreeze" in buttons.shown(make.handled(make.view(state=State.CONTAINED)))


def test_a_restrained_model_has_its_freeze_changed(make):
    assert buttons.button("freeze", make.handled(make.view()))["text"]["text"] == "Change freeze"


def test_a_press_says_which_state_was_seen(make):
    shown = buttons.button("acknowledge", make.view())
    assert shown["value"] == "INC-2026-11-007:detected"
    assert shown["action_id"] == "move:acknowledge"
    assert shown["style"] == "primary"
