"""“Done” at a step of a checklist: the verb `tick`, without a form."""

from typing import Any

from slack_bolt import Ack, App, Respond

from bot.operations import incidents
from bot.operations.doing import Request
from bot.slack.door import Body, Door, delivery_id, known, whisper
from templates.slack.checklist import STEP


def register(app: App, door: Door) -> None:
    """Listen to the buttons of checklists; their value is `<incident>:<step>`."""

    @app.action(STEP)
    def done(ack: Ack, action: dict[str, Any], body: Body, respond: Respond) -> None:
        user = body["user"]["id"]
        door.directory.know(user)
        incident, _, step = str(action.get("value", "")).partition(":")
        request = Request(known("tick", incident), incident, user, fields={"step": step}, delivery=delivery_id(body))
        told = incidents.told(incidents.move(door.services, request))
        ack()
        if told["kind"] != "done":
            whisper(respond, told["says"])
