"""“Held” at a review of the calendar."""

from typing import Any

from slack_bolt import Ack, App, Respond

from analysis.response.outcomes import Kind
from bot.operations import calendar
from bot.operations.calendar import Held
from bot.slack.door import LONGEST_ID, Body, Door, delivery_id, whisper
from templates import answers
from templates.slack.calendar import HELD


def register(app: App, door: Door) -> None:
    """Listen to “Held”; its value is the review's key."""

    @app.action(HELD)
    def held(ack: Ack, action: dict[str, Any], body: Body, respond: Respond) -> None:
        user = body["user"]["id"]
        door.directory.know(user)
        key = str(action.get("value", ""))[:LONGEST_ID]
        outcome = calendar.hold(door.services, Held(key, user, delivery_id(body)))
        ack()
        if outcome.kind is not Kind.REPEATED:  # the first was answered
            whisper(respond, answers.sentence(outcome))
