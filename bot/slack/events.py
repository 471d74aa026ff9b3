"""Events: stored by their id before they are acknowledged, worked off by a loop, so that a crash loses none."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from slack_bolt import App, BoltResponse
from slack_bolt.request import BoltRequest
from slack_sdk.errors import SlackApiError

from bot.services import Services, whole
from bot.slack import commands, home
from bot.slack.commands import Typed
from bot.slack.door import Door
from storage import failpoints, inbox, outbox
from storage.tables import Inbound, Owed

log = structlog.get_logger(__name__)

ATTEMPTS = 5


def _addressed(door: Door, body: dict[str, Any]) -> None:
    """Answer a direct message as the command would be, and a mention with help: others read along there."""
    event = body["event"]
    if event.get("bot_id") or event.get("subtype") or not all(event.get(name) for name in ("user", "channel", "ts")):
        return
    door.directory.know(event["user"])
    words = event.get("text", "").split() if event.get("channel_type") == "im" else []
    if not words or words[0].lower() not in commands.COMMANDS:
        words = ["help"]
    delivery = f"answer:{body['event_id']}"  # worked off anew after a crash, it is still one look
    said = commands.answer(Typed(door, event["user"], words, event["channel"], delivery))
    message = said.message or commands.answer(Typed(door, event["user"], [], event["channel"], delivery)).message
    assert message is not None
    now = door.services.clock()
    owed = Owed(
        key=delivery,
        kind="answer",
        subject=event["user"],
        channel=event["channel"],
        data={"text": message.text, "blocks": message.blocks, "thread_ts": event.get("thread_ts") or event["ts"]},
        priority=3,
        next_at=now,
        created_at=now,
    )
    with door.services.transaction() as session:
        outbox.owe(session, owed)


def _home(door: Door, body: dict[str, Any]) -> None:
    if (body["event"].get("tab") or "home") == "home" and body["event"].get("user"):
        door.directory.know(body["event"]["user"])
        home.publish(door, body["event"]["user"], f"home:{body['event_id']}")


def _people(door: Door, body: dict[str, Any]) -> None:
    """Have the directory fetched anew: somebody left, or a group that may hold a role has changed."""
    door.directory.soon()


HANDLERS: dict[str, Callable[[Door, dict[str, Any]], None]] = {
    "app_mention": _addressed,
    "message": _addressed,
    "app_home_opened": _home,
    "subteam_created": _people,
    "subteam_members_changed": _people,
    "subteam_updated": _people,
    "user_change": _people,
}


def register(app: App, door: Door) -> None:
    """Store every event before it is acknowledged; a second delivery of its id goes no further."""

    @app.middleware
    def store(req: BoltRequest, next: Callable[[], BoltResponse]) -> BoltResponse:
        body = req.body
        if body.get("type") != "event_callback" or "event_id" not in body:
            return next()
        _store(door.services, f"event:{body['event_id']}", {"event": body["event"], "event_id": body["event_id"]})
        failpoints.reach("inbound.after_commit")
        return BoltResponse(status=200, body="")


@whole
def _store(services: Services, key: str, body: dict[str, Any]) -> None:
    with services.transaction() as session:
        inbox.arrive(session, key, "event", services.clock(), body)


@dataclass
class Sweeper:
    """Works off stored events, oldest first; one that keeps failing is put aside with its error."""

    door: Door

    def step(self) -> bool:
        """Return whether an event was worked on."""
        now = self.door.services.clock()
        with self.door.services.database.read() as session:
            waiting = inbox.waiting(session, now, limit=1)
        if not waiting:
            return False
        one = waiting[0]
        try:
            handler = HANDLERS.get(one.body["event"]["type"])
            if handler is not None:
                handler(self.door, one.body)
        except (SlackApiError, OSError, KeyError, TypeError, ValueError) as error:  # one bad event holds no other up
            return self._failed(one, error)
        failpoints.reach("event.after_work")
        with self.door.services.database.write() as session:
            inbox.done(session, session.merge(one), now)
        return True

    def _failed(self, one: Inbound, error: Exception) -> bool:
        log.warning("event failed", key=one.key, error=str(error), attempts=one.attempts + 1)
        with self.door.services.database.write() as session:
            kept = session.merge(one)
            kept.attempts += 1
            if kept.attempts >= ATTEMPTS:
                inbox.done(session, kept, self.door.services.clock(), error=str(error)[:500])
            else:
                session.add(kept)
        return one.attempts + 1 >= ATTEMPTS
