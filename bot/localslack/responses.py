"""Answers to an interaction: by `response_url`, or in the acknowledgement of a command."""

from typing import Any

from bot.localslack.api import chat
from bot.localslack.errors import SlackError
from bot.localslack.records import Channel, Json, Message, ResponseUrl
from bot.localslack.workspace import BOT_USER, Workspace

MOST_USES = 5


def respond(workspace: Workspace, id: str, body: Json) -> None:
    """Do what the app answers to an interaction; `used_url`, `expired_url`, `no_text`, `invalid_blocks`."""
    response = workspace.responses.get(id)
    if response is None or workspace.clock() > response.until:
        raise SlackError("expired_url")
    if response.used >= MOST_USES:
        raise SlackError("used_url")
    channel = workspace.channels[response.channel]
    original = _original(channel, response)
    if body.get("delete_original"):
        _delete(workspace, channel, original)
    elif body.get("replace_original") and original is not None:
        chat.change(workspace, original, _content(workspace, body))
    else:
        say(workspace, response, body)
    response.used += 1


def say(workspace: Workspace, response: ResponseUrl, body: Json) -> Message:
    """Return a new message of the app: for one person, unless it is for the whole channel."""
    message = Message(
        response.channel,
        workspace.new_ts(),
        BOT_USER,
        thread_ts=body.get("thread_ts") or response.thread_ts,
        bot=chat.author(workspace),
        only_for=None if body.get("response_type") == "in_channel" else response.user,
        **_content(workspace, body),
    )
    return workspace.post(message)


def _content(workspace: Workspace, body: Json) -> Json:
    text: Any = body.get("text") or ""
    blocks, attached = body.get("blocks") or [], body.get("attachments") or []
    if not (text or blocks or attached):
        raise SlackError("no_text")
    return chat.checked(workspace, text, blocks, attached)


def _original(channel: Channel, response: ResponseUrl) -> Message | None:
    if response.ts is None:
        return None
    whispered = (one for one in channel.whispers if one.ts == response.ts and one.only_for == response.user)
    return channel.messages.get(response.ts) or next(whispered, None)


def _delete(workspace: Workspace, channel: Channel, original: Message | None) -> None:
    if original is None:
        return
    if original.only_for:
        channel.whispers.remove(original)
        workspace.changed()
    else:
        chat.remove(workspace, channel, original)
