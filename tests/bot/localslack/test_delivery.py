"""Delivery: redelivery of events, one of several connections, `disconnect`, and signed HTTP."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest
from slack_sdk import WebClient
from slack_sdk.signature import SignatureVerifier

from bot.localslack import LocalSlack
from tests.bot.localslack.helpers import HTTP, MANIFEST, Person, actions, wait_for


def attempts(slack, kind="app_mention"):
    return [one for one in slack.delivery.log if one["type"] == kind]


def test_an_event_without_acknowledgement_comes_again_with_the_same_id(bolt, lead):
    got = []

    @bolt.app.use
    def once(body, next_, req):
        got.append((body["event_id"], (req.headers.get("x-slack-retry-num") or ["0"])[0]))
        if len(got) < 3:
            raise RuntimeError("not yet")
        next_()

    @bolt.app.event("app_mention")
    def mentioned():
        pass

    bolt.app.error(lambda error, logger: None)
    bolt.connect()
    lead.do("say", channel="general", text="@EthixAI Incidents")
    wait_for(lambda: len(attempts(lead.slack)) == 3)
    assert len({id for id, _ in got}) == 1
    assert [(one["attempt"], one["ok"], one["reason"]) for one in attempts(lead.slack)][-1] == (2, True, "timeout")


def test_an_event_is_given_up_after_its_retries(slack, lead):
    lead.do("say", channel="general", text="@EthixAI Incidents")
    wait_for(lambda: len(attempts(slack)) == 4)
    assert [one["ok"] for one in attempts(slack)] == [False] * 4


def test_an_event_that_the_manifest_does_not_ask_for_is_not_sent(client, slack):
    client.chat_postMessage(channel="general", text="x")
    made = client.conversations_create(name="inc-1")
    client.conversations_invite(channel=made["channel"]["id"], users=["U0MLLEAD01"])
    wait_for(lambda: attempts(slack, "member_joined_channel"))
    assert attempts(slack, "message") == []


def test_an_edit_and_a_deletion_in_direct_messages_are_events(client, slack):
    events = []
    slack.workspace.on_event = events.append
    dm = client.chat_postMessage(channel="U0MLLEAD01", text="a", metadata={"event_type": "e", "event_payload": {}})
    client.chat_update(channel=dm["channel"], ts=dm["ts"], text="b", metadata={})
    client.chat_delete(channel=dm["channel"], ts=dm["ts"])
    assert [one.get("subtype") for one in events] == [None, "message_changed", "message_deleted"]
    _, changed, deleted = events
    assert (changed["previous_message"]["text"], changed["message"]["text"]) == ("a", "b")
    assert "metadata" not in changed["message"]
    assert (deleted["deleted_ts"], deleted["previous_message"]["text"]) == (dm["ts"], "b")


def test_a_reset_ends_what_waits_to_be_sent_again():
    with LocalSlack(MANIFEST, retry_after=(0.0, 0.15, 0.15)) as slack:
        lead = Person(slack)
        lead.do("say", channel="general", text="@EthixAI Incidents")
        wait_for(lambda: len(attempts(slack)) == 2)
        lead.do("reset")
        assert attempts(slack) == []
        assert not slack.delivery.stopping.wait(0.3)
        assert attempts(slack) == []


def test_a_payload_goes_to_one_of_several_connections(bolt, client, lead):
    got = []

    @bolt.app.action("go")
    def go(ack):
        got.append(1)
        ack()

    bolt.connect()
    bolt.connect()
    ts = client.chat_postMessage(channel="C0INCIDENT", text="x", blocks=[actions()])["ts"]
    for _ in range(4):
        assert lead.do("click", channel="C0INCIDENT", ts=ts, action_id="go", wait_s=0)["ok"]
    assert len(got) == 4


def test_a_client_comes_back_after_a_disconnect(bolt, client, slack, lead):
    @bolt.app.command("/ethix")
    def command(ack):
        ack("here")

    bolt.connect()
    old = slack.sockets.connections[0]
    lead_answer = HTTP.post(f"{slack.url}/_local/disconnect", json={"reason": "refresh_requested"})
    assert lead_answer.json()["ok"]
    wait_for(lambda: slack.sockets.connections and slack.sockets.connections[0] is not old)
    assert lead.do("command", channel="general", text="/ethix", wait_s=0)["ok"]


def test_a_ticket_takes_one_connection(slack):
    from websockets.exceptions import InvalidStatus
    from websockets.sync.client import connect

    headers = {"Authorization": f"Bearer {slack.app_token}"}
    url = HTTP.post(slack.api_url + "apps.connections.open", headers=headers).json()["url"]
    with connect(url) as socket:
        hello = json.loads(socket.recv())
        assert (hello["type"], hello["num_connections"]) == ("hello", 1)
        with pytest.raises(InvalidStatus), connect(url):
            pass


class Inbox(ThreadingHTTPServer):
    """An app's request URL that keeps what came and answers as it is told."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.got = []
        self.echoes = False
        self.answers = []


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.got.append((body, dict(self.headers.items())))
        if self.server.echoes:
            self.server.answers.append((200, {}, json.loads(body)["challenge"].encode()))
        status, headers, answer = self.server.answers.pop(0) if self.server.answers else (200, {}, b"")
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(answer))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args):
        pass


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    server = Inbox()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def by_http(inbox) -> Iterator[LocalSlack]:
    url = f"http://127.0.0.1:{inbox.server_address[1]}/slack/events"
    with LocalSlack(MANIFEST, request_url=url, retry_after=(0.0, 0.01, 0.02), ack_s=1.0) as slack:
        yield slack


def test_everything_over_http_is_signed(inbox, by_http):
    lead = Person(by_http)
    client = WebClient(by_http.bot_token, base_url=by_http.api_url)
    ts = client.chat_postMessage(channel="C0INCIDENT", text="x", blocks=[actions()])["ts"]
    assert lead.do("click", channel="C0INCIDENT", ts=ts, action_id="go", wait_s=0)["ok"]
    inbox.answers.append((200, {"Content-Type": "application/json"}, b'{"text": "hi"}'))
    assert lead.do("command", channel="general", text="/ethix help", wait_s=0)["ephemeral"][0]["text"] == "hi"
    lead.do("say", channel="general", text="@EthixAI Incidents")
    wait_for(lambda: len(inbox.got) == 3)
    verifier = SignatureVerifier(by_http.signing_secret)
    assert all(verifier.is_valid_request(body, headers) for body, headers in inbox.got)
    assert not SignatureVerifier("other").is_valid_request(*inbox.got[0])
    click, command, event = (body for body, _ in inbox.got)
    assert json.loads(parse_qs(click.decode())["payload"][0])["type"] == "block_actions"
    assert parse_qs(command.decode())["command"] == ["/ethix"]
    assert json.loads(event)["event"]["type"] == "app_mention"


def test_a_failed_event_comes_again_over_http_unless_the_app_forbids_it(inbox, by_http):
    inbox.answers += [(500, {}, b""), (500, {}, b""), (200, {}, b"")]
    Person(by_http).do("say", channel="general", text="@EthixAI Incidents")
    wait_for(lambda: len(attempts(by_http)) == 3)
    marks = [(headers.get("X-Slack-Retry-Num"), headers.get("X-Slack-Retry-Reason")) for _, headers in inbox.got]
    assert marks == [(None, None), ("1", "http_error"), ("2", "http_error")]
    inbox.answers.append((500, {"X-Slack-No-Retry": "1"}, b""))
    Person(by_http).do("say", channel="general", text="@EthixAI Incidents again")
    wait_for(lambda: len(attempts(by_http)) == 4)
    assert len(inbox.got) == 4


def test_an_address_proves_itself_with_the_challenge(inbox, by_http):
    lead = Person(by_http)
    assert lead.ask("verify") == {"ok": False, "error": "challenge_failed"}
    (body, headers) = inbox.got[0]
    asked = json.loads(body)
    assert asked["type"] == "url_verification"
    assert SignatureVerifier(by_http.signing_secret).is_valid_request(body, headers)
    inbox.echoes = True
    assert lead.ask("verify") == {"ok": True, "error": None}


def test_an_interaction_over_http_is_not_sent_again(inbox, by_http):
    inbox.answers.append((500, {}, b""))
    seen = Person(by_http).do("command", channel="general", text="/ethix help")
    assert seen["error"] == '/ethix failed with the error "http_service_error"'
    assert len(inbox.got) == 1
