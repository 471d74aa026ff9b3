"""Builds the Bolt app from the modules of listeners; the second place with a wide `except`."""

import logging
import secrets
from concurrent.futures import ThreadPoolExecutor

import structlog
from slack_bolt import App, BoltResponse
from slack_sdk import WebClient

from bot.slack import buttons, commands, events, modals
from bot.slack.door import Body, Door
from storage.database import Busy

log = structlog.get_logger(__name__)

LISTENERS = 50  # with Bolt's own five, the sixth click at once waits past Slack's three seconds
MODULES = (events, buttons, modals, commands)  # events first: its middleware stores before anything answers


def client(token: str, base_url: str) -> WebClient:
    """Return a client that never repeats a call by itself: Slack's default one posts twice after a lost answer."""
    return WebClient(token, base_url=base_url, retry_handlers=[], timeout=30)


def build(door: Door, web: WebClient) -> App:
    """Return the app; signatures are checked on the raw bytes by the HTTP door, before Bolt reads the body."""
    quiet = logging.getLogger("ethixbot.bolt")
    quiet.setLevel(logging.ERROR)  # below, Bolt logs whole bodies
    app = App(
        logger=quiet,
        client=web,
        token_verification_enabled=False,
        request_verification_enabled=False,
        ssl_check_enabled=False,
        listener_executor=ThreadPoolExecutor(LISTENERS, thread_name_prefix="listener"),
    )
    for module in MODULES:
        module.register(app, door)

    @app.error
    def failed(error: Exception, body: Body) -> BoltResponse:
        """Log a reference; without an acknowledgement Slack tells the person that it did not work."""
        if isinstance(error, Busy):
            log.warning("busy", error=str(error))
        else:
            log.error("listener failed", reference=secrets.token_hex(4), type=body.get("type"), exc_info=error)
        return BoltResponse(status=503, body="")

    return app
