"""What the Slack listeners share: the services, the answer to a person, and how each payload names its delivery."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from slack_bolt import Respond
from slack_sdk.errors import SlackApiError

from bot.services import Services
from bot.slack.people import Directory

log = structlog.get_logger(__name__)
Body = dict[str, Any]


@dataclass(frozen=True)
class Door:
    """Handed to every module of listeners."""

    services: Services
    directory: Directory
    run_soon: Callable[[], None]


def delivery_id(body: Body) -> str | None:
    """Return what names this interaction: its trigger, or for a submitted modal its view and what was typed.

    A trigger is made for one press and never again; a redelivered payload carries the same one.
    """
    view = body.get("view")
    if body.get("type") == "view_submission" and view:
        typed = json.dumps(view["state"]["values"], sort_keys=True).encode()
        return f"{view['id']}:{hashlib.sha256(typed).hexdigest()[:32]}"
    trigger = body.get("trigger_id")
    return f"trigger:{trigger}" if trigger else None


def whisper(respond: Respond, text: str) -> None:
    """Tell only the person who pressed; best effort, for the deed itself is done."""
    if not text:
        return
    try:
        respond(text=text, response_type="ephemeral", replace_original=False)
    except (SlackApiError, OSError) as error:
        log.warning("whisper not heard", error=str(error))
