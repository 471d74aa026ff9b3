"""The HTTP door: signatures checked on raw bytes before anything reads them."""

import hashlib
import hmac
import json
import time

import pytest
from fastapi.testclient import TestClient

from bot.http import server
from bot.http.signature import is_genuine
from bot.services import Services, utc_now
from storage.tables import Model

SECRET = "s3cret"


class Slack:
    """Stands where Bolt does, and counts what reaches it."""

    def __init__(self):
        self.bodies = []

    def dispatch(self, request):
        from slack_bolt import BoltResponse

        self.bodies.append(request.raw_body)
        return BoltResponse(status=200, body="")


@pytest.fixture
def door(database, tmp_path):
    slack = Slack()
    services = Services(database, None, tmp_path, None)
    with database.write() as session:
        session.add(Model(id="m", name="m", risk="high", registered_at=utc_now()))
    client = TestClient(server.build(services, slack, SECRET))
    client.slack, client.database = slack, database
    return client


def signed(body: bytes, secret: str = SECRET, at: float | None = None) -> dict[str, str]:
    stamp = str(int(at or time.time()))
    mac = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"x-slack-request-timestamp": stamp, "x-slack-signature": f"v0={mac}", "content-type": "application/json"}


def test_a_signed_delivery_reaches_the_listeners(door):
    body = json.dumps({"type": "event_callback", "event_id": "E1", "event": {"type": "message"}}).encode()
    assert door.post("/slack/events", content=body, headers=signed(body)).status_code == 200
    assert len(door.slack.bodies) == 1


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{}", dict, 401),
        (b"{}", lambda: signed(b"{}", "wrong"), 401),
        (b"{}", lambda: signed(b"{} "), 401),
        (b"{}", lambda: signed(b"{}", at=1_000), 401),
        (b"{}", lambda: signed(b"{}") | {"x-slack-request-timestamp": "soon"}, 401),
        (b"{}", lambda: signed(b"{}") | {"x-slack-request-timestamp": "9" * 400}, 401),
        (b"\xff\xfe", lambda: signed(b"\xff\xfe"), 400),
        (b"\xff\xfe", dict, 401),
        (b"x" * (2 << 20), dict, 413),
    ],
    ids=["unsigned", "wrong", "changed", "old", "no number", "huge number", "not text", "junk", "too large"],
)
def test_anything_else_goes_no_further(door, body, headers, status):
    assert door.post("/slack/events", content=body, headers=headers()).status_code == status
    assert door.slack.bodies == []


def test_our_check_agrees_with_slacks_own():
    from slack_sdk.signature import SignatureVerifier

    body, now = b'{"a": 1}', utc_now()
    stamp = str(int(now.timestamp()))
    theirs = SignatureVerifier(SECRET).generate_signature(timestamp=stamp, body=body)
    assert is_genuine(SECRET, stamp, theirs, body, now)


def test_health(door):
    assert door.get("/healthz").json() == {"status": "ok"}
    assert door.get("/readyz").json()["ready"] is True
