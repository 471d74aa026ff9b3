"""Reads checkpoints back from Slack: from the audit channel, and from the metadata of the incidents' messages."""

from collections.abc import Iterator
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from analysis.errors import BadInput
from analysis.policy import Policy
from bot.settings import Settings
from bot.slack import app as slack_app
from storage import checkpoints, notes
from storage.checkpoints import Anchor

PATIENCE = 10  # times that Slack may ask to wait


def reader(settings: Settings) -> WebClient:
    """Return a client that only reads, so that it may repeat itself; raise BadInput where there is no token."""
    token = settings.slack_bot_token
    if token is None:
        raise BadInput("SLACK_BOT_TOKEN", "is missing.", "It is needed to read the channels.")
    client = slack_app.client(token.get_secret_value(), settings.slack_api_url)
    client.retry_handlers.append(RateLimitErrorRetryHandler(max_retry_count=PATIENCE))  # reading twice harms nothing
    return client


def from_slack(settings: Settings, policy: Policy, public: Ed25519PublicKey) -> list[Anchor]:
    """Return the checkpoints in the messages that the bot posted; raise BadInput where there is none."""
    client = reader(settings)
    channels = {policy.audit_channel, *(route.channel for route in policy.routes.values())} - {None}
    try:
        own = client.auth_test()["bot_id"]
        ids = [one["id"] for one in pages(client.conversations_list, "channels") if one["name"] in channels]
        found = [anchor for id in ids for anchor in _in_channel(client, id, own, public)]
    except SlackApiError as error:
        raise BadInput("slack", f"Slack answers {error.response.get('error')}.") from None
    except (SlackClientError, OSError) as error:
        raise BadInput("SLACK_API_URL", f"{settings.slack_api_url} cannot be reached ({error}).") from None
    if not found:
        raise BadInput(
            "slack", f"holds no checkpoint in {', '.join(f'#{name}' for name in sorted(map(str, channels)))}."
        )
    return list(dict.fromkeys(found))


def _in_channel(client: Any, channel: str, own: str, public: Ed25519PublicKey) -> list[Anchor]:  # noqa: ANN401
    found = []
    for message in pages(client.conversations_history, "messages", channel=channel, include_all_metadata=True):
        if message.get("bot_id") == own:
            payload = (message.get("metadata") or {}).get("event_payload") or {}
            carried = str((payload.get("checkpoint") or {}).get("note", ""))
            for text in (carried, str(message.get("text", ""))):
                found += checkpoints.among(notes.find(text)[0], public)
    return found


def pages(call: Any, field: str, **more: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401
    """Give what is on each page of a list of Slack's."""
    cursor: str | None = None
    while True:
        kinds = {"types": "public_channel,private_channel"} if field == "channels" else {}
        page = call(limit=200, cursor=cursor, **kinds, **more)
        yield from page[field]
        cursor = (page.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            return
