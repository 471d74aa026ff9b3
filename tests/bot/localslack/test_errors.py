"""Slack's documented errors: a table of calls, each refused with its code, and nothing said or changed by them."""

from collections.abc import Iterator

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.localslack import LocalSlack
from tests.bot.localslack.helpers import MANIFEST, asked, modal

INCIDENTS, GENERAL, LEAD = "C0INCIDENT", "C0GENERAL1", "U0MLLEAD01"
HOME = {"type": "home", "blocks": []}
PICTURE = {"type": "image", "slack_file": {"id": "F0NONE"}, "alt_text": "x"}
LINK = {"channel_id": INCIDENTS, "title": "x"}

# (method, arguments, error); `$own`, `$theirs`, `$reply`, `$old`, `$secret`, `$away`, `$trigger` are made below
ERRORS = [
    ("chat.postMessage", {"channel": "C0NOWHERE", "text": "x"}, "channel_not_found"),
    ("chat.postMessage", {"channel": "$secret", "text": "x"}, "channel_not_found"),
    ("chat.postMessage", {"channel": "$away", "text": "x"}, "not_in_channel"),
    ("chat.postMessage", {"channel": "$old", "text": "x"}, "is_archived"),
    ("chat.postMessage", {"channel": GENERAL}, "no_text"),
    ("chat.postMessage", {"text": "x"}, "invalid_arguments"),
    ("chat.postMessage", {"channel": GENERAL, "blocks": "{"}, "invalid_blocks_format"),
    ("chat.postMessage", {"channel": GENERAL, "blocks": [PICTURE], "text": "x"}, "invalid_blocks"),
    ("chat.postMessage", {"channel": GENERAL, "text": "x", "metadata": "{"}, "invalid_metadata_format"),
    ("chat.postMessage", {"channel": GENERAL, "text": "x", "metadata": {"event_type": 1}}, "invalid_metadata_schema"),
    ("chat.postMessage", {"channel": GENERAL, "text": "x", "markdown_text": "y"}, "markdown_text_conflict"),
    ("chat.postMessage", {"channel": GENERAL, "attachments": [{}] * 101}, "too_many_attachments"),
    ("chat.postMessage", {"channel": GENERAL, "text": "x", "thread_ts": "1.2"}, "thread_not_found"),
    ("chat.postEphemeral", {"channel": GENERAL, "user": "U0NOBODY", "text": "x"}, "user_not_in_channel"),
    ("chat.update", {"channel": GENERAL, "ts": "1.0", "text": "x"}, "message_not_found"),
    ("chat.update", {"channel": GENERAL, "ts": "$theirs", "text": "x"}, "cant_update_message"),
    ("chat.update", {"channel": GENERAL, "ts": "$own", "text": "x" * 4001}, "msg_too_long"),
    ("chat.update", {"channel": "$old", "ts": "$reply", "text": "x"}, "is_inactive"),
    ("chat.delete", {"channel": GENERAL, "ts": "$theirs"}, "cant_delete_message"),
    ("chat.getPermalink", {"channel": GENERAL, "message_ts": "1.0"}, "message_not_found"),
    ("views.open", {"trigger_id": "1.2.3", "view": modal()}, "invalid_trigger_id"),
    ("views.open", {"trigger_id": "$trigger", "view": modal(PICTURE)}, "invalid_arguments"),
    ("views.open", {"trigger_id": "$trigger", "view": HOME}, "invalid_arguments"),
    ("views.open", {"trigger_id": "$trigger"}, "invalid_arguments"),
    ("views.push", {"trigger_id": "$trigger", "view": modal()}, "not_found"),
    ("views.update", {"view_id": "V0NONE", "view": modal()}, "not_found"),
    ("views.publish", {"user_id": "U0NOBODY", "view": HOME}, "user_not_found"),
    ("conversations.info", {"channel": "C0NOWHERE"}, "channel_not_found"),
    ("conversations.list", {"types": "clubs"}, "invalid_types"),
    ("conversations.list", {"cursor": "x"}, "invalid_cursor"),
    ("conversations.create", {"name": "general"}, "name_taken"),
    ("conversations.create", {"name": "Not Allowed"}, "invalid_name_specials"),
    ("conversations.create", {"name": "x" * 81}, "invalid_name_maxlength"),
    ("conversations.invite", {"channel": GENERAL, "users": LEAD}, "already_in_channel"),
    ("conversations.invite", {"channel": GENERAL, "users": "U0NOBODY"}, "user_not_found"),
    ("conversations.invite", {"channel": GENERAL, "users": "U0ETHIXBOT"}, "cant_invite_self"),
    ("conversations.invite", {"channel": "$old", "users": LEAD}, "is_archived"),
    ("conversations.join", {"channel": "$old"}, "is_archived"),
    ("conversations.setTopic", {"channel": "$old", "topic": "x"}, "is_archived"),
    ("conversations.setTopic", {"channel": GENERAL, "topic": "x" * 251}, "too_long"),
    ("conversations.archive", {"channel": "$old"}, "already_archived"),
    ("conversations.archive", {"channel": GENERAL}, "cant_archive_general"),
    ("conversations.history", {"channel": "$away"}, "not_in_channel"),
    ("conversations.history", {"channel": GENERAL, "oldest": "x"}, "invalid_ts_oldest"),
    ("conversations.replies", {"channel": GENERAL, "ts": "1.0"}, "thread_not_found"),
    ("users.info", {"user": "U0NOBODY"}, "user_not_found"),
    ("users.lookupByEmail", {"email": "no@ethixai.local"}, "users_not_found"),
    ("usergroups.users.list", {"usergroup": "S0NONE"}, "no_such_subteam"),
    ("files.info", {"file": "F0NONE"}, "file_not_found"),
    ("files.info", {"file": "$unfinished"}, "file_not_found"),
    ("files.completeUploadExternal", {"files": [{"id": "F0NONE"}]}, "file_not_found"),
    ("files.completeUploadExternal", {"files": [None]}, "invalid_arguments"),
    ("files.completeUploadExternal", {"files": [{"id": "x"}], "channel_id": "$old"}, "is_archived"),
    ("files.completeUploadExternal", {"files": [{"id": "x"}], "channel_id": "$away"}, "not_in_channel"),
    ("files.getUploadURLExternal", {"filename": "x"}, "invalid_arguments"),
    ("reactions.add", {"channel": GENERAL, "timestamp": "$own", "name": "eyes"}, "already_reacted"),
    ("reactions.add", {"channel": GENERAL, "timestamp": "$own", "name": "no such!"}, "invalid_name"),
    ("reactions.add", {"channel": GENERAL, "timestamp": "1.0", "name": "eyes"}, "message_not_found"),
    ("reactions.remove", {"channel": GENERAL, "timestamp": "$own", "name": "wave"}, "no_reaction"),
    ("pins.add", {"channel": GENERAL, "timestamp": "$own"}, "already_pinned"),
    ("bookmarks.add", {**LINK, "type": "folder", "link": "https://x"}, "invalid_bookmark_type"),
    ("bookmarks.add", {**LINK, "type": "link", "link": "x"}, "invalid_link"),
    ("chat.scheduleMessage", {"channel": GENERAL, "text": "x", "post_at": 1}, "unknown_method"),
]


@pytest.fixture(scope="module")
def slack() -> Iterator[LocalSlack]:
    with LocalSlack(MANIFEST) as workspace:
        yield workspace


@pytest.fixture(scope="module")
def client(slack) -> WebClient:
    return WebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[])


@pytest.fixture(scope="module")
def made(slack, client) -> dict[str, str]:
    workspace = slack.workspace
    old = client.conversations_create(name="old")["channel"]["id"]
    reply = client.chat_postMessage(channel=old, text="x")["ts"]
    client.conversations_archive(channel=old)
    own = client.chat_postMessage(channel=GENERAL, text="mine")["ts"]
    client.reactions_add(channel=GENERAL, timestamp=own, name="eyes")
    client.pins_add(channel=GENERAL, timestamp=own)
    return {
        "$own": own,
        "$theirs": slack.gestures.say(LEAD, workspace.channel("general"), "theirs").ts,
        "$reply": reply,
        "$old": old,
        "$secret": workspace.create("secret", LEAD, private=True).id,
        "$away": workspace.create("away", LEAD, private=False).id,
        "$unfinished": client.files_getUploadURLExternal(filename="a.png", length=3)["file_id"],
    }


@pytest.mark.parametrize("row", ERRORS, ids=[f"{row[0]} {row[2]}" for row in ERRORS])
def test_slack_refuses_the_call(slack, client, made, row):
    method, given, error = row
    made = {**made, "$trigger": slack.workspace.new_trigger(LEAD)}
    sent = {name: made.get(value, value) if isinstance(value, str) else value for name, value in given.items()}
    said = len(slack.workspace.channel(GENERAL).messages)
    with pytest.raises(SlackApiError) as caught:
        client.api_call(method, json=sent)
    assert caught.value.response["error"] == error
    assert len(slack.workspace.channel(GENERAL).messages) == said
    assert slack.workspace.stacks == {}


def test_three_modals_may_lie_on_each_other_and_an_external_id_is_unique(slack, client):
    def trigger():
        return slack.workspace.new_trigger("U0CTOOFF01")

    client.views_open(trigger_id=trigger(), view=modal(external_id="one"))
    for _ in range(2):
        client.views_push(trigger_id=trigger(), view=modal(asked("b", "a")))
    with pytest.raises(SlackApiError, match="push_limit_reached"):
        client.views_push(trigger_id=trigger(), view=modal())
    with pytest.raises(SlackApiError, match="duplicate_external_id"):
        client.views_open(trigger_id=slack.workspace.new_trigger("U0CEOOFF01"), view=modal(external_id="one"))
    slack.workspace.stacks.clear()


def test_what_the_manifest_turns_off_is_refused():
    features = {**MANIFEST["features"], "app_home": {"home_tab_enabled": False, "messages_tab_enabled": False}}
    with LocalSlack({**MANIFEST, "features": features}) as slack:
        client = WebClient(slack.bot_token, base_url=slack.api_url)
        with pytest.raises(SlackApiError, match="not_enabled"):
            client.views_publish(user_id=LEAD, view=HOME)
        with pytest.raises(SlackApiError, match="messages_tab_disabled"):
            client.chat_postMessage(channel=LEAD, text="x")
