"""Moves of an incident, asked for by a press, a modal, a command or a timer: one transaction, one audit line."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sqlmodel import Session

from analysis.errors import Missing, NotSure, Refused, Unknown
from analysis.response import fields, life
from analysis.response.fields import Form
from analysis.response.outcomes import Kind, Outcome
from analysis.response.permissions import View
from analysis.vocabulary import Role, State
from bot.operations import (
    asking,
    clocks,
    escalation,
    oversight,
    reporting,
    rollouts,
    runbooks,
    seconding,
    telling,
    viewing,
)
from bot.operations.arriving import repeated
from bot.operations.doing import Doing, Request, owe_redraw, tell
from bot.operations.effects import EFFECTS
from bot.services import Services, whole
from storage import audit, failpoints, inbox, incidents
from storage import runbooks as shelf
from storage.incidents import IncidentView
from templates import answers
from templates.slack import calls


def press(services: Services, request: Request) -> tuple[Outcome, IncidentView | None]:
    """Return what a press of the button leads to; where its modal is to be filled, also what the modal shows."""
    asks = bool(life.MOVES[request.verb].asks)
    outcome = _answered(services, request, _ask) if asks else move(services, request)
    if outcome.kind is not Kind.ASK:
        return outcome, None
    with services.database.read() as session:
        return outcome, _seen(services, session, request.incident)


def _seen(services: Services, session: Session, incident_id: str) -> IncidentView | None:
    """Return the incident with what the policy offers it, as a form needs it."""
    view = incidents.view(session, incident_id)
    if view is None:
        return None
    watched = services.policy.model(view.model.id)
    serving = replace(view.serving, how=watched.rollback) if view.serving and watched else view.serving
    return replace(view, runbooks=shelf.known(services.policy.runbooks), serving=serving)


def menu(services: Services, request: Request) -> tuple[IncidentView | None, list[str]]:
    """Return the incident, and what of its menu the person may do now; looking is recorded. Raise NotAllowed."""
    viewing.look(services, request.actor, View.INCIDENT_TIMELINE, request.incident, request.delivery)
    with services.database.read() as session:
        view = _seen(services, session, request.incident)
        roles = services.roles(session, request.actor)
    possible = life.possible(State(view.incident.state)) if view else []
    return view, [move.verb for move in possible if move.by & roles]


def move(services: Services, request: Request) -> Outcome:
    """Return what became of the request; whatever that is, it has an audit line."""
    unsure = seconding.look_anew(services, request.actor) if life.MOVES[request.verb].dangerous else None
    return _answered(services, request, _move, unsure)


def note_for(services: Services, request: Request) -> str | None:
    """Return what the modal adds: for an escalation, whom it calls next."""
    if request.verb != "escalate":
        return None
    with services.database.read() as session:
        incident = incidents.get(session, request.incident)
        if incident is None:
            return None
        targets, people = escalation.next_called(services, session, incident)
    return calls.line(targets, people)


@whole
def _answered(
    services: Services, request: Request, do: Callable[[Doing], Outcome], unsure: NotSure | None = None
) -> Outcome:
    now = services.clock()
    with services.transaction() as session:
        if again := repeated(session, request.delivery, request.verb, now, incident=request.incident):
            return again
        if request.submission and (known := inbox.answer(session, request.submission)):
            return Outcome(Kind.REPEATED, request.verb, {"incident": request.incident, "told": known})
        incident = incidents.get(session, request.incident)
        try:
            if incident is None:
                raise Unknown("incident", request.incident)
            if unsure is not None:
                raise unsure
            with session.begin_nested():
                outcome = do(Doing(services, session, incident, request, now))
        except Refused as error:
            outcome = Outcome(Kind.REFUSED, request.verb, {"incident": request.incident}, error)
        _remember(session, request, outcome, now)
        failpoints.reach("operation.before_audit")
        said = {"reason": outcome.error.reason} if outcome.error else digest(services, outcome)
        said |= request.facts
        audit.append(session, audit.Entry(request.actor, request.verb, request.incident, outcome.kind, said), now)
        failpoints.reach("operation.before_commit")
    failpoints.reach("operation.after_commit")
    return outcome


def told(outcome: Outcome) -> dict[str, str]:
    """Return what the person is told: how it ended, the sentence, the field that was amiss; of a repeat, the same."""
    if outcome.kind is Kind.REPEATED:
        return {name: str(value) for name, value in outcome.facts.get("told", {}).items()}
    field = outcome.error.field if isinstance(outcome.error, Missing) else ""
    words = answers.refusal(outcome.error) if outcome.error and field else answers.sentence(outcome)
    return {"kind": outcome.kind.value, "says": words, "field": field}


def _remember(session: Session, request: Request, outcome: Outcome, now: datetime) -> None:
    accepted = outcome.kind in (Kind.DONE, Kind.REQUESTED)
    for key in (request.delivery, request.submission if accepted else None):
        if key:
            inbox.arrive(session, key, "interaction", now)
            inbox.answered(session, key, told(outcome))


# What people write about people, though on one line.
WORDS = frozenset({"reason", "note", "notes", "customers", "attendees", "offered_to", "what"})


def digest(services: Services, outcome: Outcome) -> dict[str, object]:
    """Return the facts that belong into the audit log: free text as a keyed digest of what the timeline holds."""
    move = life.MOVES.get(outcome.verb)
    asked = {one.rstrip("?") for one in move.asks} if move else set()
    words = WORDS | {one for one in asked if fields.of(one).form is Form.TEXT}
    facts = {
        name: value for name, value in outcome.facts.items() if isinstance(value, str | int) and name != "incident"
    }
    return {
        f"{k}_hmac" if k in words else k: services.keys.hashed(str(v)) if k in words else v for k, v in facts.items()
    }


def _ask(doing: Doing) -> Outcome:
    refused_or_late = _before(doing)
    if refused_or_late is not None:
        return refused_or_late
    life.make(doing.request.verb, State(doing.incident.state), doing.services.roles(doing.session, doing.request.actor))
    return Outcome(Kind.ASK, doing.request.verb, {"incident": doing.incident.id})


def _move(doing: Doing) -> Outcome:
    """Return the outcome; the steps: may they, is it still so, is all given, do it, tell it."""
    verb, incident = doing.request.verb, doing.incident
    refused_or_late = _before(doing)
    if refused_or_late is not None:
        return refused_or_late
    was = State(incident.state)
    target = life.make(verb, was, doing.services.roles(doing.session, doing.request.actor))
    _check_fields(doing)
    needs = seconding.needs(doing)
    return _second(doing, needs) if needs else _do(doing, was, target)


def approved(doing: Doing) -> Outcome:
    """Return what came of a wish that others approved: it is done as it was asked for. Raise Refused."""
    was = State(doing.incident.state)
    target = life.make(doing.request.verb, was, doing.services.roles(doing.session, doing.request.actor))
    return _do(doing, was, target)


def _second(doing: Doing, needs: frozenset[Role]) -> Outcome:
    """Return the wish for a second person, where it could be done now; raise Refused where it could not."""
    with doing.session.begin_nested() as trial:
        effect = EFFECTS[doing.request.verb](doing)
        trial.rollback()
    return effect if isinstance(effect, Outcome) else asking.second(doing, needs)


def _do(doing: Doing, was: State, target: State) -> Outcome:
    verb, incident = doing.request.verb, doing.incident
    effect = EFFECTS[verb](doing)
    if isinstance(effect, Outcome):
        return effect
    changes = target is not was or effect.columns or not _is_harmless(verb)
    if changes:
        incidents.advance(doing.session, incident, target, **effect.columns)
    clocks.follow(doing, was)
    escalation.follow(doing, was)
    reporting.end(doing)
    entry = tell(doing, verb, **effect.facts)
    if effect.then is not None:
        effect.then(doing)
    runbooks.follow(doing)
    telling.follow(doing)
    rollouts.follow(doing)
    asking.sweep(doing)
    facts = {"incident": incident.id, "from": was.value, "state": target.value, "timeline": entry.id, **effect.facts}
    return Outcome(Kind.DONE, verb, facts)


def _before(doing: Doing) -> Outcome | None:
    """Return an outcome where the person came too late; raise NotAllowed where they never might."""
    life.allow(doing.request.verb, doing.services.roles(doing.session, doing.request.actor))
    seen, incident = doing.request, doing.incident
    moved_on = seen.state_seen not in (None, incident.state)
    edited = seen.version_seen not in (None, incident.version)
    if (moved_on or edited) and not _is_harmless(seen.verb) and not _holds_back_more(doing):
        return _late(doing)
    if life.is_done(seen.verb, State(incident.state)):
        return _late(doing)
    return None


def _is_harmless(verb: str) -> bool:
    """Return whether an old message is no danger: the verb changes nothing about the incident, or is right anyhow."""
    move = life.MOVES[verb]
    return move.is_loose or (move.again and move.target is None and not move.asks)


def _holds_back_more(doing: Doing) -> bool:
    """Return whether it is a form that restrains the model further: that must not wait for another look."""
    if doing.request.verb != "freeze" or not doing.request.fields:
        return False
    _check_fields(doing)
    return oversight.tightens(doing)


def _late(doing: Doing) -> Outcome:
    """Return who was first, or what the incident has become; the message is drawn anew."""
    owe_redraw(doing.session, doing.incident, doing.now)
    first = incidents.last(doing.session, doing.incident.id, doing.request.verb)
    latest = incidents.latest(doing.session, doing.incident.id)
    entry = first or latest
    kind = Kind.ALREADY if first is not None else Kind.STALE
    facts = {"incident": doing.incident.id, "state": doing.incident.state}
    if entry is not None:
        facts |= {"by": entry.actor, "at": entry.at.isoformat(), "did": entry.verb}
    return Outcome(kind, doing.request.verb, facts)


def _check_fields(doing: Doing) -> None:
    """Raise Missing for a field that the verb does not ask for, or is owed and empty, too long, or not of its form."""
    verb, asks = doing.request.verb, life.MOVES[doing.request.verb].asks
    strange = sorted(set(doing.request.fields) - {asked.rstrip("?") for asked in asks})
    if strange:
        raise Missing(verb, strange[0][:50], "is no field of this move")
    for asked in asks:
        fields.check(verb, asked, doing.field(asked.rstrip("?")))
