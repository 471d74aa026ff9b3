"""What the workspace holds: channels, messages, files, views, triggers; and how the Web API shows them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass
class Message:
    """One message, its reactions, files and state; `only_for` names the sole reader of an ephemeral one."""

    channel: str
    ts: str
    user: str
    text: str = ""
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    metadata: Json | None = None
    thread_ts: str | None = None
    bot: Json | None = None
    files: list[str] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)
    edited: Json | None = None
    only_for: str | None = None
    subtype: str | None = None
    broadcast: bool = False
    entered: dict[str, dict[tuple[str, str], Json]] = field(default_factory=dict)

    @property
    def in_thread(self) -> bool:
        """Return whether it is a reply and not the head of a thread."""
        return self.thread_ts is not None and self.thread_ts != self.ts

    def shown(self, files: Mapping[str, "File"], *, metadata: bool) -> Json:
        """Return the message object; `metadata` asks for all of it, otherwise the event type alone is told."""
        body: Json = {"type": "message", "user": self.user, "text": self.text, "ts": self.ts}
        for name in ("blocks", "attachments", "thread_ts", "edited", "subtype"):
            if getattr(self, name):
                body[name] = getattr(self, name)
        if self.bot:
            body |= self.bot
        if self.files:
            body |= {"files": [files[id].shown() for id in self.files], "upload": False}
        if self.reactions:
            body["reactions"] = [
                {"name": name, "users": list(users), "count": len(users)} for name, users in self.reactions.items()
            ]
        if self.metadata:
            body["metadata"] = self.metadata if metadata else {"event_type": self.metadata["event_type"]}
        return body


@dataclass
class Channel:
    """A conversation: public, private or direct, with its messages in order of their timestamps."""

    id: str
    name: str
    created: int
    creator: str
    kind: str = "public"
    is_archived: bool = False
    topic: str = ""
    topic_by: str = ""
    purpose: str = ""
    members: list[str] = field(default_factory=list)
    messages: dict[str, Message] = field(default_factory=dict)
    whispers: list[Message] = field(default_factory=list)
    pins: list[str] = field(default_factory=list)
    bookmarks: list[Json] = field(default_factory=list)
    read: dict[str, str] = field(default_factory=dict)

    def replies(self, ts: str) -> list[Message]:
        """Return the replies of a thread, oldest first, without its head."""
        return [message for message in self.messages.values() if message.thread_ts == ts and message.ts != ts]

    def shown(self, bot: str) -> Json:
        """Return the conversation object as `conversations.info` gives it to the bot."""
        if self.kind == "im":
            person = next(member for member in self.members if member != bot)
            return {"id": self.id, "created": self.created, "is_im": True, "user": person, "is_archived": False}
        return {
            "id": self.id,
            "name": self.name,
            "name_normalized": self.name,
            "is_channel": self.kind == "public",
            "is_group": self.kind == "private",
            "is_im": False,
            "is_mpim": False,
            "is_private": self.kind == "private",
            "is_archived": self.is_archived,
            "is_general": self.name == "general",
            "is_member": bot in self.members,
            "created": self.created,
            "creator": self.creator,
            "topic": {"value": self.topic, "creator": self.topic_by, "last_set": self.created if self.topic else 0},
            "purpose": {"value": self.purpose, "creator": "", "last_set": 0},
            "num_members": len(self.members),
        }


@dataclass
class File:
    """An uploaded file; it exists for others once completed, and tells its type once it is ready."""

    id: str
    name: str
    size: int
    created: int
    url: str
    data: bytes | None = None
    title: str = ""
    mimetype: str = ""
    filetype: str = ""
    ready_at: float | None = None
    is_ready: bool = False
    shares: dict[str, Json] = field(default_factory=dict)

    def shown(self) -> Json:
        """Return the file object; the type is empty while Slack still works on the file."""
        return {
            "id": self.id,
            "created": self.created,
            "timestamp": self.created,
            "name": self.name,
            "title": self.title or self.name,
            "mimetype": self.mimetype if self.is_ready else "",
            "filetype": self.filetype if self.is_ready else "",
            "pretty_type": self.filetype.upper() if self.is_ready else "",
            "size": self.size,
            "mode": "hosted",
            "is_external": False,
            "is_public": bool(self.shares.get("public")),
            "url_private": self.url,
            "url_private_download": self.url,
            "permalink": self.url,
        }


@dataclass
class View:
    """A modal or an App Home, and what the person has entered so far."""

    id: str
    user: str
    body: Json
    hash: str
    root: str
    previous: str | None = None
    entered: dict[tuple[str, str], Json] = field(default_factory=dict)


@dataclass
class Trigger:
    """The right to open one modal, for three seconds."""

    id: str
    user: str
    until: float
    is_used: bool = False


@dataclass
class ResponseUrl:
    """The right to answer an interaction five times within half an hour."""

    id: str
    user: str
    channel: str
    until: float
    ts: str | None = None
    thread_ts: str | None = None
    used: int = 0
