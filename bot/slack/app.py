"""Builds the Bolt app from the modules of listeners; the second place with a wide `except`."""

import logging
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import structlog
from slack_bolt import App, BoltResponse, Respond
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltUnhandledRequestError
from slack_sdk import WebClient

from analysis.errors import Refused
from analysis.response.outcomes import Kind, Outcome
from bot import receive
from bot.operations import viewing
from bot.slack import (
    approvals,
    buttons,
    calendar,
    cases,
    checklist,
    commands,
    events,
    followups,
    modals,
    oncall,
    outgoing,
    reporting,
)
from bot.slack.door import Body, Door, delivery_id, whisper
from storage.database import Busy
from templates import answers

log = structlog.get_logger(__name__)

LISTENERS = 50  # with Bolt's own five, the sixth click at once waits past Slack's three seconds
TIMEOUT_S = 30
MODULES = (
    events,
    buttons,
    modals,
    oncall,
    approvals,
    calendar,
    cases,
    checklist,
    commands,
    followups,
    outgoing,
    reporting,
)  # events first: its middleware stores before anything answers


def client(token: str, base_url: str, timeout: int = TIMEOUT_S) -> WebClient:
    """Return a client that never repeats a call by itself: Slack's default one posts twice after a lost answer."""
    return WebClient(token, base_url=base_url, retry_handlers=[], timeout=timeout)


def _ours(web: WebClient) -> Callable[..., AuthorizeResult]:
    """Return who we are, without a call: what comes in while Bolt's own `auth.test` fails it acknowledges and drops."""

    def authorize(enterprise_id: str | None, team_id: str | None, user_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, user_id=user_id, bot_token=web.token)

    return authorize


def build(door: Door, web: WebClient) -> App:
    """Return the app; signatures are checked on the raw bytes by the HTTP door, before Bolt reads the body."""
    quiet = logging.getLogger("ethixbot.bolt")
    quiet.setLevel(logging.ERROR)  # below, Bolt logs whole bodies
    app = App(
        name="ethixbot",  # else Bolt reads the source of every caller for one
        logger=quiet,
        client=web,
        authorize=_ours(web),
        token_verification_enabled=False,
        request_verification_enabled=False,
        ssl_check_enabled=False,
        raise_error_for_unhandled_request=True,  # so that `failed` answers in a sentence
        listener_executor=ThreadPoolExecutor(LISTENERS, thread_name_prefix="listener"),
    )
    for module in MODULES:
        module.register(app, door)

    @app.error
    def failed(error: Exception, body: Body, respond: Respond) -> BoltResponse:
        """Tell the person, who else would see Slack's own words; an event is refused, so that it comes again."""
        words = answers.BUSY
        if isinstance(error, Busy):
            log.warning("busy", error=str(error))
        elif isinstance(error, BoltUnhandledRequestError):
            words = _unheard(door, body)
        elif isinstance(error, Refused):
            words = answers.sentence(Outcome(Kind.REFUSED, "", error=error))
        else:
            reference = secrets.token_hex(4)
            words = answers.trouble(reference)
            log.error("listener failed", reference=reference, type=body.get("type"), exc_info=error)
        return _told(words, body, respond)

    return app


def _unheard(door: Door, body: Body) -> str:
    try:
        viewing.hear(door.services, delivery_id(body))
    except Busy:
        return answers.BUSY
    return "" if body.get("type") == "view_closed" else answers.UNHEARD


def _told(words: str, body: Body, respond: Respond) -> BoltResponse:
    answer = receive.refused(body, words)
    if answer.status == 200:
        return answer
    if body.get("type") == "event_callback":
        return BoltResponse(status=503, body="")
    if body.get("response_url"):
        whisper(respond, words)
    return BoltResponse(status=200, body="")
