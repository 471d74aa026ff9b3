"""Where both transports hand over what Slack delivers: read, made fit, and given to Bolt in one form."""

import json
from collections.abc import Sequence
from typing import Any

import structlog
from slack_bolt import App, BoltRequest, BoltResponse
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.adapter.socket_mode.internals import send_response
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from bot import payload
from bot.payload import Malformed
from templates import answers
from templates.slack import modals

log = structlog.get_logger(__name__)
JSON: dict[str, str | Sequence[str]] = {"content-type": "application/json"}


def take(app: App, body: object) -> BoltResponse:
    """Return the app's answer to the payload; one that Slack would not send gets a sentence and does nothing."""
    try:
        known = payload.known(body)
    except Malformed as error:
        log.warning("a delivery was not understood", why=str(error))
        return refused(body, answers.MALFORMED)
    return app.dispatch(BoltRequest(body=json.dumps(known), headers=JSON))


def refused(body: object, words: str) -> BoltResponse:
    """Return the answer in the form in which the person who waits for it sees it; others get 400."""
    if isinstance(body, dict) and isinstance(body.get("command"), str):
        return told({"response_type": "ephemeral", "text": words})
    if isinstance(body, dict) and body.get("type") == "view_submission":
        view = body.get("view")
        callback = str(view.get("callback_id", "")) if isinstance(view, dict) else ""
        return told({"response_action": "update", "view": modals.refused(callback.removeprefix("move:"), words)})
    if isinstance(body, dict) and body.get("type") == "block_suggestion":
        return told({"options": []})
    no_retry: dict[str, str | Sequence[str]] = {"x-slack-no-retry": "1", **JSON}
    return BoltResponse(status=400, body=json.dumps({"detail": words}), headers=no_retry)


def told(answer: dict[str, Any]) -> BoltResponse:
    """Return the answer as Slack reads it."""
    return BoltResponse(status=200, body=json.dumps(answer), headers=JSON)


class Socket(SocketModeHandler):
    """Socket Mode through the same door."""

    def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]
        """Acknowledge the envelope with the app's answer."""
        answer = take(self.app, req.payload)
        if answer.status == 400:  # it would be no better a second time
            answer = BoltResponse(status=200, body="")
        send_response(client, req, answer, 0.0)

    def close(self) -> None:
        """Close the connection, also where Slack closes it at this moment."""
        try:
            super().close()  # type: ignore[no-untyped-call]
        except AttributeError:  # a thread of the library let go of the socket in between; the rest is closed now
            super().close()  # type: ignore[no-untyped-call]
