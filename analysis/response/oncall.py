"""Who is on call when: the turns of a rota, what overrides take out of them, and where nobody would answer.

A shift goes from wall clock to wall clock in the zone of its rota: the night of a clock change is an hour longer or
shorter for whoever has it, and nobody's shift begins at another time for it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Protocol

from analysis.response.walls import at, day_of
from analysis.rotas import Order, Place, Rota

INSTANT = timedelta(microseconds=1)


class Taken(Protocol):
    """A stretch of a rota that somebody took over; the newest one holds."""

    id: int | None
    rota: str
    place: str
    person: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Duty:
    """A stretch of one place of a rota. Who has it: a Slack id or the e-mail address of the policy; None: nobody."""

    place: Place
    person: str | None
    starts_at: datetime
    ends_at: datetime
    turn_of: str | None = None  # whose turn it is by the order
    override: int | None = None  # its id, where somebody took it over

    @property
    def key(self) -> str:
        """Return what names the stretch within its rota: the place and the beginning."""
        return f"{self.place}|{self.starts_at.astimezone(UTC).isoformat()}"


class Fault(StrEnum):
    """Why nobody would answer."""

    EMPTY = "empty"  # the rota names nobody
    GONE = "gone"  # the person is not active in Slack, or was never seen there
    ALONE = "alone"  # one person has both places, so nobody stands behind them


@dataclass(frozen=True)
class Gap:
    """A stretch in which a call may find nobody."""

    duty: Duty
    fault: Fault


Who = Callable[[str], str | None]  # the Slack id of an active person, by id or e-mail address


def duties(rota: Rota, place: Place, taken: Sequence[Taken], start: datetime, end: datetime) -> list[Duty]:
    """Return who has the place in the span, in order and without holes; the ones at its ends reach beyond it."""
    turns = list(_turns(rota, place, start, end))
    ours = [one for one in taken if (one.rota, one.place) == (rota.name, place)]
    if place is Place.SECONDARY and not turns and not ours:
        return []
    points = {moment for one in turns for moment in (one.starts_at, one.ends_at)}
    points |= {moment for one in ours for moment in (one.starts_at, one.ends_at)}
    cuts = sorted(points | {start, end})
    pieces = [_piece(place, turns, ours, since, until) for since, until in pairwise(cuts)]
    return [one for one in _merged(pieces) if one.starts_at < end and one.ends_at > start]


def on_duty(rota: Rota, place: Place, taken: Sequence[Taken], now: datetime) -> Duty | None:
    """Return the stretch of the place that runs now; None where the rota has no such place then."""
    found = duties(rota, place, taken, now, now + INSTANT)
    return found[0] if found else None


def coming(rota: Rota, taken: Sequence[Taken], person: str, span: tuple[datetime, datetime], who: Who) -> Duty | None:
    """Return the person's first duty after the next hand-over, in the span, as primary or else as secondary."""
    start, end = span
    first = max((one.ends_at for one in _turns(rota, Place.PRIMARY, start, start + INSTANT)), default=start)
    for place in Place:
        for duty in duties(rota, place, taken, start, end):
            if duty.starts_at >= first and duty.person is not None and who(duty.person) == person:
                return duty
    return None


def ahead(rota: Rota, taken: Sequence[Taken], span: tuple[datetime, datetime], who: Who) -> list[Duty]:
    """Return the duties that begin in the span and that somebody active has, soonest first."""
    start, end = span
    found = [one for place in Place for one in duties(rota, place, taken, start, end)]
    held = [one for one in found if start < one.starts_at < end and one.person is not None and who(one.person)]
    return sorted(held, key=lambda one: (one.starts_at, one.place))


def gaps(rota: Rota, taken: Sequence[Taken], start: datetime, end: datetime, who: Who) -> list[Gap]:
    """Return where a call may find nobody, soonest first."""
    held = {place: duties(rota, place, taken, start, end) for place in Place}
    found = [Gap(duty, fault) for one in held.values() for duty in one if (fault := _fault(duty, who))]
    for first in held[Place.PRIMARY]:
        for second in held[Place.SECONDARY]:
            both = _both(first, second, who)
            found += [Gap(both, Fault.ALONE)] if both else []
    return sorted(found, key=lambda gap: (gap.duty.starts_at, gap.duty.place))


def _fault(duty: Duty, who: Who) -> Fault | None:
    if duty.person is None:
        return Fault.EMPTY if duty.place is Place.PRIMARY else None
    return Fault.GONE if who(duty.person) is None else None


def _both(first: Duty, second: Duty, who: Who) -> Duty | None:
    """Return the stretch in which one person has both places."""
    since, until = max(first.starts_at, second.starts_at), min(first.ends_at, second.ends_at)
    if first.person is None or second.person is None or since >= until:
        return None
    person = who(first.person)
    return Duty(second.place, second.person, since, until) if person and person == who(second.person) else None


def hand_over(rota: Rota, taken: Sequence[Taken], now: datetime) -> list[tuple[Duty, Duty]]:
    """Return the places that change hands at the moment, each with who had it and who has it from now on."""
    changed = []
    for place in Place:
        before, after = (on_duty(rota, place, taken, moment) for moment in (now - INSTANT, now))
        if before is not None and after is not None and before.person != after.person:
            changed.append((before, after))
    return changed


def _turns(rota: Rota, place: Place, start: datetime, end: datetime) -> Iterator[Duty]:
    """Yield the turns that overlap the span, as the orders say."""
    for number, order in enumerate(rota.orders):
        later = rota.orders[number + 1 :]
        until = at(later[0].since, rota.at, rota.zone) if later else end
        yield from _of_order(rota, place, order, (start, min(end, until)))


def _of_order(rota: Rota, place: Place, order: Order, span: tuple[datetime, datetime]) -> Iterator[Duty]:
    names = order.people(place)
    if not names:
        return
    start, end = span
    number = max(0, (day_of(start, rota.zone) - order.since) // rota.every - 1)
    while True:
        since, until = (at(order.since + rota.every * n, rota.at, rota.zone) for n in (number, number + 1))
        if since >= end:
            return
        if until > start:
            name = names[number % len(names)]
            yield Duty(place, name, since, until, turn_of=name)
        number += 1


def _piece(place: Place, turns: Sequence[Duty], ours: Sequence[Taken], since: datetime, until: datetime) -> Duty:
    turn = next((one for one in turns if one.starts_at <= since < one.ends_at), None)
    holding = [one for one in ours if one.starts_at <= since < one.ends_at]
    by_order = turn.person if turn else None
    if not holding:
        return Duty(place, by_order, since, until, by_order)
    newest = max(holding, key=lambda one: one.id or 0)
    return Duty(place, newest.person, since, until, by_order, newest.id)


def _merged(pieces: Sequence[Duty]) -> Iterator[Duty]:
    """Yield the pieces with those joined that are one stretch of one person."""
    held: Duty | None = None
    for piece in pieces:
        if held is not None and (held.person, held.override) == (piece.person, piece.override):
            held = Duty(held.place, held.person, held.starts_at, piece.ends_at, held.turn_of, held.override)
            continue
        if held is not None:
            yield held
        held = piece
    if held is not None:
        yield held
