"""PagerDuty and Opsgenie as their documentation describes what they take; each event is checked against it."""

import re
from datetime import datetime
from typing import Any

from tests.counterparts.server import Answer, Call, Counterpart

ROUTING, GENIE, REST = "R0123456789abcdef0123456789abcdef", "0a1b2c3d-genie", "u+rest-key"


class PagerDutyServer(Counterpart):
    """Events API v2, and one user of the REST API."""

    def __init__(self) -> None:
        super().__init__()
        self.incidents: dict[str, list[str]] = {}  # dedup_key → what it was told
        self.events: list[dict[str, Any]] = []
        self.mail = "oncall@ethixai.local"

    def do(self, call: Call) -> Answer:
        if call.path.startswith("/users/"):
            if call.headers.get("authorization") != f"Token token={REST}":
                return Answer(401, {"message": "Unauthorized"})
            return Answer(200, {"user": {"id": call.path.rpartition("/")[2], "email": self.mail}})
        assert (call.method, call.path) == ("POST", "/v2/enqueue")
        wrong = event_faults(call.body)
        if wrong:
            return Answer(400, {"status": "invalid event", "message": "Event object is invalid", "errors": wrong})
        self.events.append(call.body)
        self.incidents.setdefault(call.body["dedup_key"], []).append(call.body["event_action"])
        told = {"status": "success", "message": "Event processed", "dedup_key": call.body["dedup_key"]}
        return Answer(202, told)


def event_faults(event: dict[str, Any]) -> list[str]:
    """developer.pagerduty.com/docs/send-alert-event"""
    known = {"routing_key", "event_action", "dedup_key", "payload", "images", "links", "client", "client_url"}
    faults = [f"{name} is unknown" for name in set(event) - known]
    if event.get("routing_key") != ROUTING:
        faults.append("Invalid routing key")
    if event.get("event_action") not in ("trigger", "acknowledge", "resolve"):
        faults.append("event_action")
    if not 0 < len(event.get("dedup_key", "")) <= 255:
        faults.append("dedup_key")
    if event.get("event_action") == "trigger":
        payload = event["payload"]
        if not 0 < len(payload["summary"]) <= 1024 or not payload["source"]:
            faults.append("summary or source")
        if payload["severity"] not in ("critical", "warning", "error", "info"):
            faults.append("severity")
        datetime.fromisoformat(payload["timestamp"])
    return faults


class OpsgenieServer(Counterpart):
    """Alert API v2."""

    def __init__(self) -> None:
        super().__init__()
        self.alerts: dict[str, list[str]] = {}  # alias → what it was told
        self.created: list[dict[str, Any]] = []

    def do(self, call: Call) -> Answer:
        if call.headers.get("authorization") != f"GenieKey {GENIE}":
            return Answer(422, {"message": "Key format is not valid!"})
        if call.path == "/v2/alerts":
            alert = call.body
            known = {"message", "alias", "description", "responders", "visibleTo", "actions", "tags", "details",
                     "entity", "source", "priority", "user", "note"}  # fmt: skip
            fits = len(alert["message"]) <= 130 and len(alert["alias"]) <= 512 and len(alert["description"]) <= 15_000
            strings = all(isinstance(one, str) for one in alert["details"].values())
            if set(alert) - known or not fits or not strings or alert["priority"] not in ("P1", "P2", "P3", "P4", "P5"):
                return Answer(422, {"message": "Request body is not processable"})
            self.created.append(alert)
            self.alerts.setdefault(alert["alias"], []).append("create")
            return Answer(202, {"result": "Request will be processed", "took": 0.1, "requestId": "r"})
        match = re.fullmatch(r"/v2/alerts/(.+)/(acknowledge|close)", call.path)
        assert match is not None, call.path
        assert call.query == {"identifierType": "alias"}
        assert len(call.body["user"]) <= 100
        from urllib.parse import unquote

        self.alerts.setdefault(unquote(match[1]), []).append(match[2])
        return Answer(202, {"result": "Request will be processed", "took": 0.1, "requestId": "r"})
