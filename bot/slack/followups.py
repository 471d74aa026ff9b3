"""The button “Done” of a follow-up, wherever it stands: the same operation as the move of the incident."""

import re
from typing import Any

from slack_bolt import Ack, App, Respond

from analysis.errors import Unknown
from analysis.response.outcomes import Kind
from bot.operations import incidents
from bot.operations.doing import Request
from bot.slack.door import INCIDENT, LONGEST_ID, Body, Door, delivery_id, whisper
from templates import answers
from templates.slack import followups

FOLLOW_UP = re.compile(r"FUP-[0-9]{1,9}")


def register(app: App, door: Door) -> None:
    """Listen to “Done”."""

    @app.action(followups.DONE)
    def done(ack: Ack, action: dict[str, Any], body: Body, respond: Respond) -> None:
        user = body["user"]["id"]
        door.directory.know(user)
        incident, found = _known(action.get("value"))
        fields = {"follow_up": found}
        request = Request("follow_up_done", incident, user, fields=fields, delivery=delivery_id(body))
        outcome = incidents.move(door.services, request)
        ack()
        if outcome.kind is not Kind.REPEATED:  # the first was answered
            whisper(respond, answers.sentence(outcome))


def _known(value: object) -> tuple[str, str]:
    """Return the incident and its follow-up; raise Unknown where the button, as it came, names none."""
    incident, _, found = str(value).partition("/")
    if not INCIDENT.fullmatch(incident) or not FOLLOW_UP.fullmatch(found):
        raise Unknown("follow-up", str(value)[:LONGEST_ID])
    return incident, found
