"""What is shown of the rotas: read for Slack, for a terminal, and as a calendar file."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session

from analysis.policy import Policy
from analysis.response import oncall as oncall_rules
from analysis.response.oncall import Duty
from analysis.rotas import Place, Rota
from bot import duty
from storage import glances, incidents, people
from storage.tables import Owed
from templates import oncall as words
from templates.slack import oncall
from templates.slack.blocks import Message
from templates.slack.oncall import Seen

SHOWN = timedelta(days=28)
WARNED = timedelta(days=14)
EXPORTED = timedelta(days=182)


def seen(session: Session, rota: Rota, now: datetime, span: timedelta = SHOWN) -> Seen:
    """Return the rota as it is shown, with the names of its people."""
    roster = duty.roster(session, rota, now)
    names = rota.people() | {one.person for one in roster.taken}
    known = people.by_id(session, names) | people.by_mail(session, names)  # also of who has left
    duties = {place: roster.duties(place, span) for place in Place}
    return Seen(rota, now, duties, roster.taken, roster.gaps(min(span, WARNED)), known)


def to_swap(session: Session, rota: Rota, now: datetime) -> list[Duty]:
    """Return the shifts of the coming four weeks that can be swapped."""
    roster = duty.roster(session, rota, now)
    return oncall_rules.ahead(rota, roster.taken, (now, now + SHOWN), roster.who)


def all_seen(session: Session, policy: Policy, now: datetime) -> list[Seen]:
    """Return every rota of the policy as it is shown."""
    return [seen(session, rota, now) for rota in policy.rotas]


def file(session: Session, rota: Rota, now: datetime) -> bytes:
    """Return the coming half year of the rota as a calendar file."""
    shown = seen(session, rota, now, EXPORTED)
    duties = [duty for place in Place for duty in shown.duties[place]]
    return words.calendar(rota, duties, shown.plain_name, now)


def lines(session: Session, rotas: Sequence[Rota], now: datetime) -> list[str]:
    """Return who is on call, for a terminal: a line a duty, then the gaps."""
    told = []
    for rota in rotas:
        shown = seen(session, rota, now)
        duties = sorted((one for place in Place for one in shown.duties[place]), key=lambda one: one.starts_at)
        told += [f"{rota.name} ({rota.zone})", *(words.line(one, shown.plain_name(one.person)) for one in duties)]
        told += [words.gap(one, shown.plain_name(one.duty.person)) for one in shown.gaps]
    return told


def message(session: Session, row: Owed, now: datetime) -> Message:
    """Return what a rota's channel is told: a hand-over with what is open, or a gap ahead."""
    ids = {str(one) for name in ("from", "to") for change in row.data.get("changed", []) if (one := change.get(name))}
    named = [*ids, str(row.data.get("person") or "")]
    known = people.by_id(session, named) | people.by_mail(session, named)
    if row.subject == "gap":
        return oncall.gap(row.data, known)
    return oncall.hand_over(row.data, known, glances.of(session, incidents.open_ones(session)), now)
