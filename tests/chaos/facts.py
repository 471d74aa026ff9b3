"""What both sides hold at the end of a run: the database's rows and the workspace's messages, as plain records."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from sqlmodel import Session, SQLModel, select

from bot.localslack import LocalSlack
from bot.localslack.delivery import Handed
from bot.slack.door import delivery_id
from storage import audit, incidents
from storage.database import Database
from storage.tables import (
    AliasChange,
    Approval,
    AuditRow,
    AuditSegment,
    Bundle,
    ChecklistStep,
    Clock,
    FollowUp,
    Inbound,
    Incident,
    OversightChange,
    Owed,
    Quiet,
    RetrainRequest,
    Rollout,
    Run,
    TimelineEntry,
    Timer,
)
from templates import answers
from templates.slack import incident as incident_message
from templates.slack.approval import APPROVE

Row = TypeVar("Row", bound=SQLModel)
Look = tuple[tuple[str, str, str], ...]  # heading and buttons: (action, value, words)
APOLOGIES = (answers.BUSY[:20], answers.trouble("")[:20])


@dataclass(frozen=True)
class Post:
    """One of the bot's messages as people see it."""

    channel: str
    ts: str
    key: str | None
    files: tuple[str, ...] = ()
    look: Look = ()


@dataclass(frozen=True)
class Asked:
    """Something that came in and was acknowledged; `answer` is the outbox key of the answer it owes."""

    key: str
    by: str
    answer: str | None = None


@dataclass(frozen=True)
class Facts:
    """Everything that the judge looks at."""

    now: datetime
    asked: Sequence[Asked] = ()
    apologies: Sequence[str] = ()  # who was told, and how often, that it did not go through
    posts: Sequence[Post] = ()
    owed: Sequence[Owed] = ()
    audit: Sequence[AuditRow] = ()
    archived: datetime | None = None  # audit rows up to then lie in segments
    timeline: Sequence[TimelineEntry] = ()
    incidents: Sequence[Incident] = ()
    looks: dict[str, Look] = field(default_factory=dict)  # of each incident's message as it should be
    oversight: Sequence[OversightChange] = ()
    bundles: Sequence[Bundle] = ()
    retrains: Sequence[RetrainRequest] = ()
    rollouts: Sequence[Rollout] = ()
    moves: Sequence[AliasChange] = ()
    started: Sequence[str] = ()  # what the pipeline wrote: the request of each start
    runs: Sequence[Run] = ()
    timers: Sequence[Timer] = ()
    clocks: Sequence[Clock] = ()
    steps: Sequence[ChecklistStep] = ()
    quiets: Sequence[Quiet] = ()
    approvals: Sequence[Approval] = ()
    follow_ups: Sequence[FollowUp] = ()
    inbox: Sequence[Inbound] = ()
    faults: Sequence[str] = ()  # of the audit chain

    def but(self, **changed: object) -> "Facts":
        """Return the facts with some of them changed."""
        return replace(self, **changed)  # type: ignore[arg-type]


def gather(database: Database, slack: LocalSlack, now: datetime, started: Sequence[str] = ()) -> Facts:
    """Return the facts of this moment; the database is read in one transaction."""
    with database.read() as session:
        opened = _all(session, Incident)
        segments = [segment.last_seq for segment in _all(session, AuditSegment)]
        return Facts(
            now=now,
            asked=[*_interactions(slack), *_events(slack)],
            apologies=_apologies(slack),
            posts=_posts(slack),
            owed=_all(session, Owed),
            audit=_all(session, AuditRow),
            archived=min((row.at for row in _all(session, AuditRow)), default=now) if segments else None,
            timeline=_all(session, TimelineEntry),
            incidents=opened,
            looks={one.id: _expected(session, one.id, now) for one in opened},
            oversight=_all(session, OversightChange),
            bundles=_all(session, Bundle),
            retrains=_all(session, RetrainRequest),
            rollouts=_all(session, Rollout),
            moves=_all(session, AliasChange),
            started=started,
            runs=_all(session, Run),
            timers=_all(session, Timer),
            clocks=_all(session, Clock),
            steps=_all(session, ChecklistStep),
            quiets=_all(session, Quiet),
            approvals=_all(session, Approval),
            follow_ups=_all(session, FollowUp),
            inbox=_all(session, Inbound),
            faults=[str(fault) for fault in audit.verify(session)[1]],
        )


def _all(session: Session, table: type[Row]) -> list[Row]:
    return list(session.exec(select(table)))


def _expected(session: Session, incident_id: str, now: datetime) -> Look:
    view = incidents.view(session, incident_id)
    assert view is not None
    return look(incident_message.message(view, now).blocks)


def look(blocks: Sequence[dict]) -> Look:
    """Return what of a message does not change with the clock alone: its heading and its buttons."""
    headings = [("heading", "", block["text"]["text"]) for block in blocks if block["type"] == "header"]
    elements = [one for block in blocks if block["type"] == "actions" for one in block["elements"]]
    return (*headings, *((one["action_id"], one.get("value", ""), one["text"]["text"]) for one in elements))


def _posts(slack: LocalSlack) -> list[Post]:
    with slack.workspace.lock:
        messages = [one for channel in slack.workspace.channels.values() for one in channel.messages.values()]
        return [
            Post(
                one.channel,
                one.ts,
                (one.metadata or {}).get("event_payload", {}).get("key"),
                tuple(slack.workspace.files[id].shown()["name"] for id in one.files),
                look(one.blocks),
            )
            for one in messages
            if one.bot
        ]


def _interactions(slack: LocalSlack) -> list[Asked]:
    found = []
    for one in list(slack.delivery.handed):
        key = _kept_as(one.payload)
        user = one.payload.get("user", {}).get("id") or one.payload.get("user_id")
        is_kept = one.kind == "interactive" or one.payload.get("text", "").startswith("analyze")
        if one.ok and key and is_kept:
            found.append(Asked(key, user))
    return found


def _kept_as(payload: dict) -> str | None:
    """Return the key under which it is kept; None for an approval: its press may only open the form for the word."""
    is_form = payload.get("type") == "view_submission" and payload["view"]["callback_id"] == APPROVE
    is_press = any(one["action_id"] == APPROVE for one in payload.get("actions", ()))
    return None if is_form or is_press else delivery_id(payload)


def _events(slack: LocalSlack) -> list[Asked]:
    taken = [one for one in list(slack.delivery.log) if one["ok"]]
    answered = ("app_mention",)
    return [
        Asked(f"event:{one['event_id']}", "", f"answer:{one['event_id']}" if one["type"] in answered else None)
        for one in taken
    ]


def _apologies(slack: LocalSlack) -> list[str]:
    """Return whom it was said to, in a whisper or in the form itself."""
    forms = [one.payload["user"]["id"] for one in list(slack.delivery.handed) if _is_apology(one)]
    with slack.workspace.lock:
        whispers = [one for channel in slack.workspace.channels.values() for one in channel.whispers]
        return forms + [str(one.only_for) for one in whispers if one.text.startswith(APOLOGIES)]


def _is_apology(one: Handed) -> bool:
    is_form = one.payload.get("type") == "view_submission"
    return is_form and any(words in json.dumps(one.answer) for words in APOLOGIES)
