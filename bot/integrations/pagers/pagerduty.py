"""PagerDuty: events by the Events API v2, what people do there by v3 webhooks.

developer.pagerduty.com/docs/events-api-v2-overview · developer.pagerduty.com/docs/webhooks-overview ·
developer.pagerduty.com/docs/verifying-webhook-signatures. Events are idempotent by their key.
"""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from analysis.response.paging import Paged
from analysis.vocabulary import Severity
from bot.integrations.http import call
from bot.integrations.pagers.page import Event, Word

WHO = "PagerDuty"
URL = "https://events.pagerduty.com"
REST = "https://api.pagerduty.com"
ACTIONS = {Paged.TRIGGERED: "trigger", Paged.ACKNOWLEDGED: "acknowledge", Paged.RESOLVED: "resolve"}
SEVERITY = {Severity.CRITICAL: "critical", Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.LOW: "info"}
TOLD = {"incident.acknowledged": Paged.ACKNOWLEDGED, "incident.resolved": Paged.RESOLVED}
LONGEST_SUMMARY = 1024


def send(url: str, key: str, event: Event) -> None:
    """Tell PagerDuty; raise SendError."""
    call(WHO, "POST", f"{url.rstrip('/')}/v2/enqueue", json=body(key, event))


def body(key: str, event: Event) -> dict[str, Any]:
    """Return the event as the API takes it."""
    told: dict[str, Any] = {"routing_key": key, "event_action": ACTIONS[event.state], "dedup_key": event.key}
    if event.state is not Paged.TRIGGERED:
        return told
    payload = {
        "summary": event.summary[:LONGEST_SUMMARY],
        "source": event.source,
        "severity": SEVERITY[event.severity],
        "timestamp": event.at.isoformat(),
        "custom_details": event.details,
    }
    links = {"links": [{"href": event.link, "text": "The incident in Slack"}]} if event.link else {}
    return told | {"payload": payload, "client": "EthixAI Incidents"} | links


def is_genuine(secret: str, headers: Mapping[str, str], raw: bytes) -> bool:
    """Return whether the secret signed these bytes: one of the signatures of the header has to be its."""
    own = f"v1={hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()}".encode()
    given = headers.get("x-pagerduty-signature", "").encode("utf-8", "replace")
    return any(hmac.compare_digest(own, one.strip()) for one in given.split(b","))


def read(raw: bytes, told: Mapping[str, Any]) -> Word | None:
    """Return what somebody did; None for what is no business of ours. Raise KeyError or TypeError for no webhook."""
    event = told["event"]
    state = TOLD.get(event["event_type"])
    key = event["data"].get("incident_key")
    if state is None or not key:
        return None
    agent = event.get("agent") or {}
    is_person = agent.get("type") == "user_reference"
    name, user = (str(agent.get(one) or "") if is_person else "" for one in ("summary", "id"))
    return Word(f"pagerduty:{event['id']}", str(key), state, name=name, user=user)


def mail_of(user: str, rest_key: str, url: str | None = None) -> str:
    """Return the e-mail address of a user there; raise SendError."""
    headers = {"Authorization": f"Token token={rest_key}", "Accept": "application/vnd.pagerduty+json;version=2"}
    where = f"{(url or REST).rstrip('/')}/users/{quote(user, safe='')}"
    return str(call(WHO, "GET", where, headers=headers).json()["user"]["email"])
