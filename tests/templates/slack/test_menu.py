"""“More…”: what a person may do, by subject, each thing once."""

import pytest

from analysis.vocabulary import State
from templates.slack import limits, menu
from templates.verbs import VERBS

IN_MENU = [verb for verb, words in VERBS.items() if words.in_menu]


def test_each_verb_of_the_menu_stands_under_one_subject():
    listed = [verb for verbs in menu.GROUPS.values() for verb in verbs]
    assert sorted(listed) == sorted(IN_MENU)


def test_the_menu_shows_the_subjects_that_have_something_and_each_verb_once(make):
    shown = menu.modal(make.view(state=State.ACKNOWLEDGED), ["update", "merge"])
    texts = [str(block) for block in shown["blocks"]]
    assert any("Work on it" in text for text in texts)
    assert any("Join and part" in text for text in texts)
    assert not any("Learn from it" in text or "Else" in text for text in texts)
    actions = [block["accessory"]["action_id"] for block in shown["blocks"] if "accessory" in block]
    assert actions == ["move:update", "move:merge"]


def test_who_may_do_nothing_more_is_told_so(make):
    assert "allow nothing more" in str(menu.modal(make.view(), []))


def test_the_whole_menu_is_within_slack_s_limits(make):
    view = make.view(name=make.nasty)
    view.model.name = make.nasty
    assert limits.lint(menu.modal(view, IN_MENU)) == []


@pytest.mark.parametrize("verb", IN_MENU)
def test_what_a_verb_does_is_a_sentence(verb):
    said = menu.does(verb)
    assert said[0].isupper()
    assert said.endswith(".")


def test_no_two_verbs_have_the_same_button():
    labels = [words.label for words in VERBS.values()]
    assert sorted(labels) == sorted(set(labels))
