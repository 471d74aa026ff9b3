"""Every move × state × role: it does what the table says, or says who may and when."""

from itertools import product

import pytest

from analysis.errors import NotAllowed, NotNow
from analysis.response import fields, life
from analysis.response.life import MOVES, ORDER
from analysis.vocabulary import Role, State
from templates.verbs import VERBS


@pytest.mark.parametrize("verb", MOVES)
def test_a_move_is_made_refused_or_not_now(verb):
    for state, role in product(State, Role):
        check(verb, state, role)


def check(verb, state, role):
    move = MOVES[verb]
    if role not in move.by:
        with pytest.raises(NotAllowed) as refused:
            life.make(verb, state, {role})
        assert set(refused.value.needs) == move.by
    elif state not in move.source:
        with pytest.raises(NotNow) as late:
            life.make(verb, state, {role})
        assert set(late.value.possible_in) == move.source
    else:
        target = life.make(verb, state, {role})
        assert move.back or ORDER.index(target) >= ORDER.index(state)  # nothing that was done is taken back


@pytest.mark.parametrize("verb", MOVES)
def test_nobody_without_a_role_may_do_anything(verb):
    for state in State:
        with pytest.raises(NotAllowed):
            life.make(verb, state, set())


def test_only_reopening_leads_backward():
    assert [verb for verb, move in MOVES.items() if move.back] == ["reopen"]


@pytest.mark.parametrize("verb", MOVES)
def test_a_viewer_and_an_auditor_change_nothing(verb):
    assert Role.VIEWER not in MOVES[verb].by
    assert Role.AUDITOR not in MOVES[verb].by or verb == "export"


@pytest.mark.parametrize("verb", MOVES)
def test_each_verb_has_a_button_an_effect_and_words(verb):
    from bot.operations.effects import EFFECTS

    assert verb in EFFECTS
    assert verb in VERBS


@pytest.mark.parametrize("verb", MOVES)
def test_each_field_it_asks_for_has_a_form_and_words(verb):
    modal, asked = VERBS[verb].modal, [name.rstrip("?") for name in MOVES[verb].asks]
    assert (modal is not None) == bool(asked)
    assert modal is None or set(modal.fields) == set(asked)
    for name in asked:
        is_choice = fields.of(name).form is fields.Form.CHOICE
        assert not is_choice or fields.of(name).options or modal.fields[name].options, name


def test_every_open_state_can_be_left():
    for state in life.OPEN:
        reachable, seen = {state}, set()
        while reachable - seen:
            now = (reachable - seen).pop()
            seen.add(now)
            reachable |= {life.make(m.verb, now, m.by) for m in MOVES.values() if now in m.source}
        assert seen & life.ENDED, state
