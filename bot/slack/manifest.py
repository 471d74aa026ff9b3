"""The Slack app manifest, made from what the code listens to; a test fails where they differ."""

from typing import Any

from bot.slack.commands import COMMAND, COMMANDS
from bot.slack.reporting import SHORTCUTS

# The one list of scopes; each with the calls that need it.
SCOPES = {
    "app_mentions:read": "a mention is answered like the command",
    "bookmarks:read": "sees which bookmarks an incident's own channel has",
    "bookmarks:write": "bookmarks of an incident's own channel",
    "channels:history": "looks for a post whose answer was lost",
    "channels:join": "joins a public channel it is to post in",
    "channels:manage": "opens an incident's own channel",
    "channels:read": "finds channels by name",
    "chat:write": "posts and edits its messages",
    "commands": COMMAND,
    "files:read": "waits until an uploaded chart is ready",
    "files:write": "uploads charts and evidence",
    "groups:history": "the same in private channels",
    "groups:read": "finds private channels by name",
    "groups:write": "opens a private incident channel",
    "im:history": "a direct message is answered like the command",
    "im:write": "tells a person directly",
    "pins:write": "pins the incident's message",
    "reactions:write": "marks a message it has seen",
    "team:read": "names the workspace in `doctor`",
    "usergroups:read": "roles held by user groups",
    "users:read": "names of people",
    "users:read.email": "roles named by e-mail address",
}
# event → the type under which `bot.slack.events` handles it; None: not worked on yet, kept for roles by user group
EVENTS = {
    "app_home_opened": "app_home_opened",
    "app_mention": "app_mention",
    "message.im": "message",
    "subteam_created": "subteam_created",
    "subteam_members_changed": "subteam_members_changed",
    "subteam_updated": "subteam_updated",
    "user_change": "user_change",
}


def manifest(request_url: str | None = None) -> dict[str, Any]:
    """Return the manifest: Socket Mode by default, HTTP delivery where a request URL is given."""
    usage = "help | " + " | ".join(command.usage for command in COMMANDS.values() if command.name != "help")
    command: dict[str, Any] = {
        "command": COMMAND,
        "description": "Incidents of AI models: status, checks, alerts",
        "usage_hint": usage,
        "should_escape": False,
    }
    events: dict[str, Any] = {"bot_events": sorted(EVENTS)}
    interactivity: dict[str, Any] = {"is_enabled": True}
    if request_url:
        command["url"] = events["request_url"] = interactivity["request_url"] = request_url
    return {
        "display_information": {
            "name": "EthixAI Incidents",
            "description": "Watches deployed models, raises one alert a cause, and lets people act from the message.",
            "background_color": "#2f3e4e",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "EthixAI Incidents", "always_online": True},
            "slash_commands": [command],
            "shortcuts": [
                {"name": name, "type": where, "callback_id": id, "description": does}
                for id, (name, where, does) in SHORTCUTS.items()
            ],
        },
        "oauth_config": {"scopes": {"bot": sorted(SCOPES)}},
        "settings": {
            "event_subscriptions": events,
            "interactivity": interactivity,
            "org_deploy_enabled": False,
            "socket_mode_enabled": request_url is None,
            "token_rotation_enabled": False,
        },
    }
