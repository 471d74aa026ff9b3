"""Presses in App Home on what was given up: the same operation as `ethixbot outbox retry`."""

from typing import Any

from slack_bolt import Ack, App, Respond
from slack_sdk import WebClient

from analysis.errors import Refused
from bot.operations import outgoing
from bot.slack import home
from bot.slack.door import Body, Door, delivery_id
from templates import answers
from templates.slack import modals
from templates.slack.home import RETRY


def register(app: App, door: Door) -> None:
    """Listen to “Send again”."""

    @app.action(RETRY)
    def retry(ack: Ack, action: dict[str, Any], body: Body, respond: Respond, client: WebClient) -> None:
        user = body["user"]["id"]
        door.directory.know(user)
        keys = () if action.get("value") == outgoing.ALL else (str(action.get("value", "")),)
        try:
            outgoing.mend(door.services, outgoing.Wish("retry", user, keys, delivery=delivery_id(body)))
        except Refused as error:
            ack()
            client.views_open(trigger_id=body["trigger_id"], view=modals.refused("retry", answers.refusal(error)))
            return
        ack()
        home.publish(door, user)
