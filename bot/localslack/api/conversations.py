"""Conversations: find, create, invite, join, read."""

import re

from bot.localslack.api.call import FAMILY, Call, page
from bot.localslack.errors import SlackError
from bot.localslack.people import BY_ID
from bot.localslack.records import Channel, Json, Message
from bot.localslack.workspace import BOT_USER

KINDS = {"public_channel": "public", "private_channel": "private", "im": "im", "mpim": "mpim"}


def list_all(call: Call) -> Json:
    """Return the conversations of the asked kinds, a page at a time; private ones only where the bot is."""
    wanted = {KINDS.get(one) for one in call.text("types", "public_channel").split(",")}
    if None in wanted:
        raise SlackError("invalid_types")
    for kind in wanted & FAMILY.keys():
        call.require((f"{FAMILY[str(kind)]}read",))
    rows = [
        channel.shown(BOT_USER)
        for channel in call.workspace.channels.values()
        if channel.kind in wanted
        and (channel.kind == "public" or BOT_USER in channel.members)
        and not (channel.is_archived and call.flag("exclude_archived"))
    ]
    found, more = page(call, rows)
    return {"channels": found, "response_metadata": more}


def info(call: Call) -> Json:
    """Return one conversation."""
    return {"channel": call.conversation().shown(BOT_USER)}


def create(call: Call) -> Json:
    """Return a new channel with the bot in it; `name_taken`, `invalid_name_specials`, `invalid_name_maxlength`."""
    name, private = call.text("name"), call.flag("is_private")
    call.require(("groups:write",) if private else ("channels:manage",))
    if len(name) > 80:
        raise SlackError("invalid_name_maxlength")
    if not re.fullmatch(r"[a-z0-9_\-]+", name):
        raise SlackError("invalid_name_specials")
    return {"channel": call.workspace.create(name, BOT_USER, private=private).shown(BOT_USER)}


def invite(call: Call) -> Json:
    """Return the channel after people were added; `already_in_channel`, `user_not_found`, `cant_invite_self`."""
    channel = call.open_conversation(as_member=True)
    users = [user for user in call.text("users").split(",") if user]
    for user in users:
        if user == BOT_USER:
            raise SlackError("cant_invite_self")
        if user not in BY_ID:
            raise SlackError("user_not_found")
        if user in channel.members:
            raise SlackError("already_in_channel")
    for user in users:
        call.workspace.join(channel, user, BOT_USER)
    return {"channel": channel.shown(BOT_USER)}


def join(call: Call) -> Json:
    """Return the public channel that the bot is now in."""
    channel = call.open_conversation()
    if channel.kind != "public":
        raise SlackError("method_not_supported_for_channel_type")
    if BOT_USER in channel.members:
        return {"channel": channel.shown(BOT_USER), "warning": "already_in_channel"}
    call.workspace.join(channel, BOT_USER, None)
    return {"channel": channel.shown(BOT_USER)}


def members(call: Call) -> Json:
    """Return the ids of the members, a page at a time."""
    rows = [{"id": id} for id in call.conversation().members]
    found, more = page(call, rows)
    return {"members": [row["id"] for row in found], "response_metadata": more}


def open_direct(call: Call) -> Json:
    """Return the direct messages with a person."""
    user = call.text("users")
    if user not in BY_ID:
        raise SlackError("user_not_found")
    return {"channel": call.workspace.direct(user).shown(BOT_USER)}


def set_topic(call: Call) -> Json:
    """Return the channel with its new topic; `too_long` beyond 250 characters."""
    channel = call.open_conversation(as_member=True)
    topic = call.text("topic", "")
    if len(topic) > 250:
        raise SlackError("too_long")
    channel.topic, channel.topic_by = topic, BOT_USER
    call.workspace.changed()
    return {"channel": channel.shown(BOT_USER)}


def archive(call: Call) -> Json:
    """Return nothing more than `ok`; `already_archived`, `cant_archive_general`."""
    channel = call.conversation(as_member=True)
    if channel.is_archived:
        raise SlackError("already_archived")
    if channel.name == "general":
        raise SlackError("cant_archive_general")
    channel.is_archived = True
    call.workspace.changed()
    return {}


def history(call: Call) -> Json:
    """Return the messages of a channel, newest first, replies only where they were sent to the channel too."""
    channel = call.conversation(as_member=True)
    rows = [one for one in channel.messages.values() if not one.in_thread or one.broadcast]
    found, more = page(call, _told(call, channel, _within(call, rows))[::-1], 999)
    return {"messages": found, "has_more": bool(more["next_cursor"]), "response_metadata": more}


def replies(call: Call) -> Json:
    """Return a thread, oldest first, with its head; `thread_not_found`."""
    channel = call.conversation(as_member=True)
    head = channel.messages.get(call.text("ts"))
    if head is None:
        raise SlackError("thread_not_found")
    following = _within(call, channel.replies(head.ts))
    found, more = page(call, _told(call, channel, [head, *following]), 1000)
    return {"messages": found, "has_more": bool(more["next_cursor"]), "response_metadata": more}


def told(channel: Channel, message: Message, body: Json) -> Json:
    """Return a message object with the count of its thread."""
    following = channel.replies(message.ts)
    if not following:
        return body
    users = list(dict.fromkeys(reply.user for reply in following))
    counts = {"reply_count": len(following), "reply_users": users, "reply_users_count": len(users)}
    return body | {"thread_ts": message.ts, **counts, "latest_reply": following[-1].ts}


def _told(call: Call, channel: Channel, rows: list[Message]) -> list[Json]:
    in_full = call.flag("include_all_metadata")
    return [told(channel, one, one.shown(call.workspace.files, metadata=in_full)) for one in rows]


def _within(call: Call, rows: list[Message]) -> list[Message]:
    try:
        oldest, latest = float(call.text("oldest", "0")), float(call.text("latest", "inf"))
    except ValueError:
        raise SlackError("invalid_ts_oldest") from None
    if call.flag("inclusive"):
        return [one for one in rows if oldest <= float(one.ts) <= latest]
    return [one for one in rows if oldest < float(one.ts) < latest]
