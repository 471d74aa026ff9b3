"""Delivery to the app: events until they are acknowledged, interactions and commands once."""

import threading
from dataclasses import dataclass, field

from bot.localslack.records import Json
from bot.localslack.transport import Answer, Parcel, Transport
from bot.localslack.workspace import APP, BOT_USER, TEAM, VERIFICATION, Workspace

SLACKS_SCHEDULE = (0.0, 60.0, 300.0)
NOT_INTERACTIVE = "This app is not configured to handle interactive responses."


@dataclass(frozen=True)
class Handed:
    """An interaction or a command that was handed to the app, whether it was acknowledged, and with what."""

    kind: str
    payload: Json
    ok: bool
    answer: Json | None


@dataclass
class Delivery:
    """Sends payloads and keeps a note of every one and what became of it."""

    workspace: Workspace
    transport: Transport
    ack_s: float = 3.0
    retry_after: tuple[float, ...] = SLACKS_SCHEDULE
    stopping: threading.Event = field(default_factory=threading.Event)
    log: list[Json] = field(default_factory=list)  # of events
    handed: list[Handed] = field(default_factory=list)
    reset_at: int = 0

    def once(self, kind: str, payload: Json) -> Answer:
        """Return the acknowledgement of an interaction or a command; it is never sent again."""
        if kind == "interactive" and not self.workspace.manifest.is_interactive:
            return Answer(ok=False, error=NOT_INTERACTIVE)
        answer = self.transport.send(Parcel(kind, payload), self.ack_s)
        self.handed.append(Handed(kind, payload, answer.ok, answer.payload))
        return answer

    def event(self, event: Json) -> None:
        """Send an event from a thread of its own, again after each delay until it is acknowledged."""
        body = envelope(self.workspace, event)
        threading.Thread(target=self._until_taken, args=(body,), daemon=True).start()

    def forget(self) -> None:
        """Drop the notes and every event that still waits to be sent again."""
        self.reset_at += 1
        self.log.clear()
        self.handed.clear()

    def _until_taken(self, body: Json) -> None:
        reason, mine = "", self.reset_at
        for attempt, delay in enumerate((0.0, *self.retry_after)):
            if self.stopping.wait(delay) or self.stopping.is_set() or self.reset_at != mine:
                return
            answer = self.transport.send(Parcel("events_api", body, attempt, reason), self.ack_s)
            note = {"event_id": body["event_id"], "type": body["event"]["type"], "attempt": attempt, "reason": reason}
            self.log.append({**note, "ok": answer.ok})
            if answer.ok or not answer.may_retry:
                return
            reason = answer.reason


def envelope(workspace: Workspace, event: Json) -> Json:
    """Return the outer payload of an event."""
    mine = {"enterprise_id": None, "team_id": TEAM["id"], "user_id": BOT_USER, "is_bot": True}
    return {
        "token": VERIFICATION,
        "team_id": TEAM["id"],
        "api_app_id": APP,
        "event": event,
        "type": "event_callback",
        "event_id": workspace.new_id("Ev", 11),
        "event_time": int(workspace.clock()),
        "authorizations": [{**mine, "is_enterprise_install": False}],
        "is_ext_shared_channel": False,
        "event_context": f"4-{workspace.new_id('', 10)}",
    }
