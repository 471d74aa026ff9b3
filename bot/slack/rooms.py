"""An incident's own channel in Slack: made once whatever fails half-way, then looked at and brought up to date.

Slack has no idempotency key here either. The name is; a channel of that name that we made ourselves is the one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog

from bot.integrations.errors import Permanent
from bot.slack.outward import Outward

log = structlog.get_logger(__name__)

NAMES = 9  # taken ones that are passed over: name, name-2, … name-9
DONE = {"already_in_channel", "already_archived", "not_in_channel"}
# Of one person; the others are invited all the same.
UNINVITED = {
    "already_in_channel", "cant_invite", "cant_invite_self", "ura_max_channels", "user_is_bot", "user_is_restricted",
    "user_is_ultra_restricted", "user_not_found", "org_user_not_in_team", "failed_for_some_users",
}  # fmt: skip


@dataclass(frozen=True)
class Room:
    """How the channel shall be."""

    name: str
    topic: str
    people: tuple[str, ...]
    link: str | None
    title: str
    is_private: bool = False
    is_over: bool = False


@dataclass(frozen=True)
class Known:
    """How it was left at the last look."""

    topic: str = ""
    people: tuple[str, ...] = ()
    link: str = ""
    is_over: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return it as the outbox keeps it."""
        return {"topic": self.topic, "people": list(self.people), "link": self.link, "is_over": self.is_over}

    @classmethod
    def of(cls, kept: dict[str, Any]) -> "Known":
        """Return it from what the outbox keeps."""
        people = tuple(kept.get("people", ()))
        return cls(kept.get("topic", ""), people, kept.get("link", ""), bool(kept.get("is_over")))


@dataclass
class Rooms:
    """Every method may be called again after a failure; each raises SendError."""

    slack: Outward

    def make(self, room: Room) -> str:
        """Return the id of the channel: a new one, or the one of that name that we made and that lives."""
        for name in (room.name, *(f"{room.name}-{number}" for number in range(2, NAMES + 1))):
            try:
                return self.slack.create_channel(name, is_private=room.is_private)
            except Permanent as error:
                if error.says != "name_taken":
                    raise
            ours = self._ours(name)
            if ours is not None:
                return ours
        raise Permanent("name_taken")

    def bring(self, channel: str, room: Room, known: Known) -> Known:
        """Return how the channel is now: topic, people and link as they shall be; archived when it is over."""
        if known.is_over:
            return known
        if room.topic != known.topic:
            self.slack.set_topic(channel, room.topic)
        new = [one for one in room.people if one not in known.people]
        for person in new:
            self._quietly(partial(self.slack.invite, channel, person), UNINVITED)
        if room.link and room.link != known.link:
            self.slack.bookmark(channel, room.title, room.link)
        if room.is_over:
            self._quietly(partial(self.slack.archive, channel), DONE)
        return Known(room.topic, (*known.people, *new), room.link or known.link, room.is_over)

    def _ours(self, name: str) -> str | None:
        own = self.slack.own_user()
        found = self.slack.channels_named(name)
        mine = [one for one in found if one.get("creator") == own and not one.get("is_archived")]
        return str(mine[0]["id"]) if mine else None

    def _quietly(self, call: Callable[[], None], expected: set[str]) -> None:
        try:
            call()
        except Permanent as error:
            if error.says not in expected:
                raise
            if error.says not in DONE:
                log.warning("not invited", error=error.says)
