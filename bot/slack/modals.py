"""Submitted modals of moves: the same operation as the button, with what was typed."""

import re
from datetime import UTC, datetime
from typing import Any

from slack_bolt import Ack, App

from analysis.errors import Unknown
from analysis.response.outcomes import Kind
from bot.operations import incidents
from bot.operations.doing import Request
from bot.slack.door import LONGEST_ID, Body, Door, delivery_id, known, submission_id
from templates.slack import modals

VERSION = re.compile(r"[0-9]{1,9}")


def typed(view: dict[str, Any]) -> dict[str, str]:
    """Return what was typed or chosen, by field; block and action are both named after the field."""
    return {block: _entered(state) for block, actions in view["state"]["values"].items() for state in actions.values()}


def _entered(state: dict[str, Any]) -> str:
    """Return the one thing that was entered; a time as ISO writes it."""
    chosen = (state.get("selected_option") or {}).get("value")
    if chosen is not None:
        return str(chosen)
    if state.get("selected_date_time") is not None:
        return datetime.fromtimestamp(state["selected_date_time"], UTC).isoformat()
    return state.get("value") or state.get("selected_user") or state.get("selected_date") or ""


def parse(body: Body) -> Request:
    """Return the request behind a submitted modal, which remembers incident, state and version shown. Raise Unknown."""
    view = body["view"]
    incident, _, shown = view["private_metadata"].partition(":")
    state, _, version = shown.partition(":")
    verb = known(view["callback_id"].removeprefix("move:"), incident)
    if not VERSION.fullmatch(version):
        raise Unknown("form", view["private_metadata"][:LONGEST_ID])
    return Request(
        verb=verb,
        incident=incident,
        actor=body["user"]["id"],
        state_seen=state,
        version_seen=int(version),
        fields=typed(view),
        delivery=delivery_id(body),
        submission=submission_id(body),
    )


def register(app: App, door: Door) -> None:
    """Listen to every modal whose callback is a move."""

    @app.view(re.compile(r"^move:"))
    def submit(ack: Ack, body: Body) -> None:
        request = parse(body)
        told = incidents.told(incidents.move(door.services, request))
        if told["kind"] == Kind.DONE:
            ack()
        elif told["field"] in body["view"]["state"]["values"]:
            ack(response_action="errors", errors={told["field"]: told["says"]})
        else:
            ack(response_action="update", view=modals.refused(request.verb, told["says"]))
