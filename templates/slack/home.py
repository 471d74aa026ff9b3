"""App Home: a person's desk. What waits for them first, then what is open, the models, and our own troubles."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from analysis.response import life
from analysis.response.permissions import MENDERS, View
from analysis.vocabulary import Role, State
from storage.cases import Queue
from storage.desk import Desk
from storage.incidents import IncidentView
from storage.overview import Overview
from templates import cases as worded
from templates import figures, names, troubles
from templates.slack import approval, cases, desk, lists, quiet, reply
from templates.slack.blocks import Block, actions, button, context, divider, header, part, section
from templates.slack.mrkdwn import code, said
from templates.slack.oncall import Seen

RETRY = "outbox:retry"
NOTHING = Desk()
MOST_WAITING, MOST_OPEN, MOST_MODELS, MOST_ENDED, MOST_QUIET, MOST_QUEUES = 5, 10, 15, 5, 5, 5


@dataclass(frozen=True)
class Owner:
    """Whose desk it is: their name, their roles, what is theirs, and the rotas."""

    name: str
    roles: Set[Role]
    desk: Desk = NOTHING
    rotas: Sequence[Seen] = ()


def view(seen: Overview, owner: Owner, now: datetime) -> dict[str, Any]:
    """Return the desk of a person; what they may not see, `seen` does not have."""
    name, roles, user = owner.name, owner.roles, owner.desk.user
    mine = waiting(seen, roles, now)
    theirs = {one.incident.id for one in (*mine, *owner.desk.incidents)}
    others = [one for one in lists.order(seen.open_incidents, now) if one.incident.id not in theirs]
    blocks = [
        header(reply.headline(seen)),
        context(f"{said(name)} · {_roles(roles)}"),
        *(_given_up(seen) if MENDERS & roles else []),
        *_approvals(seen, user, roles),
        *_asked(seen, user),
        *part("Waits for you", [lists.incident_line(one, now) for one in mine], MOST_WAITING, seen.waiting_count),
        *(desk.blocks(owner.desk, owner.rotas, now) if View.INCIDENT_TIMELINE in seen.sees else []),
        *_cases(seen),
        *part("Open", [lists.incident_line(one, now) for one in others], MOST_OPEN, seen.open_count - len(theirs)),
        *part("Quiet", _quiet(seen), MOST_QUIET),
        *part("Models", [lists.model_line(one, now) for one in seen.models], MOST_MODELS, seen.model_count),
        *part("Ended this week", [lists.ended_line(one) for one in seen.resolved_since], MOST_ENDED),
        divider(),
        context(f"`{reply.COMMAND} help` lists what I can do."),
    ]
    return {"type": "home", "blocks": blocks}


def _cases(seen: Overview) -> list[Block]:
    """Return what models left to people, each with the button to what waits longest."""
    shown = [one for one in seen.queues if one.is_anything][:MOST_QUEUES]
    lines = [section(worded.of_model(one), **_opens(one)) for one in shown]
    return [divider(), section("*Left to people*"), *lines] if lines else []


def _opens(queue: Queue) -> dict[str, Block]:
    return {"accessory": cases.button_of(queue)} if queue.waiting or queue.samples else {}


def _quiet(seen: Overview) -> list[str]:
    return [quiet.line(one) for one in seen.quiet] if View.INCIDENT_TIMELINE in seen.sees else []


def stranger() -> dict[str, Any]:
    """Return what somebody without a role sees."""
    text = "You hold no role in the incident policy yet, so there is nothing to show. Ask an Admin to add you."
    return {"type": "home", "blocks": [header("Welcome"), section(text)]}


def waiting(seen: Overview, roles: Set[Role], now: datetime) -> list[IncidentView]:
    """Return the incidents that nobody has and that this person may acknowledge."""
    if not life.MOVES["acknowledge"].by & roles:
        return []
    return [one for one in lists.order(seen.open_incidents, now) if one.incident.state == State.DETECTED]


def _approvals(seen: Overview, user: str, roles: Set[Role]) -> list[Block]:
    """Return what waits for this person's yes, with its buttons."""
    mine = [one for one in seen.approvals if approval.waits_for(one, user, roles)][:MOST_WAITING]
    drawn = [block for one in mine for block in (section(approval.line(one)), approval.buttons(one.approval))]
    return [divider(), section("*Waits for your approval*"), *drawn] if drawn else []


def _asked(seen: Overview, user: str) -> list[Block]:
    """Return what this person asked for and others have not decided yet, with a button to take it back."""
    mine = [one for one in seen.approvals if one.approval.requested_by == user][:MOST_WAITING]
    drawn = [section(approval.own_line(one), accessory=approval.take_back(one.approval)) for one in mine]
    return [divider(), section("*You asked for*"), *drawn] if drawn else []


def _given_up(seen: Overview) -> list[Block]:
    """Return what could not be delivered, why, and a button for each; more than a few by one press."""
    if not seen.parked:
        return []
    blocks = [section(f"📭 *{figures.counted(seen.parked, 'message')} could not be delivered*")]
    for row in seen.given_up:
        trouble = troubles.of(row.last_error)
        where = said(troubles.place(row.channel))
        words = f"{code(row.key)} for {where}: {said(trouble.what, 200)}. {said(trouble.do, 300)}"
        blocks.append(section(words, accessory=button("Send again", RETRY, row.key)))
    rest = seen.parked - len(seen.given_up)
    again = button(f"Send all {seen.parked} again", RETRY, "all")
    return [*blocks, *([actions("given_up", [again])] if rest > 0 else []), divider()]


def _roles(roles: Set[Role]) -> str:
    return names.listed([names.ROLE[role] for role in Role if role in roles]) or "no role"
