"""Presses on the incident's message: parse, call the operation, acknowledge, then answer the person."""

import re
from typing import Any

from slack_bolt import Ack, App, Respond
from slack_sdk import WebClient

from analysis.response.outcomes import Kind
from bot.operations import incidents
from bot.operations.doing import Request
from bot.slack.door import Body, Door, delivery_id, known, whisper
from templates import answers
from templates.slack import modals


def parse(action: dict[str, Any], body: Body) -> Request:
    """Return the request behind a press; the button's value is `<incident>:<state seen>`. Raise Unknown."""
    incident, _, state = str(action.get("value", "")).partition(":")
    verb = known(action["action_id"].removeprefix("move:"), incident)
    return Request(verb, incident, body["user"]["id"], state_seen=state or None, delivery=delivery_id(body))


def register(app: App, door: Door) -> None:
    """Listen to every button whose action is a move."""

    @app.action(re.compile(r"^move:"))
    def press(ack: Ack, action: dict[str, Any], body: Body, respond: Respond, client: WebClient) -> None:
        door.directory.know(body["user"]["id"])
        request = parse(action, body)
        outcome, view = incidents.press(door.services, request)
        ack()
        if outcome.kind is Kind.ASK and view is not None:
            note = incidents.note_for(door.services, request)
            shown = modals.modal(request.verb, view, door.services.clock(), note)
            client.views_open(trigger_id=body["trigger_id"], view=shown)
        elif outcome.kind is not Kind.REPEATED:  # the first was answered
            whisper(respond, answers.sentence(outcome))

    @app.action(re.compile(r"^open:"))
    def follow(ack: Ack) -> None:
        ack()  # a link button: the browser has followed it already
