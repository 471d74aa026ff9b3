"""What the Slack listeners share: the services, the answer to a person, and how each payload names its delivery."""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

import structlog
from slack_bolt import Respond
from slack_sdk.errors import SlackClientError

from analysis.errors import Unknown
from analysis.response import life
from bot.services import Services
from bot.slack.people import Directory

log = structlog.get_logger(__name__)
Body = dict[str, Any]

INCIDENT = re.compile(r"INC-[0-9]{4}-[0-9]{2}-[0-9]{1,9}")
APPROVAL = re.compile(r"APR-[0-9]{1,9}")
LONGEST_ID = 200  # characters; Slack's triggers have about 60


@dataclass(frozen=True)
class Door:
    """Handed to every module of listeners."""

    services: Services
    directory: Directory


def delivery_id(body: Body) -> str:
    """Return what names this delivery: its trigger, which is made for one press and never again, or all it says.

    A redelivered payload carries the same one, over whichever connection; so does one that is replayed with its
    signature. What Slack sends without a trigger (a closed form, a list of options) asks for nothing that is kept.
    """
    trigger = str(body.get("trigger_id") or "")
    return f"trigger:{trigger}" if 0 < len(trigger) <= LONGEST_ID else f"body:{_digest(body)}"


def submission_id(body: Body) -> str:
    """Return what names a form as it was filled in: its view and what was typed."""
    view = body["view"]
    return f"{view['id'][:LONGEST_ID]}:{_digest(view['state']['values'])}"


def _digest(said: object) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:32]


def known(verb: str, incident: str) -> str:
    """Return the verb; raise Unknown where a button or a form, as it came, names no move or no incident."""
    if verb not in life.MOVES:
        raise Unknown("button", verb[:LONGEST_ID])
    if not INCIDENT.fullmatch(incident):
        raise Unknown("incident", incident[:LONGEST_ID])
    return verb


def whisper(respond: Respond, text: str) -> None:
    """Tell only the person who pressed; best effort, for the deed itself is done."""
    if not text:
        return
    try:
        respond(text=text, response_type="ephemeral", replace_original=False)
    except (SlackClientError, OSError, ValueError) as error:  # also where the address to answer is none
        log.warning("whisper not heard", error=type(error).__name__)
