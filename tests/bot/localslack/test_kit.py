"""Block Kit: a table of payloads that Slack refuses, each with its code and the place that is wrong."""

from collections.abc import Iterator

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.localslack import LocalSlack
from bot.localslack.errors import SlackError
from bot.localslack.kit import lint, values
from tests.bot.localslack.helpers import INCIDENTS, MANIFEST, actions, asked, button, modal, mrkdwn, plain

DIVIDER = {"type": "divider"}
OPTION = {"text": plain("a"), "value": "a"}
CONFIRM = {"title": plain("t"), "text": plain("x"), "confirm": plain("y"), "deny": plain("n")}


def section(**more):
    return {"type": "section", **more}


def select(**more):
    return {"type": "static_select", "action_id": "s", "options": [OPTION], **more}


def table(rows=1, columns=1):
    return {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * columns] * rows}


def radios(count, kind="radio_buttons"):
    return actions({"type": kind, "action_id": "r", "options": [OPTION] * count})


def confirmed(**change):
    return [actions(button(confirm={**CONFIRM, **change}))]


REFUSED = {
    "51 blocks": [DIVIDER] * 51,
    "unknown block": [{"type": "marquee"}],
    "no type": [{"text": plain("x")}],
    "not an object": ["x"],
    "unknown property": [{"type": "divider", "colour": "red"}],
    "section without text or fields": [section()],
    "section text 3,001": [section(text=mrkdwn("x" * 3001))],
    "empty text": [section(text=mrkdwn(""))],
    "text of an unknown kind": [section(text={"type": "html", "text": "x"})],
    "text of no kind": [section(text={"type": ["mrkdwn"], "text": "x"})],
    "text as a string": [section(text="x")],
    "11 fields": [section(fields=[plain("x")] * 11)],
    "field 2,001": [section(fields=[plain("x" * 2001)])],
    "header 151": [{"type": "header", "text": plain("x" * 151)}],
    "header in mrkdwn": [{"type": "header", "text": mrkdwn("x")}],
    "11 in a context": [{"type": "context", "elements": [plain("x")] * 11}],
    "button in a context": [{"type": "context", "elements": [button()]}],
    "26 actions": [actions(*[button(str(n)) for n in range(26)])],
    "no actions": [{"type": "actions", "elements": []}],
    "input in actions": [actions({"type": "plain_text_input", "action_id": "x"})],
    "unknown element": [actions({"type": "dial", "action_id": "x"})],
    "button text 76": [actions(button(text=plain("x" * 76)))],
    "button in mrkdwn": [actions(button(text=mrkdwn("x")))],
    "button style": [actions(button(style="loud"))],
    "value 2,001": [actions(button(value="x" * 2001))],
    "url 3,001": [actions(button(url="https://" + "x" * 3000))],
    "url of another kind": [actions(button(url="javascript:alert(1)"))],
    "action_id 256": [actions(button("x" * 256))],
    "block_id 256": [{**DIVIDER, "block_id": "x" * 256}],
    "action_id twice in a block": [actions(button("a"), button("a"))],
    "block_id twice": [{**DIVIDER, "block_id": "b"}] * 2,
    "101 options": [actions(select(options=[OPTION] * 101))],
    "no options": [actions({"type": "static_select", "action_id": "s"})],
    "option text 76": [actions(select(options=[{"text": plain("x" * 76), "value": "a"}]))],
    "option value 151": [actions(select(options=[{"text": plain("x"), "value": "a" * 151}]))],
    "option in mrkdwn": [actions(select(options=[{"text": mrkdwn("x"), "value": "a"}]))],
    "placeholder 151": [actions(select(placeholder=plain("x" * 151)))],
    "overflow of 6": [radios(6, "overflow")],
    "11 checkboxes": [radios(11, "checkboxes")],
    "11 radio buttons": [radios(11)],
    "confirm title 101": confirmed(title=plain("x" * 101)),
    "confirm text 301": confirmed(text=plain("x" * 301)),
    "confirm yes 31": confirmed(confirm=plain("x" * 31)),
    "confirm no 31": confirmed(deny=plain("x" * 31)),
    "alt text 2,001": [{"type": "image", "image_url": "https://x/y.png", "alt_text": "x" * 2001}],
    "image without alt text": [{"type": "image", "image_url": "https://x/y.png"}],
    "image of nothing": [{"type": "image", "alt_text": "x"}],
    "image of an unknown file": [{"type": "image", "slack_file": {"id": "F0NONE"}, "alt_text": "x"}],
    "two tables": [table(), table()],
    "101 rows": [table(rows=101)],
    "21 columns": [table(columns=21)],
    "empty cell": [{"type": "table", "rows": [[{"type": "raw_text", "text": ""}]]}],
    "markdown 12,000 in total": [{"type": "markdown", "text": "x" * 6001}] * 2,
    "alert in a message": [{"type": "alert", "text": plain("x")}],
    "date as told": [actions({"type": "datepicker", "action_id": "d", "initial_date": "tomorrow"})],
}
ACCEPTED = {
    "everything a message may hold": [
        {"type": "header", "text": plain("x" * 150)},
        section(text=mrkdwn("x" * 3000), accessory=button()),
        section(fields=[mrkdwn("x")] * 10),
        {"type": "context", "elements": [mrkdwn("x"), {"type": "image", "image_url": "https://x/y", "alt_text": "y"}]},
        actions(button("b", confirm=CONFIRM, style="danger", value="v"), select(), *[]),
        {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]}]},
        {"type": "markdown", "text": "**x**"},
        table(2, 2),
        asked("why", "r"),
    ],
    "50 blocks": [DIVIDER] * 50,
    "no blocks": [],
}


@pytest.fixture(scope="module")
def client() -> Iterator[WebClient]:
    with LocalSlack(MANIFEST) as slack:
        yield WebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[])


@pytest.mark.parametrize("blocks", REFUSED.values(), ids=REFUSED)
def test_slack_refuses(client, blocks):
    with pytest.raises(SlackApiError) as caught:
        client.chat_postMessage(channel=INCIDENTS, text="x", blocks=blocks)
    answer = caught.value.response
    assert answer["error"] == "invalid_blocks"
    assert all("[json-pointer:/blocks" in line for line in answer["errors"])
    assert answer["response_metadata"]["messages"] == [f"[ERROR] {line}" for line in answer["errors"]]


@pytest.mark.parametrize("blocks", ACCEPTED.values(), ids=ACCEPTED)
def test_slack_takes(blocks):
    assert lint.message_blocks(blocks) == blocks


@pytest.mark.parametrize(
    ("blocks", "error"),
    [
        ({"type": "divider"}, "invalid_blocks_format"),
        ([section(text=plain("x" * 3000))] * 5, "msg_blocks_too_long"),
    ],
)
def test_other_refusals_of_blocks(blocks, error):
    with pytest.raises(SlackError) as caught:
        lint.message_blocks(blocks)
    assert caught.value.error == error


REFUSED_VIEWS = {
    "no title": {"type": "modal", "blocks": []},
    "title 25": modal(title=plain("x" * 25)),
    "title in mrkdwn": modal(title=mrkdwn("x")),
    "submit 25": modal(submit=plain("x" * 25)),
    "close 25": modal(close=plain("x" * 25)),
    "101 blocks": modal(*[DIVIDER] * 101),
    "private_metadata 3,001": modal(private_metadata="x" * 3001),
    "callback_id 256": modal(callback_id="x" * 256),
    "external_id 256": modal(external_id="x" * 256),
    "inputs without submit": {"type": "modal", "title": plain("T"), "blocks": [asked("b", "a")]},
    "unknown property": modal(width=3),
    "table in a modal": modal(table()),
    "a home": {"type": "home", "blocks": []},
    "no object": [],
}


@pytest.mark.parametrize("view", REFUSED_VIEWS.values(), ids=REFUSED_VIEWS)
def test_slack_refuses_the_modal(view):
    with pytest.raises(SlackError) as caught:
        lint.view(view, "modal")
    assert caught.value.error == "invalid_arguments"
    assert all("json-pointer:/view" in line for line in caught.value.extra["errors"])


def test_a_modal_may_hold_an_alert_and_100_blocks():
    assert lint.view(modal({"type": "alert", "text": plain("x")}, *[DIVIDER] * 99), "modal")


def test_a_choice_is_read_as_its_option_and_an_unknown_one_is_refused():
    assert values.read(select(), "a") == {"type": "static_select", "selected_option": OPTION}
    assert values.read(select(), None) == {"type": "static_select", "selected_option": None}
    with pytest.raises(LookupError):
        values.read(select(), "b")


@pytest.mark.parametrize(
    ("element", "entered", "told"),
    [
        ({"type": "plain_text_input", "min_length": 3}, "ab", "at least 3"),
        ({"type": "plain_text_input", "max_length": 3}, "abcd", "at most 3"),
        ({"type": "number_input", "is_decimal_allowed": False}, "1.5", "whole number"),
        ({"type": "number_input", "is_decimal_allowed": True, "max_value": "2"}, "3", "at most 2"),
        ({"type": "number_input", "is_decimal_allowed": True}, "x", "Enter a number"),
        ({"type": "email_text_input"}, "nobody", "email"),
        ({"type": "url_text_input"}, "nowhere", "URL"),
        ({"type": "plain_text_input"}, None, "required"),
    ],
)
def test_an_input_tells_the_person_what_is_wrong(element, entered, told):
    assert told in str(values.problem_of({}, element, values.read(element, entered)))
