"""The manifest is what the code listens to and calls; nothing more is asked for, nothing is missing."""

import ast
from pathlib import Path

from bot.slack import events
from bot.slack.commands import COMMAND, COMMANDS
from bot.slack.manifest import EVENTS, SCOPES, manifest

SLACK = Path(__file__).resolve().parents[2] / "bot/slack"
# Slack's pages of these methods: the scope each needs.
NEEDS = {
    "auth_test": set(), "chat_postMessage": {"chat:write"}, "chat_update": {"chat:write"},
    "chat_delete": {"chat:write"}, "chat_getPermalink": set(),
    "conversations_archive": {"channels:manage", "groups:write"},
    "conversations_create": {"channels:manage", "groups:write"},
    "conversations_invite": {"channels:manage", "groups:write"}, "conversations_open": {"im:write"},
    "conversations_setTopic": {"channels:manage", "groups:write"},
    "bookmarks_add": {"bookmarks:write"}, "bookmarks_list": {"bookmarks:read"},
    "conversations_join": {"channels:join"}, "conversations_list": {"channels:read", "groups:read"},
    "conversations_history": {"channels:history", "groups:history"},
    "conversations_replies": {"channels:history", "groups:history"},
    "files_getUploadURLExternal": {"files:write"}, "files_completeUploadExternal": {"files:write"},
    "files_info": {"files:read"}, "users_info": {"users:read"}, "users_list": {"users:read", "users:read.email"},
    "usergroups_list": {"usergroups:read"},
    "views_open": set(), "views_publish": set(), "views_update": set(),
}  # fmt: skip


def calls() -> set[str]:
    trees = [ast.parse(path.read_text()) for path in SLACK.glob("*.py")]
    attributes = {node.attr for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return {name for name in attributes if name.split("_")[0] in
            {"chat", "conversations", "files", "users", "views", "auth", "reactions", "pins", "team", "usergroups",
             "bookmarks"}
            and "_" in name and name != "users_select"}  # fmt: skip


def test_every_call_has_its_scope():
    unknown = calls() - set(NEEDS)
    assert not unknown, "a new call: name its scope here"
    assert set().union(*(NEEDS[name] for name in calls())) <= set(SCOPES)


def test_every_event_is_handled_and_asked_for():
    assert set(EVENTS.values()) == set(events.HANDLERS)
    assert manifest()["settings"]["event_subscriptions"]["bot_events"] == sorted(EVENTS)


def test_the_command_and_its_hint_name_every_subcommand():
    command = manifest()["features"]["slash_commands"][0]
    assert command["command"] == COMMAND
    assert all(name in command["usage_hint"] for name in COMMANDS)
    assert len(command["usage_hint"]) <= 1_000


def test_slacks_own_limits_of_a_manifest_are_kept():
    made = manifest()
    assert len(made["display_information"]["name"]) <= 35
    assert len(made["display_information"]["description"]) <= 140
    assert len(made["features"]["bot_user"]["display_name"]) <= 80


def test_with_a_request_url_slack_delivers_there():
    made = manifest("https://bot.example/slack/events")
    assert not made["settings"]["socket_mode_enabled"]
    assert made["features"]["slash_commands"][0]["url"] == "https://bot.example/slack/events"
