"""The calls that delivery makes to Slack, and what each failure means for the row that is owed.

Slack has no idempotency key. A post carries the outbox key as message metadata; after a lost answer the key is looked
for in the channel (or thread) before anything is posted again. The client must have no retry handlers of its own:
Slack's default one posts twice when the answer to a post is lost.
"""

import http.client
import json
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.error import URLError

import httpx
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackRequestError
from slack_sdk.web import SlackResponse

from bot.integrations.errors import Permanent, SendError, TryLater, Uncertain, Unreachable
from bot.slack import meanings
from templates.slack import limits

EVENT_TYPE = "ethixbot_message"
NEVER_LEFT = (ConnectionRefusedError, socket.gaierror)  # no byte of it was sent
PAGES = 20  # of 200 messages that a look for a lost post reads at most
BEFORE = timedelta(seconds=60)


@dataclass(frozen=True)
class Place:
    """Where a message stands, or shall stand."""

    channel: str
    thread_ts: str | None = None


@dataclass(frozen=True)
class Text:
    """What a message shows."""

    text: str
    blocks: list[dict[str, Any]] = field(default_factory=list)
    carries: dict[str, Any] = field(default_factory=dict)  # more for the message's metadata

    def split(self) -> "tuple[Text, list[Text]]":
        """Return what fits into one message, and the rest in parts that fit too."""
        if self.blocks:
            first, *rest = (list(map(dict, part)) for part in limits.parts(self.blocks))
            text = limits.fit(self.text, limits.NOTIFICATION)
            return Text(text, first, self.carries), [Text(self.text[:150], b) for b in rest]
        first_lines, *more = limits.pieces(self.text)
        return Text(first_lines, carries=self.carries), [Text(lines) for lines in more]

    def bare(self) -> "Text":
        """Return the words alone, with what the blocks say as plain lines."""
        said = "\n".join(dict.fromkeys([self.text, *limits.texts(self.blocks)]))
        return Text(limits.pieces(said)[0], carries=self.carries)


class Outward:
    """Slack as delivery sees it; every method returns what was done or raises a SendError."""

    def __init__(self, client: WebClient) -> None:
        self.client = client
        self._ids: dict[str, str] = {}
        self.bot_id: str | None = None

    def channel_id(self, name: str) -> str:
        """Return the id of a channel by its name, of a person's direct messages by their id. Raise Permanent.

        A post finds a person by itself; an edit, or a look for what was posted, asks for the channel.
        """
        is_id = name.isalnum() and name.isupper()
        if is_id and name[:1] in "UW" and name not in self._ids:
            self._ids[name] = self.direct(name)
        if is_id and name[:1] in "CDG":
            return name
        if name not in self._ids:
            self._ids |= dict(self._channels())
        if name not in self._ids:
            raise Permanent(f"channel_not_found: #{name}")
        return self._ids[name]

    def direct(self, user_id: str) -> str:
        """Return the id of the direct messages with a person."""
        return str(self._again_is_safe(lambda: self.client.conversations_open(users=user_id))["channel"]["id"])

    def post(self, place: Place, shown: Text, key: str) -> str:
        """Return the ts of the new message."""
        metadata = {"event_type": EVENT_TYPE, "event_payload": {"key": key, **shown.carries}}

        def send() -> SlackResponse:
            return self.client.chat_postMessage(
                channel=place.channel,
                thread_ts=place.thread_ts,
                text=shown.text,
                blocks=shown.blocks or None,
                metadata=metadata,
                unfurl_links=False,
                unfurl_media=False,
            )

        try:
            answer = self._call(send)
        except Permanent as error:
            if error.says != "not_in_channel":
                raise
            self._call(lambda: self.client.conversations_join(channel=place.channel))
            answer = self._call(send)
        return str(answer["ts"])

    def edit(self, place: Place, ts: str, shown: Text) -> None:
        """Show the message anew; editing twice is editing once."""
        self._again_is_safe(
            lambda: self.client.chat_update(channel=place.channel, ts=ts, text=shown.text, blocks=shown.blocks or None)
        )

    def remove(self, place: Place, ts: str) -> None:
        """Take one of our own messages away; one that is not there is away."""
        try:
            self._again_is_safe(lambda: self.client.chat_delete(channel=place.channel, ts=ts))
        except Permanent as error:
            if error.says != "message_not_found":
                raise

    def find(self, place: Place, key: str, since: datetime) -> str | None:
        """Return the ts of our message with that key, or None: then it was never posted."""
        cursor: str | None = None
        oldest = f"{(since - BEFORE).timestamp():.6f}"
        for _ in range(PAGES):
            page = self._again_is_safe(partial(self._history, place, oldest, cursor))
            for message in page["messages"]:
                metadata = message.get("metadata") or {}
                ours = message.get("bot_id") == self._own_id()
                if ours and (metadata.get("event_payload") or {}).get("key") == key:
                    return str(message["ts"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return None
        raise TryLater("too many messages to look through", after=60)

    def permalink(self, place: Place, ts: str) -> str | None:
        """Return the address of a message; None where Slack does not say, for a message needs none to stand."""
        try:
            answer = self._call(lambda: self.client.chat_getPermalink(channel=place.channel, message_ts=ts))
        except SendError:
            return None
        return str(answer["permalink"])

    def upload(self, name: str, content: bytes) -> str:
        """Return the id of a new file that nobody sees yet; done twice, it leaves one that nobody ever sees."""
        ticket = self._again_is_safe(lambda: self.client.files_getUploadURLExternal(filename=name, length=len(content)))
        try:
            answer = httpx.post(ticket["upload_url"], content=content, timeout=60, trust_env=False)
        except httpx.HTTPError as error:
            raise TryLater(f"upload: {type(error).__name__}: {error}") from error
        if answer.status_code != 200:
            raise TryLater(f"the upload answered {answer.status_code}")
        return str(ticket["file_id"])

    def complete(self, file_id: str, name: str, share: Place | None = None) -> None:
        """Make the file one of the workspace's; shared into the thread where a place is given."""
        where: dict[str, Any] = {"channel_id": share.channel, "thread_ts": share.thread_ts} if share else {}
        file: list[dict[str, str | None]] = [{"id": file_id, "title": name}]
        self._call(lambda: self.client.files_completeUploadExternal(files=file, **where))

    def state_of(self, file_id: str) -> tuple[bool, bool]:
        """Return whether an image block may name the file by now, and whether it is shared anywhere."""
        try:
            file = self._again_is_safe(lambda: self.client.files_info(file=file_id))["file"]
        except Permanent as error:
            if error.says in ("file_not_found", "file_deleted"):  # not completed yet
                return False, False
            raise
        shared = any((file.get("shares") or {}).values()) or bool(file.get("channels") or file.get("groups"))
        return bool(file.get("mimetype")), shared

    def create_channel(self, name: str, *, is_private: bool) -> str:
        """Return the id of a new channel."""
        return str(
            self._call(lambda: self.client.conversations_create(name=name, is_private=is_private))["channel"]["id"]
        )

    def channels_named(self, name: str) -> list[dict[str, Any]]:
        """Return the channels of that name that we can see."""
        return [channel for channel in self._all_channels() if channel["name"] == name]

    def set_topic(self, channel: str, topic: str) -> None:
        """Set a channel's topic; twice is once."""
        self._again_is_safe(lambda: self.client.conversations_setTopic(channel=channel, topic=topic))

    def invite(self, channel: str, person: str) -> None:
        """Invite one person."""
        self._again_is_safe(lambda: self.client.conversations_invite(channel=channel, users=[person]))

    def archive(self, channel: str) -> None:
        """Archive a channel."""
        self._again_is_safe(lambda: self.client.conversations_archive(channel=channel))

    def bookmark(self, channel: str, title: str, address: str) -> None:
        """Put a link at the head of a channel, once."""
        there = self._again_is_safe(lambda: self.client.bookmarks_list(channel_id=channel))["bookmarks"]
        if all(one.get("link") != address for one in there):
            self._again_is_safe(
                lambda: self.client.bookmarks_add(channel_id=channel, title=title, type="link", link=address)
            )

    def own_user(self) -> str:
        """Return the user id under which we act."""
        return str(self._again_is_safe(self.client.auth_test)["user_id"])

    def user(self, user_id: str) -> dict[str, Any]:
        """Return what Slack knows of a person."""
        return dict(self._again_is_safe(lambda: self.client.users_info(user=user_id))["user"])

    def users(self) -> list[dict[str, Any]]:
        """Return everybody of the workspace."""
        return self._pages(lambda cursor: self.client.users_list(limit=200, cursor=cursor), "members")

    def groups(self) -> list[dict[str, Any]]:
        """Return every user group with its members."""
        answer = self._again_is_safe(lambda: self.client.usergroups_list(include_users=True))
        return [dict(one) for one in answer["usergroups"]]

    def _all_channels(self) -> list[dict[str, Any]]:
        kinds = "public_channel,private_channel"
        return self._pages(
            lambda cursor: self.client.conversations_list(types=kinds, limit=200, cursor=cursor), "channels"
        )

    def _channels(self) -> list[tuple[str, str]]:
        found = self._all_channels()
        found.sort(key=lambda channel: not channel.get("is_archived"))  # of two of one name the living one counts
        return [(channel["name"], channel["id"]) for channel in found]

    def _pages(self, call: Callable[[str | None], SlackResponse], field_name: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            page = self._again_is_safe(partial(call, cursor))
            found += page[field_name]
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return found

    def _history(self, place: Place, oldest: str, cursor: str | None) -> SlackResponse:
        common: dict[str, Any] = {
            "channel": place.channel,
            "oldest": oldest,
            "cursor": cursor,
            "limit": 200,
            "include_all_metadata": True,
        }
        if place.thread_ts:
            return self.client.conversations_replies(ts=place.thread_ts, **common)
        return self.client.conversations_history(**common)

    def _own_id(self) -> str:
        if self.bot_id is None:
            self.bot_id = str(self._again_is_safe(self.client.auth_test)["bot_id"])
        return self.bot_id

    def _again_is_safe(self, call: Callable[[], Any]) -> Any:  # noqa: ANN401  (Slack's answers are any shape)
        """Return the answer of a call that may be repeated freely; what is uncertain is then merely late."""
        try:
            return self._call(call)
        except Uncertain as error:
            raise TryLater(error.says) from error

    def _call(self, call: Callable[[], Any]) -> Any:  # noqa: ANN401
        try:
            return call()
        except SlackApiError as error:
            raise meanings.of(error) from error
        except (OSError, URLError, http.client.HTTPException, SlackRequestError, json.JSONDecodeError) as error:
            says = f"{type(error).__name__}: {error}"
            if isinstance(getattr(error, "reason", error), NEVER_LEFT):
                raise Unreachable(says, after=0) from error
            raise Uncertain(says) from error
