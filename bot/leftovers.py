"""Reads back from Slack what the bot posted since a moment: a restored database may know nothing of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from slack_sdk.errors import SlackApiError, SlackClientError

from analysis.errors import BadInput
from analysis.policy import Policy
from bot.anchors import pages, reader
from bot.settings import Settings

Place = tuple[str, str]  # a channel's id, and the ts of a message that has a thread


@dataclass(frozen=True)
class Posted:
    """A message of ours: where it stands, and the key that it carries."""

    channel: str
    ts: str
    key: str


def posted(settings: Settings, policy: Policy, since: datetime, threads: Sequence[Place]) -> list[Posted]:
    """Return what the bot posted since then in the policy's channels and in these threads; raise BadInput."""
    client = reader(settings)
    try:
        own, oldest = client.auth_test()["bot_id"], f"{since.timestamp():.6f}"
        names = {one["id"]: one["name"] for one in pages(client.conversations_list, "channels")}
        ids = [id for id, name in names.items() if name in _channels(policy)]
        found: dict[tuple[str, str], Posted] = {}
        places = list(threads)
        for id in ids:
            for message in _said(client.conversations_history, own, channel=id, oldest=oldest):
                found[id, message["ts"]] = _posted(names[id], message)
                places += [(id, message["ts"])] if message.get("reply_count") else []
        for id, ts in dict.fromkeys(places):
            for message in _said(client.conversations_replies, own, channel=id, ts=ts, oldest=oldest):
                if float(message["ts"]) >= since.timestamp():  # Slack gives a thread's first message whatever its time
                    found[id, message["ts"]] = _posted(names.get(id, id), message)
    except SlackApiError as error:
        raise BadInput("slack", f"Slack answers {error.response.get('error')}.") from None
    except (SlackClientError, OSError) as error:
        raise BadInput("SLACK_API_URL", f"{settings.slack_api_url} cannot be reached ({error}).") from None
    return sorted(found.values(), key=lambda one: float(one.ts))


def _channels(policy: Policy) -> set[str | None]:
    routes = policy.routes.values()
    told = {route.channel for route in routes} | {name for route in routes for name in route.linked_in}
    digests = {digest.channel for digest in policy.digests}
    return told | digests | {policy.engineering, policy.audit_channel, policy.fallback_channel}


def _said(call: Any, own: str, **where: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401
    for message in pages(call, "messages", include_all_metadata=True, **where):
        if message.get("bot_id") == own and _key(message):
            yield message


def _posted(channel: str, message: dict[str, Any]) -> Posted:
    return Posted(channel, str(message["ts"]), _key(message))


def _key(message: dict[str, Any]) -> str:
    return str(((message.get("metadata") or {}).get("event_payload") or {}).get("key") or "")
