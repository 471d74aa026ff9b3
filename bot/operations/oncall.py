"""Shifts that change hands: taken over for a while, swapped, given back; one transaction each, and both people told."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from analysis.errors import Missing, NotAllowed, Refused, Unknown
from analysis.response import fields, life, moments, oncall
from analysis.response.oncall import Duty
from analysis.response.outcomes import Kind, Outcome
from analysis.rotas import ON_CALL, Place, Rota
from analysis.vocabulary import Role
from bot import duty
from bot.duty import Roster
from bot.operations import handing_over, notices
from bot.services import Services, whole
from storage import audit, inbox, people, timers
from storage import oncall as kept
from storage.tables import Override, Person, Timer

LEADS = frozenset({Role.ML_LEAD, Role.ADMIN})  # may plan for others
# A shift of the rota on_call gives a role, so only who could respond anyhow may be given one.
ABLE = life.RESPONDERS - {Role.ON_CALL}
LONGEST = timedelta(days=92)
AHEAD = timedelta(days=366)  # how far shifts are planned, and one to swap is looked for
DAY_BEFORE = timedelta(days=1)


@dataclass(frozen=True)
class Wish:
    """What somebody wants of a rota, in the words they typed."""

    verb: str  # override | swap | cancel
    actor: str
    fields: dict[str, str] = field(default_factory=dict)
    delivery: str | None = None  # id of the incoming delivery; a second one changes nothing
    submission: str | None = None  # id of the form as it was filled in
    facts: dict[str, Any] = field(default_factory=dict)  # what the door knows of the asker

    def said(self, name: str) -> str:
        """Return what was typed for the field, trimmed."""
        return self.fields.get(name, "").strip()


@dataclass(frozen=True)
class Planning:
    """A wish under way."""

    services: Services
    session: Session
    wish: Wish
    seen: Roster

    @property
    def now(self) -> datetime:
        """Return the time of the transaction."""
        return self.seen.now


@whole
def change(services: Services, wish: Wish) -> Outcome:
    """Return what became of the wish; whatever that is, it has an audit line."""
    now = services.clock()
    with services.transaction() as session:
        if wish.delivery and not inbox.arrive(session, wish.delivery, "interaction", now):
            return Outcome(Kind.REPEATED, f"oncall_{wish.verb}")
        if wish.submission and inbox.answer(session, wish.submission):
            return Outcome(Kind.REPEATED, f"oncall_{wish.verb}")
        try:
            with session.begin_nested():
                rota = _rota(services, wish)
                planning = Planning(services, session, wish, duty.roster(session, rota, now))
                outcome = VERBS[wish.verb](planning)
        except Refused as error:
            outcome = Outcome(Kind.REFUSED, f"oncall_{wish.verb}", {}, error)
        _record(services, session, wish, outcome, now)
    return outcome


def _record(services: Services, session: Session, wish: Wish, outcome: Outcome, now: datetime) -> None:
    said = {"why": outcome.error.reason} if outcome.error else dict(outcome.facts)
    reason = wish.said("reason")
    said |= ({"reason_hmac": services.keys.hashed(reason)} if reason else {}) | wish.facts
    entity = f"rota:{wish.said('rota') or ON_CALL}"[:100]
    audit.append(session, audit.Entry(wish.actor, outcome.verb, entity, outcome.kind, said), now)
    if wish.submission and outcome.changed:  # one that was refused is still open, and may come again
        inbox.arrive(session, wish.submission, "interaction", now)
        inbox.answered(session, wish.submission, {"kind": outcome.kind.value})


def _rota(services: Services, wish: Wish) -> Rota:
    name = wish.said("rota") or (ON_CALL if services.policy.rota(ON_CALL) else "")
    name = name or (services.policy.rotas[0].name if services.policy.rotas else ON_CALL)
    rota = services.policy.rota(name)
    if rota is None:
        raise Unknown("rota", name[:80], [one.name for one in services.policy.rotas])
    return rota


def _override(planning: Planning) -> Outcome:
    """Give somebody a stretch of a place."""
    wish, seen = planning.wish, planning.seen
    place = _place(wish)
    person = _person(planning, "person")
    since, until = _stretch(planning)
    held = oncall.duties(seen.rota, place, seen.taken, since, until)
    losing = {one.person and seen.who(one.person) for one in held}
    if losing == {person.id}:
        return Outcome(Kind.ALREADY, "oncall_override", {"person": person.id, "place": place.value})
    _may(planning, {person.id}, losing)
    row = _take(planning, place, person.id, (since, until))
    return Outcome(Kind.DONE, "oncall_override", _facts(row) | _after(planning, row.starts_at, row.ends_at))


def _swap(planning: Planning) -> Outcome:
    """Give two people each other's shift: the ones that are named, or the next one of each."""
    is_named = bool(planning.wish.said("give") or planning.wish.said("take"))
    turns = [_named(planning, name) for name in ("give", "take")] if is_named else _nearest(planning)
    one, other = (str(planning.seen.who(str(turn.person))) for turn in turns)
    if one == other:
        raise Missing("oncall_swap", "take", "has to be somebody else’s")
    _may(planning, {one, other}, set())
    changes = zip(turns, (other, one), strict=True)
    rows = [_take(planning, turn.place, to, (turn.starts_at, turn.ends_at)) for turn, to in changes]
    for row in rows:
        row.swap = rows[0].id
        planning.session.add(row)
    planning.session.flush()
    facts = {"shifts": [_facts(row) for row in rows]}
    return Outcome(Kind.DONE, "oncall_swap", facts | _after(planning, *_span(rows)))


def _nearest(planning: Planning) -> list[Duty]:
    """Return the next shift of each of the two people who are named."""
    other = _person(planning, "person")
    one = _person(planning, "for") if planning.wish.said("for") else _of(planning, planning.wish.actor)
    if one.id == other.id:
        raise Missing("oncall_swap", "person", "has to be somebody else")
    return [_next_of(planning, who) for who in (one, other)]


def _named(planning: Planning, name: str) -> Duty:
    """Return the coming shift that the field names by its place and its beginning."""
    seen, typed = planning.seen, planning.wish.said(name)
    if not typed:
        raise Missing("oncall_swap", name, "is missing: choose a shift")
    coming = oncall.ahead(seen.rota, seen.taken, (seen.now, seen.now + AHEAD), seen.who)
    found = next((one for one in coming if one.key == typed), None)
    if found is None:  # somebody else was faster, or the rota is another one by now
        raise Missing("oncall_swap", name, "has changed meanwhile: open the form anew")
    return found


def _cancel(planning: Planning) -> Outcome:
    """Give a stretch, or both halves of a swap, back to whose turn it is."""
    typed = planning.wish.said("id").removeprefix("#")
    row = kept.get(planning.session, int(typed)) if typed.isdecimal() and len(typed) < 10 else None
    if row is None or row.rota != planning.seen.rota.name:
        ahead = [f"#{one.id}" for one in planning.seen.taken if one.ends_at > planning.now]
        raise Unknown("override", typed[:40], ahead)
    if row.cancelled_at is not None or row.ends_at <= planning.now:
        return Outcome(Kind.ALREADY, "oncall_cancel", {"id": row.id, "by": row.cancelled_by})
    rows = kept.swapped(planning.session, row)
    _may(planning, {one for half in rows for one in (half.by, half.person, *_turns(planning, half))}, set())
    for half in rows:
        kept.cancel(planning.session, half, planning.wish.actor, planning.now)
        _tell(planning, half, {half.person, *_turns(planning, half)}, "shift_back")
    handing_over.changed_now(planning.services, planning.session, planning.seen)
    facts = {"id": row.id, "shifts": [_facts(half) for half in rows]}
    return Outcome(Kind.DONE, "oncall_cancel", facts | _after(planning, *_span(rows)))


VERBS: dict[str, Callable[[Planning], Outcome]] = {"override": _override, "swap": _swap, "cancel": _cancel}


def _place(wish: Wish) -> Place:
    try:
        return Place(wish.said("place") or Place.PRIMARY)
    except ValueError:
        raise Unknown("place", wish.said("place")[:40], tuple(Place)) from None


def _person(planning: Planning, name: str) -> Person:
    typed = planning.wish.said(name)
    if not typed:
        raise Missing(f"oncall_{planning.wish.verb}", "person")
    if typed.lower() in ("me", "@me"):
        return _of(planning, planning.wish.actor)
    found = people.typed(planning.session, typed)
    if found is None:
        raise Unknown("active person", typed[:80])
    return found


def _of(planning: Planning, actor: str) -> Person:
    found = people.typed(planning.session, actor)
    if found is None:
        raise Unknown("active person", actor[:80])
    return found


def _stretch(planning: Planning) -> tuple[datetime, datetime]:
    """Return the stretch as it was typed, from now on at the earliest; raise Missing for what is none."""
    wish, rota, now = planning.wish, planning.seen.rota, planning.now
    zone = people.zone_of(planning.session, wish.actor)
    found: list[datetime] = []
    for name in ("from", "to"):
        if not wish.said(name):
            raise Missing("oncall_override", name, "is missing: type from when until when")
        try:
            found.append(moments.parse(wish.said(name), found[0] if found else now, zone, (rota.at, rota.zone)))
        except ValueError as error:
            raise Missing("oncall_override", name, f"cannot be read: {error}") from None
    since, until = max(found[0], now), found[1]
    if until <= since:
        raise Missing("oncall_override", "to", "has to be after the beginning, and not past")
    if since - now > AHEAD:
        raise Missing("oncall_override", "from", f"may be {AHEAD.days} days ahead at most")
    if until - since > LONGEST:
        raise Missing("oncall_override", "to", f"may be {LONGEST.days} days after the beginning at most")
    return since, until


def _next_of(planning: Planning, person: Person) -> Duty:
    seen = planning.seen
    turn = oncall.coming(seen.rota, seen.taken, person.id, (seen.now, seen.now + AHEAD), seen.who)
    if turn is None:
        raise Unknown("coming shift of", person.name)
    return turn


def _may(planning: Planning, taking: set[str], losing: set[str | None]) -> None:
    """Raise NotAllowed where neither one who takes it, nor the one whose it is, nor a lead asks for it."""
    actor = planning.wish.actor
    if actor not in taking and losing != {actor} and not LEADS & planning.services.roles(planning.session, actor):
        raise NotAllowed(f"oncall_{planning.wish.verb}", LEADS)


def _take(planning: Planning, place: Place, person: str, span: tuple[datetime, datetime]) -> Override:
    """Return the new stretch, its hand-overs planned and everybody told; raise NotAllowed for who may not have it."""
    seen, wish = planning.seen, planning.wish
    named = {seen.who(name) for name in seen.rota.people()}
    if person not in named and not ABLE & planning.services.roles(planning.session, person):
        raise NotAllowed("be_on_call", ABLE)
    reason = wish.said("reason")
    if len(reason) > fields.LONGEST:
        raise Missing(f"oncall_{wish.verb}", "reason", f"may have {fields.LONGEST} characters at most")
    row = Override(rota=seen.rota.name, place=place.value, person=person, starts_at=span[0], ends_at=span[1],
                   by=wish.actor, at=planning.now, reason=reason)  # fmt: skip
    kept.add(planning.session, row)
    for moment in span:
        _plan(planning, moment)
    _tell(planning, row, {person, *_turns(planning, row)}, "shift_taken")
    return row


def _turns(planning: Planning, row: Override) -> set[str]:
    """Return who would have the stretch without it."""
    seen = planning.seen
    others = [one for one in seen.taken if one.id != row.id]
    held = oncall.duties(seen.rota, Place(row.place), others, row.starts_at, row.ends_at)
    return {who for one in held if one.person and (who := seen.who(one.person))}


def _plan(planning: Planning, moment: datetime) -> None:
    key = f"hand_over:{planning.seen.rota.name}:{moment.isoformat()}"
    timers.plan(planning.session, Timer(key=key, kind="hand_over", subject=planning.seen.rota.name, due_at=moment))


def _tell(planning: Planning, row: Override, whom: set[str], about: str) -> None:
    for person in sorted(whom - {planning.wish.actor}):
        facts = _facts(row) | {"by": planning.wish.actor, "reason": row.reason}
        notices.owe(
            planning.session, f"{about}:{row.id}:{person}", person, planning.now, about=about, rota=row.rota, **facts
        )


def _facts(row: Override) -> dict[str, Any]:
    span = {"from": row.starts_at.isoformat(), "to": row.ends_at.isoformat()}
    return {"id": row.id, "person": row.person, "place": row.place, **span}


def _after(planning: Planning, since: datetime, until: datetime) -> dict[str, Any]:
    """Return what the change leaves open: where nobody would answer, now that it is made."""
    seen = duty.roster(planning.session, planning.seen.rota, planning.now)
    found = oncall.gaps(seen.rota, seen.taken, max(since, seen.now), max(until, seen.now + DAY_BEFORE), seen.who)
    return {"rota": seen.rota.name, "gaps": [duty.told(gap) for gap in found]}


def _span(rows: list[Override]) -> tuple[datetime, datetime]:
    return min(row.starts_at for row in rows), max(row.ends_at for row in rows)
