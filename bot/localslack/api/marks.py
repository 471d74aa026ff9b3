"""Small marks on messages and channels: reactions, pins, bookmarks."""

from bot.localslack.api.call import Call
from bot.localslack.errors import SlackError
from bot.localslack.records import Json
from bot.localslack.workspace import BOT_USER


def add_reaction(call: Call) -> Json:
    """Return nothing more than `ok`; `already_reacted`, `invalid_name`."""
    name = call.text("name").strip(":")
    channel = call.open_conversation()
    message = call.workspace.message(channel, call.text("timestamp"))
    if not name.replace("_", "").replace("-", "").replace("+", "").isalnum():
        raise SlackError("invalid_name")
    users = message.reactions.setdefault(name, [])
    if BOT_USER in users:
        raise SlackError("already_reacted")
    users.append(BOT_USER)
    call.workspace.changed()
    return {}


def remove_reaction(call: Call) -> Json:
    """Return nothing more than `ok`; `no_reaction`."""
    name = call.text("name").strip(":")
    message = call.workspace.message(call.conversation(), call.text("timestamp"))
    if BOT_USER not in message.reactions.get(name, ()):
        raise SlackError("no_reaction")
    message.reactions[name].remove(BOT_USER)
    if not message.reactions[name]:
        del message.reactions[name]
    call.workspace.changed()
    return {}


def add_pin(call: Call) -> Json:
    """Return nothing more than `ok`; `already_pinned`."""
    channel = call.conversation(as_member=True)
    ts = call.workspace.message(channel, call.text("timestamp")).ts
    if ts in channel.pins:
        raise SlackError("already_pinned")
    channel.pins.append(ts)
    call.workspace.changed()
    return {}


def add_bookmark(call: Call) -> Json:
    """Return the new bookmark; `invalid_bookmark_type`, `invalid_link`."""
    channel = call.workspace.channel(call.text("channel_id"))
    if call.text("type") != "link":
        raise SlackError("invalid_bookmark_type")
    if not call.text("link").startswith(("http://", "https://")):
        raise SlackError("invalid_link")
    now = int(call.workspace.clock())
    bookmark = {
        "id": call.workspace.new_id("Bk"),
        "channel_id": channel.id,
        "title": call.text("title"),
        "link": call.text("link"),
        "emoji": call.text("emoji", ""),
        "type": "link",
        "date_created": now,
        "date_updated": 0,
    }
    channel.bookmarks.append(bookmark)
    call.workspace.changed()
    return {"bookmark": bookmark}


def list_bookmarks(call: Call) -> Json:
    """Return the bookmarks of a channel."""
    return {"bookmarks": call.workspace.channel(call.text("channel_id")).bookmarks}
