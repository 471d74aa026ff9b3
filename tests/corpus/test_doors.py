"""Whatever is thrown at the doors: no answer of 500, one plain sentence, nothing changed, no secret anywhere."""

import asyncio
import hashlib
import hmac
import io
import json
import logging
import shutil
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
import structlog
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import SQLModel

from bot import app, keys, logs, masking, receive
from bot.http import server
from bot.http.bounds import LARGEST, Bounds
from bot.services import Services
from bot.slack import app as slack_app
from bot.slack.door import Door
from bot.slack.outward import Outward
from bot.slack.people import Directory
from storage import policies
from storage.database import Database
from tests.corpus.odd import CASES, GOOD, NOWHERE, TEXT, broken, cases, nested, sent

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
AT = str(int(NOW.timestamp()))
SIGNING = "5f1e0c7a9b3d4e6f8a1b2c3d4e5f6071"
SECRETS = {
    "bot": "xoxb-123456789012-210987654321-hushhushhush",
    "app": "xapp-1-A0000000000-1234567890-hushhushhush",
    "hook": "https://hooks.slack.com/commands/T1/99/hushhushhush",
    "password": "postgresql://bot:hushhushhush@db.example/x",
    "signing": SIGNING,
}
PATHS = ("/slack/events", "/", "/v1/gate/%00", "/v1/gate/" + "a" * 5_000, "/.env", "/local/v1/x")
FORM, JSON = "application/x-www-form-urlencoded", "application/json"


class Doors:
    """The HTTP app and Bolt as they are, on a database of their own; Slack itself cannot be reached."""

    def __init__(self, database, folder):
        policy, _ = policies.read(app.DEFAULT_POLICY)
        self.services = Services(database, policy, folder, keys.load(folder / "keys"), lambda: NOW)
        web = slack_app.client(SECRETS["bot"], "http://127.0.0.1:9/api/", 1)
        door = Door(self.services, Directory(self.services, Outward(web)))
        door.directory._known |= {"U0ONCALL01", "U1"}  # nobody to ask
        self.slack = slack_app.build(door, web)
        self.http = TestClient(server.build(self.services, self.slack, SIGNING), raise_server_exceptions=False)

    def post(self, body, kind=JSON, at=AT, secret=SIGNING, **headers):
        told = {"x-slack-request-timestamp": at, "x-slack-signature": signature(body, at, secret), "content-type": kind}
        return self.http.post("/slack/events", content=body, headers=told | headers)

    def rows(self):
        with self.services.database.read() as session:
            rows = session.connection().exec_driver_sql
            return {name: rows(f'SELECT * FROM "{name}"').all() for name in SQLModel.metadata.tables}


def signature(body, at, secret):
    mac = hmac.new(secret.encode(), b"v0:" + at.encode("utf-8", "replace") + b":" + body, hashlib.sha256)
    return f"v0={mac.hexdigest()}"


@pytest.fixture(scope="module")
def doors(tmp_path_factory, empty_on_sqlite):
    folder = tmp_path_factory.mktemp("doors")
    database = Database(f"sqlite:///{shutil.copy(empty_on_sqlite, folder / 'test.db')}")
    yield Doors(database, folder)
    database.dispose()


@pytest.fixture
def both(database, tmp_path):
    return Doors(database, tmp_path)


@pytest.fixture
def written():
    """What the bot logs, libraries too, as it is configured in earnest."""
    out, root = io.StringIO(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers = []
    logs.configure(to=out)
    masking.know(SIGNING, "hushhushhush")
    yield out
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()
    masking._known.clear()


def is_plain(answer):
    """Whether the answer is one sentence in JSON and shows nothing of our inside."""
    if answer.status_code < 300:
        return True
    told = answer.json()["detail"]
    return isinstance(told, str) and 5 < len(told) < 300 and "Traceback" not in told and ".py" not in told


def form(payload):
    return urlencode({"payload": json.dumps(payload)}).encode()


@cases
@given(payload=broken(), is_form=st.booleans())
def test_a_broken_payload_that_is_signed_does_nothing_and_is_answered(doors, payload, is_form):
    before = doors.rows()
    answer = doors.post(form(payload), FORM) if is_form else doors.post(sent(payload))
    assert answer.status_code in (200, 400), answer.text
    assert is_plain(answer)
    after = doors.rows()
    assert {name: rows for name, rows in after.items() if name not in ("inbox", "audit", "audit_head")} == {
        name: rows for name, rows in before.items() if name not in ("inbox", "audit", "audit_head")
    }


@cases
@given(
    body=st.binary(max_size=200) | TEXT.map(lambda t: t.encode("utf-8", "surrogatepass")),
    kind=st.sampled_from([JSON, FORM, "text/plain", ""]),
)
def test_bytes_that_are_signed_and_say_nothing_are_refused(doors, body, kind):
    answer = doors.post(body, kind)
    assert answer.status_code in (400, 415)
    assert is_plain(answer)


@cases
@given(at=TEXT | st.integers(-400, 400).map(lambda s: str(int(AT) + s)), given_=st.binary(max_size=80))
def test_a_wrong_signature_goes_no_further(doors, at, given_):
    stamp = at.encode("utf-8", "replace")
    headers = {"x-slack-request-timestamp": stamp, "x-slack-signature": given_, "content-type": JSON.encode()}
    answer = doors.http.post("/slack/events", content=sent(GOOD["event"]), headers=headers)
    assert answer.status_code == 401
    assert is_plain(answer)


@settings(cases, max_examples=max(1, CASES // 5))  # the parser is the same one; here it is Bolt alone
@given(payload=broken())
def test_socket_mode_goes_through_the_same_door(doors, payload):
    assert receive.take(doors.slack, payload).status in (200, 400)


@pytest.mark.parametrize("secret", ["", " ", "wrong", SIGNING.upper()])
def test_nobody_signs_with_another_secret(doors, secret):
    assert doors.post(b"{}", secret=secret).status_code == 401


@pytest.mark.parametrize(("offset", "status"), [(-301, 401), (-299, 200), (0, 200), (299, 200), (301, 401)])
def test_a_signature_holds_five_minutes_both_ways(doors, offset, status):
    assert doors.post(sent(GOOD["challenge"]), at=str(int(AT) + offset)).status_code == status


def test_an_address_proves_itself(doors):
    assert "abc" in doors.post(sent(GOOD["challenge"])).text


def test_an_empty_secret_lets_nobody_in(doors):
    http = TestClient(server.build(doors.services, doors.slack, ","))
    body = sent(GOOD["event"])
    headers = {"x-slack-request-timestamp": AT, "x-slack-signature": signature(body, AT, "")}
    assert http.post("/slack/events", content=body, headers=headers).status_code == 401


@pytest.mark.parametrize("depth", [41, 500, 5_000, 400_000])
def test_deep_json_is_refused(doors, depth):
    for answer in (doors.post(nested(depth)), doors.post(urlencode({"payload": nested(depth)}).encode(), FORM)):
        assert answer.status_code in (400, 413)
        assert is_plain(answer)


def test_a_body_beyond_a_mebibyte_is_refused_while_it_comes(doors):
    seen = []

    def endless():
        for number in range(64):
            seen.append(number)
            yield b"x" * (LARGEST // 8)

    assert doors.http.post("/slack/events", content=endless()).status_code == 413
    lie = doors.http.post("/slack/events", content=b"{}", headers={"content-length": str(LARGEST + 1)})
    assert lie.status_code == 413


@pytest.mark.parametrize("path", PATHS)
def test_other_methods_and_addresses_get_one_sentence(both, path):
    for method in ("GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "BREW"):
        answer = both.http.request(method, path, headers={"authorization": f"Bearer {SECRETS['bot']}"})
        assert 400 <= answer.status_code < 500
        assert answer.headers["content-type"] == "application/problem+json"
        assert method == "HEAD" or is_plain(answer)


@pytest.mark.parametrize("kind", sorted(GOOD))
def test_texts_that_no_database_keeps_do_no_harm(both, kind):
    """NUL and halves of characters, in every text of every kind, on both databases."""
    payload = json.loads(
        json.dumps(GOOD[kind]).replace("because", "a\\u0000b\\ud800c").replace("help", "\\u0000 status")
    )
    for place in ("value", "text", "trigger_id", "event_id", "user_id", "private_metadata", "action_ts"):
        for holder in [one for one in holders(payload) if isinstance(one.get(place), str)]:
            was, holder[place] = holder[place], holder[place] + "\x00\ud800\u202e" + "x" * 5_000
            answer = both.post(sent(payload))
            assert answer.status_code in (200, 400), (place, answer.text)
            holder[place] = was


def holders(value):
    """Every object within the payload."""
    if isinstance(value, dict):
        yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from holders(one)


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_a_secret_is_nowhere_afterwards(both, written, name):
    secret = SECRETS[name]
    answers = [both.http.get("/v1/gate/" + secret.replace("/", "%2F"))]
    for good in GOOD.values():
        payload = holding(good, secret)
        answers.append(both.post(sent(payload), authorization=f"Bearer {secret}"))
        answers.append(both.post(sent(payload), secret="wrong", **{"x-slack-signature": secret}))
    logging.getLogger("some.library").error("with %s", secret, exc_info=ValueError(f"about {secret}"))
    structlog.get_logger("x").warning("with", deep={"a": [secret]}, error=f"Authorization: Bearer {secret}")
    if name in ("bot", "app", "hook"):  # a secret by its looks is taken out of what people send, too
        assert secret not in repr(both.rows())
        assert all(secret not in answer.text for answer in answers)
    said = written.getvalue()
    assert said.count("with") >= 2
    assert "hushhushhush" not in said
    assert SIGNING not in said


def holding(good, secret):
    """The payload with the secret in whatever a person types, and in the address to answer at."""
    text = json.dumps(good)
    for word in ("because", "help", "status", '"inc'):
        text = text.replace(word, f"{word} {secret}")
    payload = json.loads(text)
    return payload | ({"response_url": f"{NOWHERE}/{secret[-9:]}"} if "response_url" in payload else {})


def test_a_body_that_does_not_come_is_given_up(doors):
    told = []

    async def never():
        await asyncio.Event().wait()

    async def send(message):
        told.append(message)

    scope = {
        "type": "http", "method": "POST", "path": "/slack/events", "raw_path": b"/slack/events", "query_string": b"",
        "headers": [(b"content-length", b"100")], "app": doors.http.app, "scheme": "http", "server": ("x", 1),
    }  # fmt: skip
    bounded = Bounds(server.build(doors.services, doors.slack, SIGNING), patience_s=0.01)
    asyncio.run(bounded(scope, never, send))
    assert told[0]["status"] == 408
    assert json.loads(told[1]["body"])["detail"] == "The body took too long to come."


def test_a_sender_that_goes_away_is_no_fault_of_ours(doors, written):
    async def gone():
        return {"type": "http.disconnect"}

    async def send(message):
        assert message.get("status", 400) == 400

    scope = {"type": "http", "method": "POST", "path": "/slack/events", "query_string": b"", "headers": []}
    asyncio.run(server.build(doors.services, doors.slack, SIGNING)(scope, gone, send))
    assert "Traceback" not in written.getvalue()
