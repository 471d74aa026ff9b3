"""On-call in Slack: who has it now and next, what was taken over, where nobody would answer, who hands over to whom."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from analysis.response.oncall import Duty, Fault, Gap
from analysis.rotas import Place, Rota
from storage.incidents import IncidentView
from storage.tables import Override, Person
from templates import figures, finding, names
from templates.slack import lists
from templates.slack.blocks import Block, Message, actions, button, context, listed, section
from templates.slack.mrkdwn import code, date, mention, one_line, quote, said

Facts = Mapping[str, Any]
MOST_NEXT, MOST_TAKEN, MOST_GAPS, MOST_INCIDENTS = 3, 8, 5, 8
TYPED = "Or type `/ethix oncall override @person from to`, `… swap @person`, `… cancel #number`, `… ics`."
LONG = timedelta(weeks=4)  # who has it longer has it alone: the rota names nobody else
TAKE, FORM, SWAP, CALENDAR = "oncall:take", "oncall:form", "oncall:swap", "oncall:ics"


@dataclass(frozen=True)
class Seen:
    """A rota as it is shown: its coming duties by place, what is taken over, the gaps, and who is who."""

    rota: Rota
    now: datetime
    duties: Mapping[Place, Sequence[Duty]]
    taken: Sequence[Override] = ()
    gaps: Sequence[Gap] = ()
    people: Mapping[str, Person] = field(default_factory=dict)  # by id and by the name that the policy uses

    def plain_name(self, who: str | None) -> str:
        """Return a person's name without markup."""
        known = self.people.get(who) if who else None
        return one_line(known.name) if known else who or "nobody"

    def is_of(self, duty: Duty, user: str) -> bool:
        """Return whether the person has the duty."""
        known = self.people.get(duty.person) if duty.person else None
        return duty.person == user or (known is not None and known.id == user)

    def name(self, who: str | None) -> str:
        """Return a person's name, which rings nobody; one not known by name as the policy names them."""
        if who is None:
            return "nobody"
        known = self.people.get(who)
        return f"*{said(known.name)}*" if known else code(who)


def title(rota: object) -> str:
    """Return a rota's name as a person would write it.

    >>> title("on_call")
    'On call'
    """
    return said(names.first(str(rota).replace("_", " ")))


def only(text: str) -> Message:
    """Return an answer of one line."""
    return Message(text, [section(text)])


def overview(rotas: Sequence[Seen]) -> Message:
    """Return who is on call now and next in each rota, in one message."""
    if not rotas:
        text = "The policy names no rota. Who holds the role On-call stands under `roles:`; a rota goes under `rotas:`."
        return Message(text, [section(text)])
    blocks = [block for seen in rotas for block in _rota(seen)]
    return Message("Who is on call", [*blocks, context(TYPED)])


def _rota(seen: Seen) -> list[Block]:
    now = [_held(seen, place) for place in Place]
    later = [duty for place in Place for duty in list(seen.duties.get(place, ()))[1 : 1 + MOST_NEXT]]
    coming = [_coming(seen, duty) for duty in sorted(later, key=lambda one: one.starts_at)]
    gaps = [f"⚠️ {gap_line(seen, gap)}" for gap in seen.gaps[:MOST_GAPS]]
    taken = [_taken(seen, one) for one in seen.taken if one.ends_at > seen.now][:MOST_TAKEN]
    name = seen.rota.name
    buttons = [
        button("Take or give a shift", FORM, name),
        button("Swap two shifts", SWAP, name),
        button("Calendar file", CALENDAR, name),
    ]
    return [
        section(f"☎️ *{title(name)}*, handed over at {seen.rota.at:%H:%M} {said(seen.rota.zone)}", *now),
        *([section("*Next*", *coming)] if coming else []),
        *([section("*Taken over*", *taken)] if taken else []),
        *([section(*gaps)] if gaps else []),
        actions(f"oncall:{name}", buttons),
    ]


def _held(seen: Seen, place: Place) -> str:
    duty = next(iter(seen.duties.get(place, ())), None)
    if duty is None:
        return ""
    instead = f", instead of {seen.name(duty.turn_of)}" if duty.override and duty.turn_of else ""
    until = f"until {date(duty.ends_at)}" if duty.ends_at < seen.now + LONG else "for the coming weeks"
    return f"{place.capitalize()}: {seen.name(duty.person)} {until}{instead}"


def _coming(seen: Seen, duty: Duty) -> str:
    return f"{date(duty.starts_at)}: {seen.name(duty.person)}, {duty.place}"


def _taken(seen: Seen, one: Override) -> str:
    why = f": {quote(one.reason, 120)}" if one.reason else ""
    what = f"{said(one.place)}, {_span(one.starts_at, one.ends_at)}{' (swap)' if one.swap else ''}"
    return f"{code(f'#{one.id}')} {seen.name(one.person)}, {what}{why}"


def _span(since: datetime, until: datetime) -> str:
    return f"{date(since)} to {date(until)}"


def gap_line(seen: Seen, gap: Gap) -> str:
    """Return where a call would find nobody, and why."""
    what = FAULTS[gap.fault](seen.name(gap.duty.person), gap.duty.place)
    return f"{what}, {_span(gap.duty.starts_at, gap.duty.ends_at)}"


FAULTS: dict[Fault, Callable[[str, str], str]] = {
    Fault.EMPTY: lambda who, place: f"*Nobody* is {place}",
    Fault.GONE: lambda who, place: f"*Nobody* is {place}: {who} is not active in Slack",
    Fault.ALONE: lambda who, place: f"{who} is primary and secondary at once, so nobody stands behind them",
}


def gap(data: Facts, people: Mapping[str, Person]) -> Message:
    """Return the warning of a gap, to those who can fill it, with a button to take it."""
    who = _name(data.get("person"), people)
    since, until = finding.moment(data.get("from")), finding.moment(data.get("to"))
    span = _span(since, until) if since and until else ""
    what = f"{FAULTS[Fault(data['fault'])](who, str(data.get('place')))}, {span}"
    calling = " ".join(mention(one) for one in data.get("call", []))
    lines = [
        f"⚠️ *A gap: {title(data.get('rota'))}.* {what}.",
        f"{calling} {code('/ethix oncall override @person from to')}",
    ]
    value = "|".join(str(data.get(name)) for name in ("rota", "place", "from", "to"))
    take = button("I take it", TAKE, value)
    return Message(" ".join(lines), [section(*lines), actions("oncall:gap", [take])])


def hand_over(data: Facts, people: Mapping[str, Person], views: Sequence[IncidentView], now: datetime) -> Message:
    """Return who hands over to whom and what they hand over; whoever has it from now on is called by name."""
    lines = [_handed(one, people) for one in data.get("changed", [])]
    head = f"🔄 *Hand-over: {title(data.get('rota'))}*"
    open_ones = lists.order(views, now)
    blocks = [
        section(head, *lines),
        section(_open(views)),
        *listed([lists.incident_line(view, now) for view in open_ones], MOST_INCIDENTS),
    ]
    return Message(" ".join([head, *lines]), blocks)


def _open(views: Sequence[IncidentView]) -> str:
    waiting = sum(1 for view in views if view.incident.acknowledged_at is None)
    counted = figures.counted(len(views), "open incident")
    if not views:
        return "All quiet: no open incident."
    return f"*{counted}*, {f'{waiting} waiting for somebody' if waiting else 'all in hand'}:"


def _handed(one: Facts, people: Mapping[str, Person]) -> str:
    until = finding.moment(one.get("until"))
    to = mention(one["to"]) if one.get("to") else "*nobody*"
    span = f" until {date(until)}" if until else ""
    before = f", after {_name(one['from'], people)}" if one.get("from") else ""
    return f"{to} is {said(one.get('place'))} now{span}{before}."


def _name(who: object, people: Mapping[str, Person]) -> str:
    known = people.get(str(who))
    return f"*{said(known.name)}*" if known else code(who) if who else "nobody"


def taken(data: Facts, *_: object) -> list[str]:
    """Return what somebody reads whose shift another took over or gave to them."""
    return [f"☎️ {_by(data)}: {mention(str(data.get('person')))} is {_shift(data)}.", *_why(data), _undo(data)]


def given_back(data: Facts, *_: object) -> list[str]:
    """Return what somebody reads whose shift is again as the rota says."""
    return [f"☎️ {_by(data)}: {mention(str(data.get('person')))} is *not* {_shift(data)}; the rota holds again."]


def _by(data: Facts) -> str:
    return f"{mention(str(data.get('by')))} changed who is on call ({title(data.get('rota'))})"


def _shift(data: Facts) -> str:
    since, until = finding.moment(data.get("from")), finding.moment(data.get("to"))
    return f"{said(data.get('place'))}, {_span(since, until)}" if since and until else said(data.get("place"))


def _why(data: Facts) -> list[str]:
    return [f"> {quote(data['reason'], 500)}"] if data.get("reason") else []


def _undo(data: Facts) -> str:
    return f"If that is wrong: {code('/ethix oncall cancel ' + str(data.get('id')))}"
