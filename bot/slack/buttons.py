"""Presses on the incident's message and in its menu: parse, call the operation, acknowledge, then answer the person."""

import re
from typing import Any

from slack_bolt import Ack, App, Respond
from slack_sdk import WebClient

from analysis.errors import NotAllowed, Unknown
from analysis.response.outcomes import Kind
from bot.operations import incidents
from bot.operations.doing import Request
from bot.slack.door import INCIDENT, LONGEST_ID, Body, Door, delivery_id, known, whisper
from templates import answers
from templates.slack import buttons, menu, modals
from templates.verbs import VERBS


def parse(action: dict[str, Any], body: Body) -> Request:
    """Return the request behind a press; the button's value is `<incident>:<state seen>`. Raise Unknown."""
    incident, _, state = str(action.get("value", "")).partition(":")
    verb = known(action["action_id"].removeprefix("move:"), incident)
    return Request(verb, incident, body["user"]["id"], state_seen=state or None, delivery=delivery_id(body))


def register(app: App, door: Door) -> None:
    """Listen to every button whose action is a move, and to the one that opens the menu of further ones."""

    @app.action(re.compile(r"^move:"))
    def press(ack: Ack, action: dict[str, Any], body: Body, respond: Respond, client: WebClient) -> None:
        door.directory.know(body["user"]["id"])
        request = parse(action, body)
        outcome, view = incidents.press(door.services, request)
        ack()
        if outcome.kind is Kind.ASK and view is not None:
            note = incidents.note_for(door.services, request)
            _show(client, body, modals.modal(request.verb, view, door.services.clock(), note))
        elif outcome.kind is not Kind.REPEATED:  # the first was answered
            _say(client, body, respond, (VERBS[request.verb].label, answers.sentence(outcome)))

    @app.action(buttons.MORE)
    def more(ack: Ack, action: dict[str, Any], body: Body, client: WebClient) -> None:
        user = body["user"]["id"]
        door.directory.know(user)
        incident = str(action.get("value", "")).partition(":")[0]
        if not INCIDENT.fullmatch(incident):
            raise Unknown("incident", incident[:LONGEST_ID])
        try:
            view, allowed = incidents.menu(
                door.services, Request(buttons.MORE, incident, user, delivery=delivery_id(body))
            )
        except NotAllowed as error:
            ack()
            client.views_open(trigger_id=body["trigger_id"], view=modals.refused("more", answers.refusal(error)))
            return
        ack()
        if view is None:
            raise Unknown("incident", incident)
        verbs = [verb for verb in buttons.offered(view, in_menu=True) if verb in allowed]
        client.views_open(trigger_id=body["trigger_id"], view=menu.modal(view, verbs))

    @app.action(re.compile(r"^open:"))
    def follow(ack: Ack) -> None:
        ack()  # a link button: the browser has followed it already


def _show(client: WebClient, body: Body, shown: dict[str, Any]) -> None:
    """Open the form; from the menu, in its place."""
    if _is_in_modal(body):
        client.views_update(view_id=body["view"]["id"], view=shown)
    else:
        client.views_open(trigger_id=body["trigger_id"], view=shown)


def _say(client: WebClient, body: Body, respond: Respond, said: tuple[str, str]) -> None:
    """Answer with a title and a sentence: in the menu's place, else as a line that only the person sees."""
    if _is_in_modal(body):
        client.views_update(view_id=body["view"]["id"], view=modals.notice(*said))
    else:
        whisper(respond, said[1])


def _is_in_modal(body: Body) -> bool:
    return (body.get("view") or {}).get("type") == "modal"
