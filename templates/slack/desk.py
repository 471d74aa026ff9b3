"""One person's part of App Home: their incidents with what they owe on them, their follow-ups, their shifts."""

from collections.abc import Sequence
from datetime import datetime

from analysis.rotas import ON_CALL
from analysis.vocabulary import Duty
from storage.desk import Desk
from storage.incidents import IncidentView
from templates import figures, names
from templates.slack import followups, lists
from templates.slack.blocks import Block, divider, more, part, section
from templates.slack.mrkdwn import date
from templates.slack.oncall import Seen, title

MOST_INCIDENTS, MOST_FOLLOW_UPS = 6, 5


def blocks(mine: Desk, rotas: Sequence[Seen], now: datetime) -> list[Block]:
    """Return what is theirs; nothing where nothing is."""
    return [*_incidents(mine, now), *_follow_ups(mine, now), *_shifts(mine, rotas)]


def _incidents(mine: Desk, now: datetime) -> list[Block]:
    found = lists.order(mine.incidents, now)
    return part("Yours", [_line(mine, view, now) for view in found], MOST_INCIDENTS)


def _line(mine: Desk, view: IncidentView, now: datetime) -> str:
    duties = [names.DUTY[Duty(one.duty)].name for one in view.duties if one.person == mine.user]
    steps = mine.steps(view)
    late = sum(step.due_at is not None and step.due_at < now for step in steps)
    overdue = f", *{late} overdue*" if late else ""
    owed = (
        f"📋 {figures.counted(len(steps), 'step')} of the checklist {'is' if len(steps) == 1 else 'are'} yours{overdue}"
    )
    parts = [f"👤 You: {names.listed(duties)}" if duties else "", owed if steps else ""]
    return "\n".join(filter(None, [lists.incident_line(view, now), " · ".join(filter(None, parts))]))


def _follow_ups(mine: Desk, now: datetime) -> list[Block]:
    if not mine.follow_ups:
        return []
    late = sum(one.due_at < now for one in mine.follow_ups)
    head = f"*Your follow-ups* · {late} overdue" if late else "*Your follow-ups*"
    lines = [followups.line(one, mine.user, now) for one in mine.follow_ups[:MOST_FOLLOW_UPS]]
    return [divider(), section(head), *lines, *more(len(mine.follow_ups) - MOST_FOLLOW_UPS)]


def _shifts(mine: Desk, rotas: Sequence[Seen]) -> list[Block]:
    lines = [line for seen in rotas for line in (_shift(mine.user, seen),) if line]
    return [divider(), section("*On call*", *lines)] if lines else []


def _shift(user: str, seen: Seen) -> str:
    """Return who is on call now, and when this person is or is next."""
    now = [(place, next(iter(duties), None)) for place, duties in seen.duties.items()]
    held = ", ".join(f"{seen.name(duty.person)} {place}" for place, duty in now if duty)
    name = "" if seen.rota.name == ON_CALL else f"{title(seen.rota.name)}: "  # the heading says that already
    theirs = [duty for duties in seen.duties.values() for duty in duties if seen.is_of(duty, user)]
    first = min(theirs, key=lambda duty: duty.starts_at, default=None)
    if first is None:
        return f"☎️ {name}{held}"
    if first.starts_at <= seen.now:
        return f"☎️ {name}{held}\n*You are {first.place} until {date(first.ends_at)}*"
    return f"☎️ {name}{held}\nYou are {first.place} from {date(first.starts_at)}"
