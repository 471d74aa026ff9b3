"""What is left to people, drawn: within Slack's limits and harmless, whatever serving code sends."""

from datetime import timedelta

import pytest

from analysis.vocabulary import Oversight
from storage.cases import CaseView, Queue
from storage.tables import Person, ReviewItem
from templates import cases as worded
from templates.slack import cases, limits
from tests.templates.views import NASTY, NOW

PLAIN = cases.About("Income", ("approved", "declined"), ("sex",), 0.8)
MANY = cases.About(NASTY, tuple(f"outcome {number}" for number in range(120)), ())
FREE = cases.About("Free")


def item(text="r-1", level=3, many=3, **more):
    seen = {f"{text[:90]}{number}": text[:500] for number in range(many)} | {"sex": "Female", "none": None, "own": True}
    return ReviewItem(
        id=1, model_id="income", request=text[:200], handle="0:1", version=text[:200], proposal=text[:100], score=0.5,
        confidence=0.61, level=level, incident_id="INC-2026-11-007", seen=seen, at=NOW - timedelta(hours=3), **more,
    )  # fmt: skip


@pytest.mark.parametrize("about", [PLAIN, MANY, FREE])
@pytest.mark.parametrize("level", list(Oversight)[:4])
@pytest.mark.parametrize("text", ["r-1", NASTY])
def test_whatever_is_sent_fits_and_rings_nobody(about, level, text):
    form = cases.form(item(text, level, many=47), about)
    queue = Queue("income", 12_345, NOW, 4, 100, 7, 20, 2)
    answer = cases.answer({"income": queue}, [item(text, level)] * 30, NOW)
    ended = cases.ended(worded.line(queue), queue)
    assert not limits.lint(form)
    assert not limits.lint(ended)
    assert not limits.lint(answer.blocks, answer.text)
    assert "<!channel>" not in str([form, answer.blocks])
    assert "and 12339 more" in str(answer.blocks)


def test_every_attribute_is_shown_however_many_there_are():
    for text in ("x", "a much longer name of an attribute than fits into half a form, as some have"):
        shown = str(cases.form(item(text, many=47), FREE))
        assert all(f"{text}{number}:" in shown for number in range(47))


def test_what_must_not_count_is_named_and_not_shown():
    shown = str(cases.form(item(), PLAIN))
    assert "Female" not in shown
    assert "Kept, but not shown to who decides: `sex`." in shown
    assert "Female" in str(cases.form(item(), FREE))


def test_the_form_says_why_people_have_it():
    assert "people decide every request" in str(cases.form(item(level=3), PLAIN))
    assert "less than 80 % sure of" in str(cases.form(item(level=2), PLAIN))
    assert "Was that right?" in str(cases.form(item(level=1), PLAIN))
    assert "initial_option" not in str(cases.form(item(), PLAIN))


def test_one_line_says_what_waits_and_how_it_was_decided():
    line = worded.line(Queue("m", 1, NOW, 2, 40, 4, 3, 0))
    assert "*1 request waits for people*, since" in line
    assert "2 samples to be looked at; 40 decided by people, 4 of them (10 %) otherwise than proposed" in line
    assert line.endswith("3 samples looked at, none found wrong.")
    assert worded.line(Queue("m")) == ""
    assert "none of them otherwise" in worded.line(Queue("m", decided=2))


def test_who_decided_before_is_named_and_not_rung():
    done = item(decision="declined", decided_by="U0ONCALL01", decided_at=NOW)
    person = Person(id="U0ONCALL01", handle="sam", name="Sam", checked_at=NOW)
    assert "*declined*, by *Sam*" in cases.decided(CaseView(done, person))
    assert "<@" not in cases.decided(CaseView(done, None))
