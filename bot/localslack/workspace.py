"""The state of the workspace behind one lock: who is where, what was said, what may still be answered."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count

from bot.localslack.errors import SlackError
from bot.localslack.manifest import Manifest
from bot.localslack.people import BY_ID, GROUPS, PEOPLE
from bot.localslack.records import Channel, File, Json, Message, ResponseUrl, Trigger, View

TEAM = {"id": "T0ETHIXAI1", "name": "EthixAI", "domain": "ethixai"}
APP = "A0LOCALAPP"
BOT = "B0LOCALBOT"
BOT_USER = "U0ETHIXBOT"
VERIFICATION = "local-verification"

CHANNELS = (
    ("C0INCIDENT", "ethixai-incidents", "Incidents of AI models"),
    ("C0MONITOR1", "ml-monitoring", "Automated checks and daily digests"),
    ("C0ENGINEER", "engineering", "Everything that runs"),
    ("C0AIAUDIT1", "ai-audit", "Records for compliance and audit"),
    ("C0GENERAL1", "general", "For everyone"),
)
MESSAGE_EVENTS = {"public": "message.channels", "private": "message.groups", "im": "message.im"}
CHANNEL_TYPES = {"public": "channel", "private": "group", "im": "im"}
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
TRIGGER_SECONDS = 3.0
RESPONSE_SECONDS = 1800.0


@dataclass
class Workspace:
    """The whole workspace; take `lock` around anything that reads and then writes."""

    manifest: Manifest
    clock: Callable[[], float]
    url: str = ""
    file_ready_s: float = 0.0
    lock: threading.RLock = field(default_factory=threading.RLock)
    channels: dict[str, Channel] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    views: dict[str, View] = field(default_factory=dict)
    stacks: dict[str, list[str]] = field(default_factory=dict)
    homes: dict[str, str] = field(default_factory=dict)
    triggers: dict[str, Trigger] = field(default_factory=dict)
    responses: dict[str, ResponseUrl] = field(default_factory=dict)
    groups: dict[str, tuple[str, str, tuple[str, ...]]] = field(default_factory=lambda: dict(GROUPS))
    deactivated: set[str] = field(default_factory=set)  # ids of people whose account was closed
    version: int = 0
    on_event: Callable[[Json], None] = lambda event: None
    ids: Iterator[int] = field(default_factory=lambda: count(1))
    last_ts: int = 0

    def __post_init__(self) -> None:
        """Fill the workspace with its first channels, each with everyone and the bot in it."""
        everyone = [person.id for person in PEOPLE.values()]
        for id, name, purpose in CHANNELS:
            self.channels[id] = Channel(
                id, name, int(self.clock()), PEOPLE["admin"].id, purpose=purpose, members=[*everyone, BOT_USER]
            )

    def new_id(self, prefix: str, width: int = 9) -> str:
        """Return a new id of Slack's shape; the same calls give the same ids in every run."""
        number, digits = next(self.ids), ""
        while number:
            number, digit = divmod(number, len(DIGITS))
            digits = DIGITS[digit] + digits
        return prefix + "0" + digits.rjust(width - 1, "0")

    def new_ts(self) -> str:
        """Return a timestamp later than every one before it."""
        self.last_ts = max(round(self.clock() * 1_000_000), self.last_ts + 1)
        return f"{self.last_ts // 1_000_000}.{self.last_ts % 1_000_000:06d}"

    def changed(self) -> None:
        """Tell the pages that something is new."""
        self.version += 1

    def emit(self, needs: str, event: Json) -> None:
        """Send an event to the app if its manifest asks for events of that name."""
        if needs in self.manifest.events:
            self.on_event({"event_ts": self.new_ts()} | event)

    def channel(self, name: str) -> Channel:
        """Return the conversation of an id, a name, or a person (their direct messages); `channel_not_found`."""
        if name in self.channels:
            return self.channels[name]
        if name in BY_ID:
            return self.direct(name)
        if name.startswith("D") and f"U{name[1:]}" in BY_ID:
            return self.direct(f"U{name[1:]}")
        plain = name.removeprefix("#")
        for channel in self.channels.values():
            if channel.kind != "im" and channel.name == plain:
                return channel
        raise SlackError("channel_not_found")

    def direct(self, user: str) -> Channel:
        """Return the direct messages of a person with the bot."""
        id = "D" + user[1:]
        if id not in self.channels:
            self.channels[id] = Channel(id, "", int(self.clock()), user, "im", members=[user, BOT_USER])
        return self.channels[id]

    def create(self, name: str, creator: str, *, private: bool) -> Channel:
        """Return a new channel with its creator in it; `name_taken`."""
        if any(channel.name == name for channel in self.channels.values()):
            raise SlackError("name_taken")
        channel = Channel(self.new_id("C"), name, int(self.clock()), creator, "private" if private else "public")
        self.channels[channel.id] = channel
        self.join(channel, creator, None)
        return channel

    def join(self, channel: Channel, user: str, inviter: str | None) -> None:
        """Add a member and tell the app."""
        channel.members.append(user)
        self.changed()
        event = {"type": "member_joined_channel", "user": user, "channel": channel.id, "team": TEAM["id"]}
        kind = {"channel_type": "C" if channel.kind == "public" else "G"}
        self.emit("member_joined_channel", event | kind | ({"inviter": inviter} if inviter else {}))

    def message(self, channel: Channel, ts: str) -> Message:
        """Return a message by its timestamp; `message_not_found`."""
        if ts not in channel.messages:
            raise SlackError("message_not_found")
        return channel.messages[ts]

    def post(self, message: Message) -> Message:
        """Add a message to its channel, tell the app of it, and return it."""
        channel = self.channels[message.channel]
        if message.only_for:
            channel.whispers.append(message)
        else:
            channel.messages[message.ts] = message
            if channel.kind == "im" or message.user != BOT_USER:
                channel.read[message.user] = message.ts
            self._tell_of(channel, message)
        self.changed()
        return message

    def _tell_of(self, channel: Channel, message: Message) -> None:
        kind = {"channel": channel.id, "channel_type": CHANNEL_TYPES[channel.kind], "team": TEAM["id"]}
        body = message.shown(self.files, metadata=True) | kind
        if BOT_USER in channel.members:
            self.emit(MESSAGE_EVENTS[channel.kind], body)
        is_heard = BOT_USER in channel.members and message.user != BOT_USER and channel.kind != "im"
        if is_heard and f"<@{BOT_USER}>" in message.text:
            self.emit("app_mention", {k: v for k, v in body.items() if k != "channel_type"} | {"type": "app_mention"})

    def tell_of_change(self, message: Message, before: Json, *, is_gone: bool = False) -> None:
        """Tell the pages, and the app by `message_changed` or `message_deleted`, what became of a message."""
        self.changed()
        channel = self.channels[message.channel]
        if message.only_for or BOT_USER not in channel.members:
            return
        event: Json = {"type": "message", "hidden": True, "channel": channel.id, "ts": self.new_ts()}
        event |= {"channel_type": CHANNEL_TYPES[channel.kind], "previous_message": before}
        if is_gone:
            event |= {"subtype": "message_deleted", "deleted_ts": message.ts}
        else:
            event |= {"subtype": "message_changed", "message": message.shown(self.files, metadata=True)}
        self.emit(MESSAGE_EVENTS[channel.kind], event)

    def new_trigger(self, user: str) -> str:
        """Return a trigger with which one modal may be opened within three seconds."""
        number = f"{next(self.ids)}.{TEAM['id']}.{self.new_ts().replace('.', '')}"
        self.triggers[number] = Trigger(number, user, self.clock() + TRIGGER_SECONDS)
        return number

    def spend(self, trigger_id: str) -> str:
        """Return whose trigger it is and use it up; `invalid_`, `expired_` or `exchanged_trigger_id`."""
        trigger = self.triggers.get(trigger_id)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.is_used:
            raise SlackError("exchanged_trigger_id")
        if self.clock() > trigger.until:
            raise SlackError("expired_trigger_id")
        trigger.is_used = True
        return trigger.user

    def new_response_url(self, path: str, user: str, channel: str, message: Message | None = None) -> str:
        """Return an address that takes five answers to one interaction for half an hour."""
        id = self.new_id("R")
        ts, thread = (message.ts, message.thread_ts) if message else (None, None)
        self.responses[id] = ResponseUrl(id, user, channel, self.clock() + RESPONSE_SECONDS, ts, thread)
        return f"{self.url}/{path}/{TEAM['id']}/{id}"

    def file(self, id: str) -> File:
        """Return a completed file, ready once its time has come; `file_not_found`."""
        file = self.files.get(id)
        if file is None or file.ready_at is None:
            raise SlackError("file_not_found")
        file.is_ready = self.clock() >= file.ready_at
        return file
