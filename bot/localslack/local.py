"""`/_local`: what tests, drills and the page ask of the workspace in place of a person; JSON in, JSON out."""

from collections.abc import Callable

from fastapi import APIRouter

from bot.localslack.api.chat import remove
from bot.localslack.api.conversations import told
from bot.localslack.api.users import group
from bot.localslack.asked import (
    Account,
    Archived,
    Click,
    Close,
    Deleted,
    Disconnect,
    Group,
    Home,
    Read,
    Removed,
    Shortcut,
    Submit,
    Typed,
)
from bot.localslack.delivery import Delivery
from bot.localslack.errors import SlackError
from bot.localslack.faults import Fault, Faults
from bot.localslack.gestures import Gestures, person_id
from bot.localslack.people import BY_ID
from bot.localslack.records import Channel, Json, Message
from bot.localslack.sockets import Sockets
from bot.localslack.workspace import BOT_USER, Workspace

NOTHING: Json = {"blocks": [], "attachments": [], "metadata": None, "edited": None, "reactions": [], "files": []}
SHOWN = ("id", "name", "kind", "topic", "purpose", "members", "pins", "bookmarks", "is_archived")


def router(gestures: Gestures, faults: Faults, sockets: Sockets, reset: Callable[[], None]) -> APIRouter:
    """Return the routes of `/_local`."""
    routes = APIRouter(prefix="/_local")
    _reading(routes, gestures)
    _pressing(routes, gestures)
    _talking(routes, gestures)
    _running(routes, gestures.workspace)
    _breaking(routes, faults, sockets, gestures.delivery)

    @routes.post("/reset")
    def start_again() -> Json:
        reset()
        return {"ok": True}

    return routes


def _reading(routes: APIRouter, gestures: Gestures) -> None:
    workspace = gestures.workspace

    @routes.get("/messages")
    def messages(channel: str, user: str | None = None) -> Json:
        reader = person_id(user) if user else None
        with workspace.lock:
            place = find(workspace, channel, reader)
            return {"ok": True, "channel": place.id, "messages": listed(workspace, place, reader)}

    @routes.get("/views")
    def views(user: str) -> Json:
        with workspace.lock:
            stack = workspace.stacks.get(person_id(user), [])
            return {"ok": True, "views": [gestures.shown(workspace.views[id]) for id in stack]}

    @routes.get("/events")
    def events() -> Json:
        return {"ok": True, "events": list(gestures.delivery.log)}

    @routes.get("/channels")
    def channels() -> Json:
        with workspace.lock:
            rows = [{name: getattr(one, name) for name in SHOWN} for one in workspace.channels.values()]
        return {"ok": True, "channels": rows}

    @routes.post("/read")
    def read(asked: Read) -> Json:
        with workspace.lock:
            place = find(workspace, asked.channel, person_id(asked.user))
            place.read[person_id(asked.user)] = next(reversed(place.messages), "0")
            workspace.changed()
        return {"ok": True}


def _pressing(routes: APIRouter, gestures: Gestures) -> None:
    @routes.post("/click")
    def click(asked: Click) -> Json:
        given = asked.selected if asked.selected is not None else asked.value
        user = person_id(asked.user)
        if asked.view_id:
            where = (asked.action_id, asked.block_id)
            return gestures.press_in_view(user, asked.view_id, where, given, asked.wait_s)
        channel = find(gestures.workspace, asked.channel, user)
        return gestures.press(user, channel, (asked.ts, asked.action_id, asked.block_id), given, asked.wait_s)

    @routes.post("/submit")
    def submit(asked: Submit) -> Json:
        return gestures.submit(person_id(asked.user), asked.view_id, asked.values, asked.wait_s)

    @routes.post("/close")
    def close(asked: Close) -> Json:
        return gestures.close(person_id(asked.user), asked.view_id, clears=asked.clears)

    @routes.post("/home")
    def home(asked: Home) -> Json:
        return {"ok": True, "view": gestures.home(person_id(asked.user), asked.wait_s, asked.tab)}

    @routes.post("/shortcut")
    def shortcut(asked: Shortcut) -> Json:
        user, workspace = person_id(asked.user), gestures.workspace
        message = workspace.message(find(workspace, asked.channel, user), asked.ts) if asked.ts else None
        return gestures.shortcut(user, asked.callback_id, message, asked.wait_s)


def _talking(routes: APIRouter, gestures: Gestures) -> None:
    @routes.post("/command")
    def command(asked: Typed) -> Json:
        user = person_id(asked.user)
        return gestures.command(user, find(gestures.workspace, asked.channel, user), asked.text, asked.wait_s)

    @routes.post("/say")
    def say(asked: Typed) -> Json:
        user = person_id(asked.user)
        message = gestures.say(user, find(gestures.workspace, asked.channel, user), asked.text, asked.thread_ts)
        return {"ok": True, "channel": message.channel, "ts": message.ts}


def _running(routes: APIRouter, workspace: Workspace) -> None:
    @routes.post("/archive")
    def archive(asked: Archived) -> Json:
        with workspace.lock:
            find(workspace, asked.channel, None).is_archived = asked.is_archived
            workspace.changed()
        return {"ok": True}

    @routes.post("/delete")
    def delete(asked: Deleted) -> Json:
        with workspace.lock:
            channel = find(workspace, asked.channel, None)
            remove(workspace, channel, workspace.message(channel, asked.ts))
            workspace.changed()
        return {"ok": True}

    @routes.post("/remove_bot")
    def remove_bot(asked: Removed) -> Json:
        with workspace.lock:
            channel = find(workspace, asked.channel, None)
            channel.members = [one for one in channel.members if one != BOT_USER]
            workspace.changed()
        return {"ok": True}

    @routes.post("/account")
    def account(asked: Account) -> Json:
        with workspace.lock:
            user = person_id(asked.user)
            workspace.deactivated = workspace.deactivated - {user} | (set() if asked.is_active else {user})
            workspace.emit("user_change", {"type": "user_change", "user": {"id": user, "deleted": not asked.is_active}})
        return {"ok": True}

    @routes.post("/usergroup")
    def usergroup(asked: Group) -> Json:
        with workspace.lock:
            if asked.id not in workspace.groups:
                raise SlackError("no_such_subteam")
            now = tuple(BY_ID[person_id(one)].handle for one in asked.users)
            handle, name, old = workspace.groups[asked.id]
            workspace.groups[asked.id] = (handle, name, now)
            added = [person_id(one) for one in now if one not in old]
            removed = [person_id(one) for one in old if one not in now]
            change: Json = {"type": "subteam_members_changed", "subteam_id": asked.id, "added_users": added}
            workspace.emit("subteam_members_changed", change | {"removed_users": removed})
            return {"ok": True, "usergroup": group(workspace, asked.id, with_users=True)}


def _breaking(routes: APIRouter, faults: Faults, sockets: Sockets, delivery: Delivery) -> None:
    @routes.post("/fault")
    def fault(asked: Fault) -> Json:
        faults.add(asked)
        return {"ok": True}

    @routes.post("/heal")
    def heal() -> Json:
        faults.clear()
        return {"ok": True}

    @routes.post("/disconnect")
    def disconnect(asked: Disconnect) -> Json:
        sockets.disconnect(asked.reason)
        return {"ok": True}

    @routes.post("/verify")
    def verify() -> Json:
        answer = delivery.transport.verify(delivery.ack_s)
        return {"ok": answer.ok, "error": answer.error or None}


def find(workspace: Workspace, name: str, user: str | None) -> Channel:
    """Return a channel by id or name, if the person may see it; `dm` or the bot's name is their own talk with it."""
    if user and name.removeprefix("@") in ("dm", "bot", workspace.manifest.bot_name):
        return workspace.direct(user)
    channel = workspace.channel(name)
    if user and channel.kind != "public" and user not in channel.members:
        raise SlackError("channel_not_found")
    return channel


def listed(workspace: Workspace, channel: Channel, reader: str | None) -> list[Json]:
    """Return a channel's messages, oldest first, each with its replies; whispers only for their reader."""
    heard = [*channel.messages.values(), *(one for one in channel.whispers if reader and one.only_for == reader)]
    heard.sort(key=lambda message: float(message.ts))
    rows = []
    for message in heard:
        if not message.in_thread:
            following = [one for one in heard if one.in_thread and one.thread_ts == message.ts]
            replies = [_row(workspace, channel, one) for one in following]
            rows.append(_row(workspace, channel, message) | {"replies": replies})
    return rows


def _row(workspace: Workspace, channel: Channel, message: Message) -> Json:
    marks = {"ephemeral": message.only_for is not None, "pinned": message.ts in channel.pins, "replies": []}
    return {**NOTHING, **told(channel, message, message.shown(workspace.files, metadata=True)), **marks}
