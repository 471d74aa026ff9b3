"""What one person sees, as JSON: the state of the workspace, a channel, a thread."""

from pydantic import BaseModel, ConfigDict

from bot.localslack.gestures import Gestures
from bot.localslack.people import BY_ID, PEOPLE, Person
from bot.localslack.records import Channel, Json, Message
from bot.localslack.workspace import BOT_USER, TEAM, Workspace


class Read(BaseModel):
    """A channel that a person has read to its end."""

    model_config = ConfigDict(extra="forbid")

    user: str
    channel: str


def person(one: Person) -> Json:
    """Return who somebody is."""
    return {"id": one.id, "handle": one.handle, "name": one.name, "title": one.title}


def state(gestures: Gestures, reader: str) -> Json:
    """Return all that is not messages: channels with unread counts, open views, App Home, commands."""
    workspace, manifest = gestures.workspace, gestures.workspace.manifest
    home = workspace.homes.get(reader)
    workspace.direct(reader)
    return {
        "version": workspace.version,
        "team": TEAM,
        "bot": {"id": BOT_USER, "name": manifest.bot_name},
        "me": person(BY_ID[reader]),
        "people": [person(one) for one in PEOPLE.values()],
        "channels": [place(one, reader) for one in workspace.channels.values() if is_shown(one, reader)],
        "commands": [
            {"name": one.name, "description": one.description, "usage_hint": one.usage_hint}
            for one in manifest.commands
        ],
        "shortcuts": [
            {"name": one.name, "type": one.kind, "callback_id": one.callback_id, "description": one.description}
            for one in manifest.shortcuts
        ],
        "home": gestures.shown(workspace.views[home]) if home else None,
        "views": [gestures.shown(workspace.views[id]) for id in workspace.stacks.get(reader, [])],
        "app_connected": gestures.delivery.transport.is_connected,
    }


def is_shown(channel: Channel, reader: str) -> bool:
    """Return whether the channel stands in the person's list."""
    return reader in channel.members


def place(channel: Channel, reader: str) -> Json:
    """Return a channel as the list shows it to the person."""
    read = float(channel.read.get(reader, "0"))
    fresh = [m for m in channel.messages.values() if not m.in_thread and m.user != reader and float(m.ts) > read]
    return {
        "id": channel.id,
        "name": channel.name,
        "kind": channel.kind,
        "topic": channel.topic,
        "purpose": channel.purpose,
        "is_member": reader in channel.members,
        "unread": len(fresh),
        "last_ts": next(reversed(channel.messages), None),
    }


def messages(workspace: Workspace, channel: Channel, reader: str) -> list[Json]:
    """Return what stands in the channel for the person, oldest first; replies only as a count."""
    heard = [m for m in channel.messages.values() if not m.in_thread or m.broadcast]
    heard += [m for m in channel.whispers if m.only_for == reader and not m.in_thread]
    return [row(workspace, channel, m) for m in sorted(heard, key=lambda m: float(m.ts))]


def thread(workspace: Workspace, channel: Channel, head: Message, reader: str) -> Json:
    """Return a thread: its head and its replies."""
    heard = channel.replies(head.ts)
    heard += [m for m in channel.whispers if m.only_for == reader and m.thread_ts == head.ts]
    ordered = sorted(heard, key=lambda m: float(m.ts))
    return {"head": row(workspace, channel, head), "replies": [row(workspace, channel, m) for m in ordered]}


def row(workspace: Workspace, channel: Channel, message: Message) -> Json:
    """Return a message as the page draws it."""
    is_bot = message.bot is not None or message.user == BOT_USER
    author = BY_ID.get(message.user)
    replies = channel.replies(message.ts)
    body = message.shown(workspace.files, metadata=True)
    return body | {
        "name": author.name if author else (workspace.manifest.bot_name if is_bot else "Slackbot"),
        "is_bot": is_bot or author is None,
        "blocks": message.blocks,
        "attachments": message.attachments,
        "files": [{"id": id, **_file(workspace, id)} for id in message.files],
        "edited": bool(message.edited),
        "ephemeral": message.only_for is not None,
        "reply_count": len(replies),
        "reply_users": list(dict.fromkeys(reply.user for reply in replies)),
        "latest_reply": replies[-1].ts if replies else None,
    }


def _file(workspace: Workspace, id: str) -> Json:
    file = workspace.files[id]
    return {"name": file.name, "mimetype": file.mimetype, "size": file.size, "url": f"/_page/file/{id}"}
