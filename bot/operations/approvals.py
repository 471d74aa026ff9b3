"""Approves or declines what waits for a second person: the same rules for every door and for every kind of wish."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlmodel import Session

from analysis.errors import Missing, NotAllowed, NotSure, NotYou, Refused, Unknown
from analysis.response import approving, life
from analysis.response.approving import Status
from analysis.response.fields import LONGEST
from analysis.response.outcomes import Kind, Outcome
from bot.operations import asking, baselines, governing, incidents, seconding
from bot.operations.arriving import repeated
from bot.operations.asking import Ended
from bot.operations.deciding import Case, Decision, Subject
from bot.operations.doing import Doing, Request
from bot.services import SYSTEM, Services, whole
from storage import approvals, audit, failpoints, inbox
from storage import incidents as stored
from storage.database import Again
from storage.tables import Approval, Vote


def _incident_bound(_services: Services, session: Session, approval: Approval) -> str | None:
    incident = stored.get(session, approval.subject)
    return None if incident is None else asking.bound(session, incident)


def _move(case: Case) -> Outcome:
    """Make the move as it was asked for, in the transaction of who approved it."""
    approval, actor = case.approval, case.decision.actor
    incident = stored.get(case.session, approval.subject)
    assert incident is not None  # what is bound to it is there
    request = Request(
        approval.verb,
        incident.id,
        approval.requested_by,
        fields=dict(approval.fields),
        approval=approval.id,
        approved_by=actor,
    )
    return incidents.approved(Doing(case.services, case.session, incident, request, case.now))


INCIDENT = Subject(_incident_bound, lambda approval: life.MOVES[approval.verb].by, _move)
# By verb, of what is no move of an incident.
SUBJECTS: dict[str, Subject] = {governing.VERB: governing.SUBJECT, baselines.VERB: baselines.SUBJECT}


def decide(services: Services, decision: Decision) -> Outcome:
    """Return what became of the decision; whatever that is, it has an audit line. A yes needs roles as they are now."""
    unsure = None
    if decision.verb == "approve":
        with services.database.read() as session:
            approval = approvals.get(session, decision.approval)
        unsure = seconding.look_anew(services, decision.actor, *([approval.requested_by] if approval else []))
    outcome = _decided(services, decision, unsure)
    services.refresh()  # what was approved may be the policy
    return outcome


@whole
def _decided(services: Services, decision: Decision, unsure: NotSure | None) -> Outcome:
    now = services.clock()
    with services.transaction() as session:
        if again := repeated(session, decision.delivery, decision.verb, now, approval=decision.approval):
            return again
        approval = approvals.get(session, decision.approval, lock=True)
        try:
            if approval is None:
                raise Unknown("approval", decision.approval, [one.id for one in approvals.waiting(session)][:5])
            if unsure is not None:
                raise unsure
            with session.begin_nested():
                outcome = VERBS[decision.verb](Case(services, session, approval, decision, now))
        except Refused as error:
            outcome = Outcome(Kind.REFUSED, decision.verb, {"approval": decision.approval}, error)
        if decision.delivery:
            inbox.answered(session, decision.delivery, incidents.told(outcome))
        failpoints.reach("operation.before_audit")
        _audit(services, session, decision, (outcome, approval, now))
        failpoints.reach("operation.before_commit")
    failpoints.reach("operation.after_commit")
    return outcome


def approve(case: Case) -> Outcome:
    """Return what came of a yes; the steps: does it still wait, may they, is it still what was asked, count, do it."""
    late = _late(case)
    if late is not None:
        return late
    subject = SUBJECTS.get(case.approval.verb, INCIDENT)
    given = {vote.part for vote in approvals.votes(case.session, case.approval.id)}
    part = _part(case, given)
    _typed(case)
    why = _void(case, subject)
    if why is not None:
        case.end(Status.VOID, why)
        return Outcome(Kind.STALE, "approve", _facts(case))
    vote = Vote(approval_id=case.approval.id, part=part, by=case.decision.actor, at=case.now)
    if not approvals.vote(case.session, vote):
        raise Again(f"{case.approval.id} was voted on by another transaction")
    _remember_login(case)
    if not approving.is_whole(case.parts, {*given, part}):
        asking.redraw(case.session, case.approval, case.now)
        left = [
            role.value
            for number in range(len(case.parts))
            if number not in {*given, part}
            for role in case.parts[number]
        ]
        return Outcome(Kind.DONE, "approve", _facts(case) | {"needs": left})
    done = subject.perform(case)
    case.end(Status.APPROVED if done.kind is Kind.DONE else Status.VOID, None if done.kind is Kind.DONE else done.kind)
    return Outcome(Kind.DONE if done.kind is Kind.DONE else Kind.STALE, "approve", _facts(case) | _of(done))


def decline(case: Case) -> Outcome:
    """Return what came of a no, with its reason; who asked takes the wish back."""
    late = _late(case)
    if late is not None:
        return late
    is_own = case.services.is_same(case.session, case.decision.actor, case.approval.requested_by)
    if not is_own:
        needs = frozenset().union(*case.parts)
        if not needs & case.services.roles(case.session, case.decision.actor):
            raise NotAllowed("decline", needs)
    reason = case.decision.reason.strip()
    if not reason:
        raise Missing("decline", "reason")
    if len(reason) > LONGEST:
        raise Missing("decline", "reason", f"is longer than {LONGEST} characters")
    case.end(Status.WITHDRAWN if is_own else Status.DECLINED, reason)
    return Outcome(Kind.DONE, "decline", _facts(case))


Decided = tuple[Outcome, Approval | None, datetime]
VERBS: dict[str, Callable[[Case], Outcome]] = {"approve": approve, "decline": decline}


def _late(case: Case) -> Outcome | None:
    """Return who decided first, or that nobody did in time; the message is drawn anew."""
    approval = case.approval
    if approval.status == Status.PENDING and case.now >= approval.expires_at:
        ended = Ended(Status.EXPIRED, SYSTEM, case.now)
        asking.end(case.services, case.session, approval, ended)
    if approval.status == Status.PENDING:
        return None
    asking.redraw(case.session, approval, case.now)
    return Outcome(Kind.ALREADY, case.decision.verb, _facts(case))


def _part(case: Case, given: set[int]) -> int:
    """Return the part that the person gives; raise NotYou for who asked or has voted, NotAllowed without its role."""
    session, actor, services = case.session, case.decision.actor, case.services
    needs = frozenset().union(*case.parts)
    voters = [vote.by for vote in approvals.votes(session, case.approval.id)]
    login = case.decision.facts.get("login")  # at one shell one person types, whatever name they give
    is_known = login is not None and login in case.approval.needs["logins"]
    if is_known or any(services.is_same(session, actor, one) for one in (case.approval.requested_by, *voters)):
        raise NotYou("approve", needs)
    holders = {role: len(services.holders(session, {role})) for role in needs}
    return approving.part_for("approve", case.parts, given, services.roles(session, actor), holders)


def _typed(case: Case) -> None:
    """Raise Missing where the wish is dangerous enough to ask for a word, and another or none was typed (C6)."""
    word = word_for(case.approval.verb)
    if word is not None and case.decision.word.strip() != word:
        raise Missing("approve", "word", f"has to be {word}, in capitals")


def word_for(verb: str) -> str | None:
    """Return the word that who approves has to type; None where a press is enough."""
    move = life.MOVES.get(verb)
    return move.word if move is not None else None


def _remember_login(case: Case) -> None:
    login, needs = case.decision.facts.get("login"), case.approval.needs
    if login is not None:
        case.approval.needs = needs | {"logins": [*needs["logins"], login]}
        case.session.add(case.approval)
        case.session.flush()


def _void(case: Case, subject: Subject) -> str | None:
    """Return why the wish cannot be approved any more."""
    if subject.bound(case.services, case.session, case.approval) != case.approval.bound_to:
        return asking.CHANGED
    if not subject.by(case.approval) & case.services.roles(case.session, case.approval.requested_by):
        return asking.NO_ROLE
    return None


def _facts(case: Case) -> dict[str, Any]:
    approval = case.approval
    at = approval.decided_at.isoformat() if approval.decided_at else None
    facts = {"approval": approval.id, "of": approval.verb, "subject": approval.subject, "status": approval.status}
    return facts | {"by": approval.decided_by, "at": at, "why": approval.reason, "asked_by": approval.requested_by}


def _of(done: Outcome) -> dict[str, Any]:
    return {"did": done.facts, "ended": done.kind.value}


def _audit(services: Services, session: Session, decision: Decision, decided: "Decided") -> None:
    """Write the row of who decided; where that did something, also the row of who asked for it."""
    outcome, approval, now = decided
    said: dict[str, Any] = {"why": outcome.error.reason} if outcome.error else {"status": outcome.facts.get("status")}
    said |= {"verb": approval.verb, "subject": approval.subject} if approval else {}
    said |= {"reason_hmac": services.keys.hashed(decision.reason)} if decision.reason else {}
    did = outcome.facts.get("did")
    if did is not None and approval is not None and outcome.kind is Kind.DONE:
        done = Outcome(Kind.DONE, approval.verb, {**did, "approval": approval.id, "approved_by": decision.actor})
        data = incidents.digest(services, done)
        audit.append(session, audit.Entry(approval.requested_by, approval.verb, approval.subject, "done", data), now)
    entry = audit.Entry(decision.actor, decision.verb, decision.approval[:100], outcome.kind, said | decision.facts)
    audit.append(session, entry, now)
