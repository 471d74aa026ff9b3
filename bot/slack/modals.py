"""Submitted modals of moves: the same operation as the button, with what was typed."""

import re
from typing import Any

from slack_bolt import Ack, App

from analysis.errors import Missing
from analysis.response.outcomes import Kind
from bot.operations import incidents
from bot.operations.doing import Request
from bot.slack.door import Body, Door, delivery_id
from templates import answers
from templates.slack import modals


def typed(view: dict[str, Any]) -> dict[str, str]:
    """Return what was typed or chosen, by field; block and action are both named after the field."""
    values: dict[str, str] = {}
    for block, actions in view["state"]["values"].items():
        for state in actions.values():
            chosen = (state.get("selected_option") or {}).get("value")
            values[block] = chosen if chosen is not None else state.get("value") or ""
    return values


def parse(body: Body) -> Request:
    """Return the request behind a submitted modal; it remembers incident, state and version that were shown."""
    view = body["view"]
    incident, state, version = view["private_metadata"].split(":")
    return Request(
        verb=view["callback_id"].removeprefix("move:"),
        incident=incident,
        actor=body["user"]["id"],
        state_seen=state,
        version_seen=int(version),
        fields=typed(view),
        delivery=delivery_id(body),
    )


def register(app: App, door: Door) -> None:
    """Listen to every modal whose callback is a move."""

    @app.view(re.compile(r"^move:"))
    def submit(ack: Ack, body: Body) -> None:
        outcome = incidents.move(door.services, parse(body))
        if outcome.kind in (Kind.DONE, Kind.REPEATED):
            ack()
        elif isinstance(outcome.error, Missing) and outcome.error.field in body["view"]["state"]["values"]:
            ack(response_action="errors", errors={outcome.error.field: answers.refusal(outcome.error)})
        else:
            shown = modals.refused(outcome.verb, answers.sentence(outcome))
            ack(response_action="update", view=shown)
