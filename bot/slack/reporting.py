"""Reports of people: `/ethix report`, a shortcut for the whole workspace, one on a message; all open the same form."""

from typing import Any

import structlog
from slack_bolt import Ack, App
from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError

from analysis.errors import Missing, Refused, Unknown
from bot.operations import reporting
from bot.operations.reporting import Wish
from bot.slack.door import LONGEST_ID, Body, Door, delivery_id, submission_id
from bot.slack.modals import typed
from templates import answers
from templates.slack import modals
from templates.slack import reporting as shown

log = structlog.get_logger(__name__)
# As the manifest lists them: callback → its name, where it is offered, what it does.
SHORTCUTS = {
    "report": ("Report an AI incident", "global", "Complaint, audit finding, bad output, security, outage, safety"),
    "report_message": ("Report an AI incident", "message", "Opens an incident and keeps the message as evidence"),
}


def form(door: Door, user: str, delivery: str, quote: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the form for who may report; raise NotAllowed. A quoted message is kept until it comes back."""
    reporting.begin(door.services, user, delivery, quote)
    models = [(one.id, one.name) for one in door.services.policy.models]
    if not models:
        raise Missing(reporting.VERB, "model", "is needed: add one under `models:` in the policy")
    return shown.form(models, quote, delivery if quote else "")


def quoted(body: Body) -> dict[str, Any]:
    """Return the message that the shortcut was used on."""
    message, channel = body["message"], body["channel"]["id"]
    author = message.get("user") or message.get("bot_id") or ""
    return {"text": message["text"], "author": author, "channel": channel, "ts": message["ts"]}


def register(app: App, door: Door) -> None:
    """Listen to the two shortcuts and to the form."""

    @app.shortcut("report")
    def anywhere(ack: Ack, body: Body, client: WebClient) -> None:
        _open(door, ack, body, client, None)

    @app.shortcut("report_message")
    def on_message(ack: Ack, body: Body, client: WebClient) -> None:
        quote = quoted(body)
        if _open(door, ack, body, client, quote):
            link = _link(client, quote)
            if link:
                reporting.linked(door.services, delivery_id(body), link)

    @app.view(shown.FORM)
    def submit(ack: Ack, body: Body) -> None:
        view, user = body["view"], body["user"]["id"]
        door.directory.know(user)
        kept = view["private_metadata"][: LONGEST_ID * 2]
        outcome = reporting.report(door.services, Wish(user, typed(view), delivery_id(body), submission_id(body), kept))
        error = outcome.error
        field = error.field if isinstance(error, Missing) else "model" if isinstance(error, Unknown) else ""
        if error is not None and field in view["state"]["values"]:
            ack(response_action="errors", errors={field: answers.refusal(error)})
        else:
            said = answers.sentence(outcome) if error is not None else shown.sent(outcome.facts)
            ack(response_action="update", view=modals.notice(shown.TITLE_TEXT, said))


def _open(door: Door, ack: Ack, body: Body, client: WebClient, quote: dict[str, Any] | None) -> bool:
    """Return whether the person has the form now; who may not is told so in its place."""
    user = body["user"]["id"]
    door.directory.know(user)
    try:
        view, may = form(door, user, delivery_id(body), quote), True
    except Refused as error:
        view, may = modals.notice(shown.TITLE_TEXT, answers.refusal(error)), False
    ack()
    client.views_open(trigger_id=body["trigger_id"], view=view)
    return may


def _link(client: WebClient, quote: dict[str, Any]) -> str | None:
    """Return where the message stands; None where the bot is not in its channel, or Slack does not answer."""
    try:
        answer = client.chat_getPermalink(channel=quote["channel"], message_ts=quote["ts"])
    except (SlackClientError, OSError) as error:
        log.warning("no link to the quoted message", error=type(error).__name__)
        return None
    return str(answer.get("permalink") or "") or None
