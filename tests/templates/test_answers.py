"""The answer to each outcome and each refusal: what is so now, who was first, who could."""

import pytest

from analysis.errors import (
    BadLog,
    BadSpec,
    Fault,
    ForeignProfile,
    Missing,
    NotAllowed,
    NotNow,
    NotYou,
    Refused,
    Unknown,
)
from analysis.response.life import MOVES
from analysis.response.outcomes import Kind, Outcome
from analysis.vocabulary import Role, State
from templates import answers
from templates.verbs import VERBS

FACTS = {
    "incident": "INC-1", "state": "acknowledged", "by": "U0ONCALL01", "at": "2026-11-21T03:00:00+00:00", "level": 4,
    "retrain": "RTR-31", "version": 2, "status": "queued", "roles": ["cto"],
}  # fmt: skip
ERRORS = {
    NotAllowed("freeze", [Role.ML_LEAD, Role.ON_CALL]): ("freeze models", "ML Lead or On-call"),
    NotAllowed("view:incident_timeline", [Role.AUDITOR]): ("see incidents", "Auditor"),
    NotAllowed("view:moon", [Role.AUDITOR]): ("see the moon", "Auditor"),
    NotNow("resolve", State.DETECTED, [State.CONTAINED, State.VERIFYING]): ("“detected”", "“contained” or “verifying”"),
    NotYou("unfreeze", [Role.CTO]): ("somebody else has to unfreeze models", "CTO"),
    Missing("freeze", "reason"): ("A reason is needed.", ""),
    Missing("resolve", "note", "is longer than 2000 characters"): ("A note on what was done is longer than 2000", ""),
    Missing("analyze", "colour"): ("Colour is needed.", ""),
    Unknown("incident", "INC-9", ["INC-1", "INC-2"]): ("no incident “INC-9”", "Did you mean INC-1 or INC-2?"),
    Unknown("model", "x"): ("There is no model “x”.", ""),
    BadLog(Fault.EMPTY, file="a.parquet"): ("a.parquet", "no rows"),
    BadSpec(detail="label: twice"): ("columns", "label: twice"),
    ForeignProfile(): ("different specs", ""),
    Refused(model="x"): ("That cannot be done", "x"),
}


@pytest.mark.parametrize("verb", MOVES)
def test_a_done_move_says_what_is_so_now(verb):
    assert answers.sentence(Outcome(Kind.DONE, verb, FACTS)) == VERBS[verb].done(FACTS)
    assert answers.sentence(Outcome(Kind.DONE, verb)).endswith(".")


@pytest.mark.parametrize("verb", MOVES)
def test_a_second_press_says_who_was_first_and_that_nothing_changed(verb):
    said = answers.sentence(Outcome(Kind.ALREADY, verb, FACTS | {"did": verb}))
    assert "<@U0ONCALL01>" in said
    assert "<!date^" in said
    assert said.endswith("Nothing was changed.")


def test_an_old_message_says_what_happened_since():
    said = answers.sentence(Outcome(Kind.STALE, "freeze", FACTS | {"did": "acknowledge"}))
    assert "<@U0ONCALL01> acknowledged it <!date^" in said
    assert "It is acknowledged now" in said


def test_an_old_message_of_which_nothing_is_known_still_gets_an_answer():
    assert "The incident has moved on." in answers.sentence(Outcome(Kind.STALE, "freeze", {"state": "gone"}))


def test_evidence_that_is_already_there_is_said_to_be_in_the_thread():
    assert "already in the thread" in answers.sentence(Outcome(Kind.ALREADY, "export", FACTS | {"status": "made"}))


def test_a_retrain_under_way_is_named():
    assert "`RTR-31` is already under way" in answers.sentence(Outcome(Kind.ALREADY, "retrain", FACTS))


@pytest.mark.parametrize("kind", Kind)
def test_each_kind_of_outcome_has_an_answer(kind):
    assert answers.sentence(Outcome(kind, "acknowledge", FACTS))
    assert answers.sentence(Outcome(kind, "unheard_of", {}))


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_each_refusal_says_why_and_what_would_help(error):
    for part in ERRORS[error]:
        assert part in answers.refusal(error)


def test_a_refusal_is_raw_text_and_an_answer_is_escaped():
    error = Unknown("model", "<!channel>")
    assert "<!channel>" in answers.refusal(error)
    assert "<" not in answers.sentence(Outcome(Kind.REFUSED, "freeze", {}, error))


def test_the_bot_names_itself_where_no_person_was_first():
    assert "The policy was first" in answers.sentence(Outcome(Kind.ALREADY, "freeze", {"by": "system"}))


def test_a_fault_of_ours_carries_its_reference():
    assert "`3f2a`" in answers.trouble("3f2a")


def test_a_busy_moment_asks_to_press_again():
    assert "press again" in answers.BUSY


def test_every_sentence_is_short(make):
    longest = [answers.sentence(Outcome(Kind.STALE, verb, FACTS | {"did": verb})) for verb in MOVES]
    assert max(map(len, longest)) < 400
