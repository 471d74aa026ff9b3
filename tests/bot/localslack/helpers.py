"""What the tests of the workspace share: a manifest, a clock, blocks, a person, a Bolt app; no long waits."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from bot.localslack import LocalSlack

SCOPES = [
    "app_mentions:read",
    "bookmarks:write",
    "channels:history",
    "channels:join",
    "channels:manage",
    "channels:read",
    "chat:write",
    "commands",
    "files:read",
    "files:write",
    "groups:history",
    "groups:read",
    "groups:write",
    "im:history",
    "im:write",
    "pins:write",
    "reactions:write",
    "team:read",
    "usergroups:read",
    "users:read",
    "users:read.email",
]
MANIFEST = {
    "display_information": {"name": "EthixAI Incidents"},
    "features": {
        "bot_user": {"display_name": "EthixAI Incidents"},
        "app_home": {"home_tab_enabled": True, "messages_tab_enabled": True},
        "slash_commands": [{"command": "/ethix", "description": "Incidents", "usage_hint": "help"}],
        "shortcuts": [
            {"name": "Report", "type": "global", "callback_id": "report", "description": "Report"},
            {"name": "Attach", "type": "message", "callback_id": "attach", "description": "Attach"},
        ],
    },
    "oauth_config": {"scopes": {"bot": SCOPES}},
    "settings": {
        "event_subscriptions": {
            "bot_events": ["app_mention", "message.im", "app_home_opened", "member_joined_channel"]
        },
        "interactivity": {"is_enabled": True},
        "socket_mode_enabled": True,
    },
}


INCIDENTS = "C0INCIDENT"
HTTP = httpx.Client(trust_env=False, timeout=20)


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}


def button(action_id: str = "go", **more: Any) -> dict[str, Any]:
    return {"type": "button", "action_id": action_id, "text": plain("Go"), **more}


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements or [button()])}


def asked(block_id: str, action_id: str, **more: Any) -> dict[str, Any]:
    element = {"type": "plain_text_input", "action_id": action_id}
    return {"type": "input", "block_id": block_id, "label": plain("Why"), "element": element, **more}


def modal(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "type": "modal",
        "title": plain("T"),
        "submit": plain("OK"),
        "callback_id": "m",
        "blocks": list(blocks),
        **more,
    }


def post(client: WebClient, *blocks: dict[str, Any]) -> str:
    """Return the timestamp of a new message with a button, or with the blocks."""
    sent = client.chat_postMessage(channel=INCIDENTS, text="alert", blocks=list(blocks) or [actions()])
    return str(sent["ts"])


def press(lead: "Person", ts: str, action_id: str = "go", **more: Any) -> Any:
    """Return what a person sees after a press in the channel of incidents."""
    return lead.do("click", channel="ethixai-incidents", ts=ts, action_id=action_id, **{"wait_s": 2.0, **more})


def wait_for(is_so: Callable[[], Any], seconds: float = 20.0) -> Any:
    """Return what came to be."""
    end = time.monotonic() + seconds
    while not (found := is_so()):
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.005)
    return found


@dataclass
class Person:
    """Someone at the page, by way of `/_local`."""

    slack: LocalSlack
    handle: str = "ml_lead"

    def do(self, path: str, **body: Any) -> Any:
        return self.ask(path, user=self.handle, **body)

    def ask(self, path: str, **body: Any) -> Any:
        return HTTP.post(f"{self.slack.url}/_local/{path}", json=body).json()

    def sees(self, channel: str = "ethixai-incidents") -> list[dict[str, Any]]:
        asked = {"channel": channel, "user": self.handle}
        return HTTP.get(f"{self.slack.url}/_local/messages", params=asked).json()["messages"]

    def fault(self, **body: Any) -> None:
        assert self.ask("fault", **body)["ok"]


@dataclass
class Bolted:
    """A real Bolt app that is connected by Socket Mode."""

    slack: LocalSlack
    app: App
    handlers: list[SocketModeHandler] = field(default_factory=list)

    def connect(self) -> SocketModeHandler:
        client = self.app.client
        handler = SocketModeHandler(self.app, self.slack.app_token, web_client=client, ping_interval=1)
        handler.connect()
        self.handlers.append(handler)
        wait_for(lambda: len(self.slack.sockets.connections) >= len(self.handlers))
        return handler
