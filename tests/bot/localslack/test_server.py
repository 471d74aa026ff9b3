"""The server: its port, its guard against other pages, its start from a manifest."""

import json
import subprocess
import sys

import pytest

from bot.localslack import LocalSlack
from tests.bot.localslack.helpers import HTTP, MANIFEST, Person


def test_a_port_in_use_is_told_at_once(slack):
    with pytest.raises(OSError, match="ddress"):
        LocalSlack(MANIFEST, port=slack.port)


def test_a_foreign_host_or_origin_is_refused(slack):
    assert HTTP.get(slack.url + "/_local/channels", headers={"Host": "evil.example"}).status_code == 403
    assert HTTP.get(slack.url + "/_local/channels", headers={"Host": "localhost:1"}).status_code == 200
    assert HTTP.get(slack.url + "/_local/channels", headers={"Origin": "https://evil.example"}).status_code == 403


def test_a_form_cannot_act_for_a_person(slack):
    body = json.dumps({"user": "ml_lead", "channel": "general", "text": "x"})
    answer = HTTP.post(slack.url + "/_local/say", content=body, headers={"Content-Type": "text/plain"})
    assert answer.status_code == 415
    assert Person(slack).sees("general") == []


def test_every_answer_carries_a_strict_policy(slack):
    policy = HTTP.get(slack.url + "/_local/channels").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_a_reset_forgets_what_was_said(slack, client, lead):
    client.chat_postMessage(channel="general", text="x")
    lead.do("reset")
    assert lead.sees("general") == []
    assert client.chat_postMessage(channel="general", text="y")["ok"]


def test_members_of_a_group_change(slack, client):
    sent = HTTP.post(slack.url + "/_local/usergroup", json={"id": "S0ONCALL01", "users": ["ml_lead"]})
    assert sent.json()["usergroup"]["users"] == ["U0MLLEAD01"]
    assert client.usergroups_users_list(usergroup="S0ONCALL01")["users"] == ["U0MLLEAD01"]


def test_a_wrong_name_is_answered_with_an_error(lead, slack):
    assert Person(slack, "nobody").do("home")["error"] == "user_not_found"
    assert lead.do("say", channel="nowhere", text="x")["error"] == "channel_not_found"


def test_it_runs_by_itself(tmp_path):
    manifest = tmp_path / "app.json"
    manifest.write_text(json.dumps(MANIFEST))
    command = [sys.executable, "-m", "bot.localslack", "--port", "0", "--manifest", str(manifest)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().split()[-1]
            assert HTTP.get(url + "/_local/channels").json()["ok"]
        finally:
            process.terminate()
