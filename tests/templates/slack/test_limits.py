"""The lint finds what Slack refuses; one case a limit."""

import pytest

from templates.slack import limits
from templates.slack.blocks import mrkdwn, plain, section

BUTTON = {"type": "button", "text": plain("Go"), "action_id": "a", "value": "v"}
OPTION = {"text": plain("One"), "value": "1"}
SELECT = {"type": "static_select", "action_id": "s", "options": [OPTION]}
INPUT = {"type": "input", "label": plain("Why"), "element": {"type": "plain_text_input", "action_id": "r"}}
MODAL = {"type": "modal", "title": plain("Title"), "submit": plain("Go"), "blocks": [INPUT]}


def raw(text: str, kind: str = "mrkdwn") -> dict:
    return {"type": kind, "text": text}


def actions(*elements: dict) -> dict:
    return {"type": "actions", "elements": list(elements)}


BAD = {
    "no blocks": [],
    "too many blocks": [section("a")] * 51,
    "an unknown block": [{"type": "carousel"}],
    "an alert in a message": [{"type": "alert", "text": raw("a")}],
    "an unknown property": [{"type": "divider", "colour": "red"}],
    "a long section": [{"type": "section", "text": raw("a" * 3_001)}],
    "an empty text": [{"type": "section", "text": raw("")}],
    "a section with nothing": [{"type": "section"}],
    "a long field": [{"type": "section", "fields": [raw("a" * 2_001)]}],
    "eleven fields": [{"type": "section", "fields": [raw("a")] * 11}],
    "markup in a header": [{"type": "header", "text": raw("a")}],
    "a long header": [{"type": "header", "text": raw("a" * 151, "plain_text")}],
    "no text object": [{"type": "header", "text": "a"}],
    "eleven context elements": [{"type": "context", "elements": [raw("a")] * 11}],
    "no elements": [actions()],
    "too many buttons": [actions(*({**BUTTON, "action_id": str(i)} for i in range(26)))],
    "a button twice": [actions(BUTTON, BUTTON)],
    "a long button": [actions({**BUTTON, "text": raw("a" * 76, "plain_text")})],
    "markup on a button": [actions({**BUTTON, "text": raw("a")})],
    "a long value": [actions({**BUTTON, "value": "a" * 2_001})],
    "a long action id": [actions({**BUTTON, "action_id": "a" * 256})],
    "an unknown style": [actions({**BUTTON, "style": "green"})],
    "a long confirmation": [actions({**BUTTON, "confirm": {"title": raw("a" * 101, "plain_text")}})],
    "a block id twice": [section("a", block_id="x"), section("b", block_id="x")],
    "a long option": [actions({**SELECT, "options": [{**OPTION, "text": raw("a" * 76, "plain_text")}]})],
    "a long option value": [actions({**SELECT, "options": [{**OPTION, "value": "a" * 151}]})],
    "an option twice": [actions({**SELECT, "options": [OPTION, OPTION]})],
    "too many options": [actions({**SELECT, "options": [{**OPTION, "value": str(i)} for i in range(101)]})],
    "eleven radio buttons": [
        actions({**SELECT, "type": "radio_buttons", "options": [{**OPTION, "value": str(i)} for i in range(11)]})
    ],
    "a first option that is none": [actions({**SELECT, "initial_option": {**OPTION, "value": "2"}})],
    "an image without words": [{"type": "image", "slack_file": {"id": "F1"}}],
    "an image of nothing": [{"type": "image", "alt_text": "a"}],
    "two tables": [{"type": "table", "rows": [[raw("a", "raw_text")]]}] * 2,
    "too many rows": [{"type": "table", "rows": [[raw("a", "raw_text")]] * 101}],
    "too many columns": [{"type": "table", "rows": [[raw("a", "raw_text")] * 21]}],
    "too much markdown": [{"type": "markdown", "text": "a" * 6_001}] * 2,
    "too much in all": [section("a" * 2_900)] * 4,
    "no view": {"type": "page"},
    "a modal without a title": {"type": "modal", "blocks": [section("a")]},
    "a long title": {**MODAL, "title": raw("a" * 25, "plain_text")},
    "a long submit": {**MODAL, "submit": raw("a" * 25, "plain_text")},
    "inputs and nothing to submit": {"type": "modal", "title": plain("a"), "blocks": [INPUT]},
    "long metadata": {**MODAL, "private_metadata": "a" * 3_001},
    "a long callback": {**MODAL, "callback_id": "a" * 256},
    "too many blocks in a modal": {**MODAL, "blocks": [section("a")] * 101},
    "a table in a modal": {**MODAL, "blocks": [{"type": "table", "rows": [[raw("a", "raw_text")]]}]},
    "an unknown property of a view": {**MODAL, "colour": "red"},
    "a label with markup": {**MODAL, "blocks": [{**INPUT, "label": raw("a")}]},
    "a hint with markup": {**MODAL, "blocks": [{**INPUT, "hint": raw("a")}]},
    "a long placeholder": {
        **MODAL,
        "blocks": [{**INPUT, "element": {**INPUT["element"], "placeholder": raw("a" * 151, "plain_text")}}],
    },
    "an unknown element": {**MODAL, "blocks": [{**INPUT, "element": {"type": "wheel"}}]},
}


@pytest.mark.parametrize("what", BAD)
def test_the_lint_finds_it(what):
    assert limits.lint(BAD[what])


@pytest.mark.parametrize("good", [MODAL, {"type": "home", "blocks": [section("a")]}, [section("a"), actions(BUTTON)]])
def test_the_lint_lets_the_good_through(good):
    assert limits.lint(good) == []


@pytest.mark.parametrize("text", ["", "a" * 4_001])
def test_a_notification_has_a_length(text):
    assert limits.lint([section("a")], text)


def test_a_text_that_fits_stays():
    assert limits.fit("one two", 7) == "one two"


@pytest.mark.parametrize("most", range(1, 12))
def test_a_cut_text_never_exceeds_its_limit(most):
    assert len(limits.fit("one two three", most)) <= most


def test_a_long_text_is_cut_between_lines():
    assert mrkdwn("a" * 2_999 + "\n<https://a.test|b>")["text"] == "…" or "<" not in mrkdwn("a" * 3_100)["text"]
