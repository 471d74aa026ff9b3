"""The server: its port, its guard against other pages, its start from a manifest."""

import http.client
import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.localslack import LocalSlack
from tests.bot.localslack.helpers import HTTP, MANIFEST, Person, wait_for


def test_a_port_in_use_is_told_at_once(slack):
    with pytest.raises(OSError, match="ddress"):
        LocalSlack(MANIFEST, port=slack.port)


def test_a_foreign_host_or_origin_is_refused(slack):
    assert HTTP.get(slack.url + "/_local/channels", headers={"Host": "evil.example"}).status_code == 403
    assert HTTP.get(slack.url + "/_local/channels", headers={"Host": "localhost:1"}).status_code == 200
    for origin in ("https://evil.example", "null", "http://127.0.0.1:1"):
        assert HTTP.get(slack.url + "/_local/channels", headers={"Origin": origin}).status_code == 403
    assert HTTP.get(slack.url + "/_local/channels", headers={"Origin": slack.url}).status_code == 200


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


def test_a_page_that_waits_for_news_does_not_hold_the_server(slack):
    version = HTTP.get(slack.url + "/_page/state", params={"user": "viewer"}).json()["version"]
    page = http.client.HTTPConnection("127.0.0.1", slack.port, timeout=5)
    page.request("GET", f"/_page/changes?since={version}")
    for _ in range(3):  # by now the server has read the line above, too
        HTTP.get(slack.url + "/_page/state", params={"user": "viewer"})
    began = time.monotonic()
    slack.stop()
    assert json.loads(page.getresponse().read()) == {"version": version}
    assert time.monotonic() - began < 2
    page.close()


def test_a_long_delay_does_not_hold_the_server(slack, lead):
    lead.fault(method="auth.test", delay_s=60)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(HTTP.post, slack.api_url + "auth.test")
        wait_for(lambda: not slack.faults.waiting)
        slack.stop()
        assert waiting.result(2).json()["error"] == "not_authed"


def test_importing_the_package_imports_no_server():
    look = "import sys, bot.localslack; print([one for one in ('fastapi', 'uvicorn', 'jinja2') if one in sys.modules])"
    found = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


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
