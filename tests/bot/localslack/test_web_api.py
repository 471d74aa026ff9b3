"""The Web API through the official client: what it answers, and each documented refusal."""

import contextlib

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackRequestError
from slack_sdk.http_retry import RateLimitErrorRetryHandler

from bot.localslack import LocalSlack
from tests.bot.localslack.helpers import (
    HTTP,
    INCIDENTS,
    MANIFEST,
    SCOPES,
    Clock,
    actions,
    button,
    mrkdwn,
    plain,
    wait_for,
)  # fmt: skip


def refusal(call, *args, **given):
    with pytest.raises(SlackApiError) as caught:
        call(*args, **given)
    return caught.value.response


def test_the_token_is_tested(client, slack):
    who = client.auth_test()
    assert (who["user_id"], who["bot_id"], who["team"]) == ("U0ETHIXBOT", "B0LOCALBOT", "EthixAI")
    assert who.headers["x-oauth-scopes"] == ",".join(sorted(SCOPES))
    assert client.team_info()["team"]["domain"] == "ethixai"


@pytest.mark.parametrize(
    ("token", "method", "error"),
    [
        ("", "auth.test", "not_authed"),
        ("xoxb-else", "auth.test", "invalid_auth"),
        ("app", "auth.test", "not_allowed_token_type"),
        ("bot", "apps.connections.open", "not_allowed_token_type"),
        ("bot", "chat.shout", "unknown_method"),
    ],
)
def test_a_wrong_token_or_method_is_refused(slack, token, method, error):
    token = {"app": slack.app_token, "bot": slack.bot_token}.get(token, token)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    assert HTTP.post(slack.api_url + method, headers=headers).json()["error"] == error


def test_arguments_come_as_a_form_or_json_with_the_token_in_the_header_or_the_body(slack):
    body = {"channel": INCIDENTS, "text": "hi"}
    url = slack.api_url + "chat.postMessage"
    header = {"Authorization": f"Bearer {slack.bot_token}"}
    for sent in (
        {"data": {**body, "token": slack.bot_token}},
        {"json": body, "headers": header},
        {"data": body, "headers": header},
        {"files": {"x": b"x"}, "data": body, "headers": header},
        {"data": {**body, "blocks": '[{"type": "divider"}]'}, "headers": header},
    ):
        assert HTTP.post(url, **sent).json()["ok"], sent


def test_a_posted_message_is_in_history_with_metadata_only_on_request(client):
    metadata = {"event_type": "alert", "event_payload": {"key": "k1"}}
    ts = client.chat_postMessage(channel="#ethixai-incidents", text="hi", metadata=metadata)["ts"]
    brief = client.conversations_history(channel=INCIDENTS)["messages"][0]
    full = client.conversations_history(channel=INCIDENTS, include_all_metadata=True)["messages"][0]
    assert (brief["ts"], brief["metadata"]) == (ts, {"event_type": "alert"})
    assert full["metadata"] == metadata


def test_an_update_keeps_metadata_unless_it_is_empty_and_drops_blocks_when_text_comes_alone(client):
    metadata = {"event_type": "alert", "event_payload": {}}
    ts = client.chat_postMessage(channel=INCIDENTS, text="a", blocks=[actions()], metadata=metadata)["ts"]
    kept = client.chat_update(channel=INCIDENTS, ts=ts, text="b", blocks=[actions()])["message"]
    assert kept["metadata"] == metadata
    assert "edited" not in kept
    bare = client.chat_update(channel=INCIDENTS, ts=ts, text="c", metadata={})["message"]
    assert "metadata" not in bare
    assert "blocks" not in bare
    assert bare["edited"]["user"] == "U0ETHIXBOT"


def test_timestamps_are_unique_and_ordered_even_when_the_clock_stands(clock):
    with LocalSlack(MANIFEST, clock=clock) as slack:
        client = WebClient(slack.bot_token, base_url=slack.api_url)
        sent = [client.chat_postMessage(channel=INCIDENTS, text=str(n))["ts"] for n in range(5)]
        assert sent == sorted(set(sent), key=float)
        found = client.conversations_history(channel=INCIDENTS, oldest=sent[1], latest=sent[3], inclusive=True)[
            "messages"
        ]
        assert [one["ts"] for one in found] == sent[3:0:-1]


def test_history_is_read_page_by_page(client):
    for n in range(5):
        client.chat_postMessage(channel=INCIDENTS, text=str(n))
    pages = [page["messages"] for page in client.conversations_history(channel=INCIDENTS, limit=2)]
    assert [[one["text"] for one in page] for page in pages] == [["4", "3"], ["2", "1"], ["0"]]


def test_a_thread_has_its_head_first_and_counts(client):
    head = client.chat_postMessage(channel=INCIDENTS, text="head")["ts"]
    client.chat_postMessage(channel=INCIDENTS, text="reply", thread_ts=head)
    thread = client.conversations_replies(channel=INCIDENTS, ts=head)["messages"]
    assert [one["text"] for one in thread] == ["head", "reply"]
    history = client.conversations_history(channel=INCIDENTS)["messages"]
    assert [(one["text"], one["reply_count"]) for one in history] == [("head", 1)]
    assert refusal(client.chat_postMessage, channel=INCIDENTS, text="x", thread_ts="1.2")["error"] == "thread_not_found"


def test_text_is_cut_in_a_post_and_refused_in_an_update(client):
    posted = client.chat_postMessage(channel=INCIDENTS, text="x" * 40_001)
    assert len(posted["message"]["text"]) == 40_000
    answer = refusal(client.chat_update, channel=INCIDENTS, ts=posted["ts"], text="x" * 4_001)
    assert answer["error"] == "msg_too_long"


def test_refusals_of_messages(client, slack):
    assert refusal(client.chat_postMessage, channel="C0NOWHERE", text="x")["error"] == "channel_not_found"
    assert refusal(client.api_call, "chat.postMessage", json={"channel": INCIDENTS})["error"] == "no_text"
    assert refusal(client.chat_update, channel=INCIDENTS, ts="1.0", text="x")["error"] == "message_not_found"
    assert (
        refusal(client.chat_postEphemeral, channel=INCIDENTS, user="U0NOBODY", text="x")["error"]
        == "user_not_in_channel"
    )
    theirs = slack.gestures.say("U0MLLEAD01", slack.workspace.channel("general"), "mine").ts
    general = slack.workspace.channel("general").id
    assert refusal(client.chat_update, channel=general, ts=theirs, text="x")["error"] == "cant_update_message"
    assert refusal(client.chat_delete, channel=general, ts=theirs)["error"] == "cant_delete_message"


def test_an_update_keeps_blocks_where_no_text_comes_and_attachments_where_none_are_named(client):
    attached = [{"color": "#ff0000", "text": "note", "fallback": "note"}]
    ts = client.chat_postMessage(channel=INCIDENTS, text="a", blocks=[actions()])["ts"]
    kept = client.chat_update(channel=INCIDENTS, ts=ts, attachments=attached)["message"]
    assert kept["blocks"][0]["type"] == "actions"
    kept = client.chat_update(channel=INCIDENTS, ts=ts, text="b")["message"]
    assert [one["text"] for one in kept["attachments"]] == ["note"]
    assert "blocks" not in kept
    bare = client.chat_update(channel=INCIDENTS, ts=ts, text="c", attachments=[])["message"]
    assert "attachments" not in bare


def test_refusals_of_metadata(client):
    def error(metadata):
        return refusal(client.chat_postMessage, channel=INCIDENTS, text="x", metadata=metadata)["error"]

    assert error({"event_type": "a"}) == "invalid_metadata_schema"
    assert error({"event_type": "a", "event_payload": {"k": "x" * 20_000}}) == "metadata_too_large"


def test_a_deleted_message_is_gone(client):
    ts = client.chat_postMessage(channel=INCIDENTS, text="x")["ts"]
    client.chat_delete(channel=INCIDENTS, ts=ts)
    assert client.conversations_history(channel=INCIDENTS)["messages"] == []


def test_channels_are_created_joined_and_filled(client):
    made = client.conversations_create(name="inc-1")["channel"]
    assert made["is_member"]
    assert refusal(client.conversations_create, name="inc-1")["error"] == "name_taken"
    assert refusal(client.conversations_create, name="Not Allowed")["error"] == "invalid_name_specials"
    client.conversations_invite(channel=made["id"], users=["U0MLLEAD01"])
    assert (
        refusal(client.conversations_invite, channel=made["id"], users=["U0MLLEAD01"])["error"] == "already_in_channel"
    )
    assert client.conversations_setTopic(channel=made["id"], topic="Hot")["channel"]["topic"]["value"] == "Hot"
    assert "inc-1" in [one["name"] for one in client.conversations_list()["channels"]]
    private = client.conversations_create(name="inc-2", is_private=True)["channel"]
    assert private["is_private"]
    assert "inc-2" not in [one["name"] for one in client.conversations_list()["channels"]]


def test_a_channel_the_bot_is_not_in_takes_no_message_until_it_joins(client, slack):
    channel = slack.workspace.create("elsewhere", "U0ADMINS01", private=False)
    assert refusal(client.chat_postMessage, channel=channel.id, text="x")["error"] == "not_in_channel"
    assert refusal(client.conversations_history, channel=channel.id)["error"] == "not_in_channel"
    client.conversations_join(channel=channel.id)
    assert client.chat_postMessage(channel=channel.id, text="x")["ok"]


def test_people_and_groups(client):
    lead = client.users_lookupByEmail(email="ml_lead@ethixai.local")["user"]
    assert (lead["id"], lead["profile"]["title"]) == ("U0MLLEAD01", "ML Lead")
    assert client.users_info(user="U0ETHIXBOT")["user"]["is_bot"]
    assert len(client.users_list()["members"]) == 14
    group = client.usergroups_list(include_users=True)["usergroups"][0]
    assert client.usergroups_users_list(usergroup=group["id"])["users"] == group["users"] == ["U0ONCALL01"]


def test_marks_are_set_once(client):
    ts = client.chat_postMessage(channel=INCIDENTS, text="x")["ts"]
    client.reactions_add(channel=INCIDENTS, timestamp=ts, name="eyes")
    assert refusal(client.reactions_add, channel=INCIDENTS, timestamp=ts, name="eyes")["error"] == "already_reacted"
    client.pins_add(channel=INCIDENTS, timestamp=ts)
    assert refusal(client.pins_add, channel=INCIDENTS, timestamp=ts)["error"] == "already_pinned"
    mark = client.bookmarks_add(channel_id=INCIDENTS, title="Runbook", type="link", link="https://example.org")
    assert mark["bookmark"]["title"] == "Runbook"
    link = client.chat_getPermalink(channel=INCIDENTS, message_ts=ts)["permalink"]
    assert link.endswith(f"/archives/{INCIDENTS}/p{ts.replace('.', '')}")


def test_a_missing_scope_is_named():
    manifest = {**MANIFEST, "oauth_config": {"scopes": {"bot": ["chat:write", "channels:history"]}}}
    with LocalSlack(manifest) as slack:
        client = WebClient(slack.bot_token, base_url=slack.api_url)
        answer = refusal(client.reactions_add, channel=INCIDENTS, timestamp="1.0", name="eyes")
        assert (answer["error"], answer["needed"]) == ("missing_scope", "reactions:write")
        assert answer["provided"] == "channels:history,chat:write"
        direct = client.chat_postMessage(channel="U0MLLEAD01", text="x")["channel"]
        assert refusal(client.conversations_history, channel=direct)["needed"] == "im:history"


def test_posts_are_limited_to_one_a_second_and_channel_after_a_short_burst(clock: Clock):
    with LocalSlack(MANIFEST, rate_limits=True, clock=clock) as slack:
        client = WebClient(slack.bot_token, base_url=slack.api_url)
        for n in range(5):
            client.chat_postMessage(channel=INCIDENTS, text=str(n))
        answer = refusal(client.chat_postMessage, channel=INCIDENTS, text="too soon")
        assert (answer.status_code, answer["error"], answer.headers["retry-after"]) == (429, "ratelimited", "1")
        assert refusal(client.chat_postMessage, channel="ethixai-incidents", text="by name").status_code == 429
        assert client.chat_postMessage(channel="general", text="elsewhere")["ok"]
        clock.now += 1
        assert client.chat_postMessage(channel=INCIDENTS, text="in time")["ok"]


def test_a_fault_answers_with_a_status_and_the_client_may_try_again(client, lead):
    lead.fault(method="chat.postMessage", status=429, retry_after=0)
    client.retry_handlers.append(RateLimitErrorRetryHandler(max_retry_count=1))
    assert client.chat_postMessage(channel=INCIDENTS, text="x")["ok"]
    lead.fault(method="chat.update", status=503)
    assert refusal(client.chat_update, channel=INCIDENTS, ts="1.0", text="x").status_code == 503


def test_a_fault_drops_the_answer_after_the_work(client, lead):
    lead.fault(method="chat.postMessage", drop_answer=True)
    with pytest.raises(ConnectionError):
        client.chat_postMessage(channel=INCIDENTS, text="once")
    assert [one["text"] for one in lead.sees()] == ["once"]


def test_a_fault_answers_with_an_error_before_or_after_the_work(client, lead):
    lead.fault(method="chat.postMessage", error="fatal_error")
    assert refusal(client.chat_postMessage, channel=INCIDENTS, text="a")["error"] == "fatal_error"
    assert lead.sees() == []
    lead.fault(method="chat.postMessage", error="internal_error", after=True)
    assert refusal(client.chat_postMessage, channel=INCIDENTS, text="b")["error"] == "internal_error"
    assert [one["text"] for one in lead.sees()] == ["b"]


def test_a_fault_delays_the_answer(slack, lead):
    lead.fault(method="chat.postMessage", delay_s=0.4)
    hasty = WebClient(slack.bot_token, base_url=slack.api_url, timeout=0.1, retry_handlers=[])
    hasty.timeout = 0.1
    with pytest.raises(TimeoutError):
        hasty.chat_postMessage(channel=INCIDENTS, text="late")
    assert [one["text"] for one in lead.sees()] == ["late"]


def test_a_fault_does_the_work_after_the_client_has_given_up(slack, lead):
    lead.fault(method="chat.postMessage", delay_s=0.4, lands_late=True)
    hasty = WebClient(slack.bot_token, base_url=slack.api_url, timeout=0.1, retry_handlers=[])
    with pytest.raises(TimeoutError):
        hasty.chat_postMessage(channel=INCIDENTS, text="late")
    assert lead.sees() == []
    wait_for(lambda: [one["text"] for one in lead.sees()] == ["late"])


def test_a_fault_answers_with_what_is_no_json(client, lead):
    lead.fault(method="chat.postMessage", body="<html>")
    with pytest.raises((SlackRequestError, SlackApiError)):
        client.chat_postMessage(channel=INCIDENTS, text="x")
    assert [one["text"] for one in lead.sees()] == ["x"]


def test_a_fault_meets_its_share_of_the_calls(slack, client, lead):
    lead.fault(method="chat.postMessage", error="fatal_error", share=0.2, times=1000)
    for _ in range(100):
        with contextlib.suppress(SlackApiError):
            client.chat_postMessage(channel=INCIDENTS, text="x")
    assert 5 < slack.faults.given < 40
    assert len(lead.sees()) == 100 - slack.faults.given


def test_blocks_and_elements_get_ids(client):
    anonymous = {"type": "button", "text": plain("Go")}
    shown = client.chat_postMessage(channel=INCIDENTS, text="x", blocks=[actions(anonymous), {"type": "divider"}])[
        "message"
    ]
    assert all(block["block_id"] for block in shown["blocks"])
    assert shown["blocks"][0]["elements"][0]["action_id"]
    assert button("named")["action_id"] == "named"
    assert mrkdwn("x")["type"] == "mrkdwn"
