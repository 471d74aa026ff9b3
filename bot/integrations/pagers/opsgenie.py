"""Opsgenie: alerts by the Alert API v2, what people do there by its webhook integration.

docs.opsgenie.com/docs/alert-api · support.atlassian.com/opsgenie/docs/integrate-opsgenie-with-webhook
Alerts are one by their alias. Its webhooks are not signed: a header of our own carries the secret.
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

WHO = "Opsgenie"
URL = "https://api.opsgenie.com"
PRIORITY = {Severity.CRITICAL: "P1", Severity.HIGH: "P2", Severity.MEDIUM: "P3", Severity.LOW: "P4"}
TOLD = {"Acknowledge": Paged.ACKNOWLEDGED, "Close": Paged.RESOLVED}
PATHS = {Paged.ACKNOWLEDGED: "acknowledge", Paged.RESOLVED: "close"}
LONGEST_MESSAGE, LONGEST_SOURCE, LONGEST_NOTE = 130, 100, 8_000
SOURCE = "EthixAI Incidents"


def send(url: str, key: str, event: Event) -> None:
    """Tell Opsgenie; raise SendError."""
    alerts, headers = f"{url.rstrip('/')}/v2/alerts", {"Authorization": f"GenieKey {key}"}
    if event.state is Paged.TRIGGERED:
        call(WHO, "POST", alerts, headers=headers, json=body(event))
        return
    where = f"{alerts}/{quote(event.key, safe='')}/{PATHS[event.state]}"
    note = {"source": SOURCE, "user": event.by[:LONGEST_SOURCE], "note": event.summary[:LONGEST_NOTE]}
    call(WHO, "POST", where, headers=headers, params={"identifierType": "alias"}, json=note)


def body(event: Event) -> dict[str, Any]:
    """Return the alert as the API takes it."""
    link = {"Slack": event.link} if event.link else {}
    return {
        "message": event.summary[:LONGEST_MESSAGE],
        "alias": event.key,
        "description": "\n".join([event.summary, *(f"{name}: {said}" for name, said in event.details.items())]),
        "details": event.details | link,
        "entity": event.source,
        "source": SOURCE,
        "priority": PRIORITY[event.severity],
        "tags": ["incident"],
    }


def is_genuine(secret: str, headers: Mapping[str, str], raw: bytes) -> bool:
    """Return whether the call carries the secret."""
    given = headers.get("x-ethixbot-secret", "").encode("utf-8", "replace")
    return hmac.compare_digest(secret.encode(), given)


def read(raw: bytes, told: Mapping[str, Any]) -> Word | None:
    """Return what somebody did; None for what is no business of ours. Raise KeyError or TypeError for no webhook."""
    alert, state = told["alert"], TOLD.get(told["action"])
    if state is None or not alert.get("alias") or (told.get("source") or {}).get("name") == SOURCE:
        return None
    who = str(alert.get("username") or "")
    name, mail = (who, who) if "@" in who else ("", "")  # people sign in there by their address; the rest is machines
    return Word(f"opsgenie:{hashlib.sha256(raw).hexdigest()}", str(alert["alias"]), state, name=name, mail=mail)
