"""The payloads of interactions, as Slack documents them."""

from bot.localslack.api.conversations import told
from bot.localslack.api.views import shown
from bot.localslack.kit.values import state
from bot.localslack.people import BY_ID
from bot.localslack.records import Channel, Json, Message, View
from bot.localslack.workspace import APP, TEAM, VERIFICATION, Workspace


def base(kind: str, user: str) -> Json:
    """Return what every interaction carries."""
    team = {"id": TEAM["id"], "domain": TEAM["domain"]}
    app = {"api_app_id": APP, "token": VERIFICATION, "is_enterprise_install": False, "enterprise": None}
    return {"type": kind, "team": team, "user": person(user), **app}


def person(user: str) -> Json:
    """Return the user object of an interaction."""
    handle = BY_ID[user].handle
    return {"id": user, "username": handle, "name": handle, "team_id": TEAM["id"]}


def message_actions(workspace: Workspace, user: str, channel: Channel, message: Message, action: Json) -> Json:
    """Return `block_actions` of a message."""
    is_ephemeral = message.only_for is not None
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": is_ephemeral,
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    body = told(channel, message, message.shown(workspace.files, metadata=True))
    return {
        **base("block_actions", user),
        "container": container,
        "trigger_id": workspace.new_trigger(user),
        "channel": {"id": channel.id, "name": channel.name or "directmessage"},
        **({} if is_ephemeral else {"message": body}),
        "state": {"values": state(message.blocks, message.entered.get(user, {}))},
        "response_url": workspace.new_response_url("actions", user, channel.id, message),
        "actions": [timed(workspace, action)],
    }


def view_actions(workspace: Workspace, view: View, action: Json) -> Json:
    """Return `block_actions` of a modal or App Home."""
    return {
        **base("block_actions", view.user),
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": workspace.new_trigger(view.user),
        "view": shown(workspace, view),
        "actions": [timed(workspace, action)],
    }


def view_submission(workspace: Workspace, view: View) -> Json:
    """Return `view_submission`."""
    trigger = workspace.new_trigger(view.user)
    return {
        **base("view_submission", view.user),
        "trigger_id": trigger,
        "view": shown(workspace, view),
        "response_urls": [],
    }


def view_closed(workspace: Workspace, view: View, *, is_cleared: bool) -> Json:
    """Return `view_closed`."""
    return {**base("view_closed", view.user), "view": shown(workspace, view), "is_cleared": is_cleared}


def global_shortcut(workspace: Workspace, user: str, callback_id: str) -> Json:
    """Return the payload of a global shortcut."""
    ids = {"callback_id": callback_id, "trigger_id": workspace.new_trigger(user), "action_ts": workspace.new_ts()}
    return {**base("shortcut", user), **ids}


def message_shortcut(workspace: Workspace, user: str, callback_id: str, message: Message) -> Json:
    """Return the payload of a shortcut on a message."""
    channel = workspace.channels[message.channel]
    ids = {"callback_id": callback_id, "trigger_id": workspace.new_trigger(user), "action_ts": workspace.new_ts()}
    return {
        **base("message_action", user),
        **ids,
        "message_ts": message.ts,
        "channel": {"id": channel.id, "name": channel.name or "directmessage"},
        "message": message.shown(workspace.files, metadata=True),
        "response_url": workspace.new_response_url("app", user, channel.id, message),
    }


def slash_command(workspace: Workspace, user: str, channel: Channel, command: str, text: str) -> Json:
    """Return the form of a slash command."""
    return {
        "token": VERIFICATION,
        "team_id": TEAM["id"],
        "team_domain": TEAM["domain"],
        "channel_id": channel.id,
        "channel_name": channel.name or "directmessage",
        "user_id": user,
        "user_name": BY_ID[user].handle,
        "command": command,
        "text": text,
        "api_app_id": APP,
        "is_enterprise_install": "false",
        "response_url": workspace.new_response_url("commands", user, channel.id),
        "trigger_id": workspace.new_trigger(user),
    }


def home_opened(workspace: Workspace, user: str, tab: str) -> Json:
    """Return the event of a person who opens the app's home or messages tab."""
    event: Json = {"type": "app_home_opened", "user": user, "channel": workspace.direct(user).id, "tab": tab}
    home = workspace.homes.get(user)
    return event | ({"view": shown(workspace, workspace.views[home])} if home and tab == "home" else {})


def timed(workspace: Workspace, action: Json) -> Json:
    """Return the action with its time."""
    return action | {"action_ts": workspace.new_ts()}
