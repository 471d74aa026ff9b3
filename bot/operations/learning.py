"""What is learnt of an incident: its root cause, and the review that people hold of it."""

from datetime import date

from analysis.response import learning as deciding
from analysis.response.learning import POLICY_UPDATE, CauseType, Kind, Needed
from analysis.vocabulary import Family, Severity
from bot.operations import followups
from bot.operations.doing import Doing, Effect, Request, in_thread, tell, urgency
from bot.operations.followups import Wanted
from bot.services import SYSTEM
from storage import incidents, learning, outbox
from storage.database import Again
from storage.tables import FollowUp, RootCause

REVIEW = "review.md"  # the document that a review begins with


def root_cause(doing: Doing) -> Effect:
    """Keep the form of the root cause as its next version; its corrective action becomes a follow-up (001 §5)."""
    cause = RootCause(
        incident_id=doing.incident.id,
        number=0,
        version=doing.field("version") or None,
        cause_type=CauseType(doing.field("cause_type")).value,
        trigger=doing.field("trigger"),
        cause=doing.field("cause"),
        corrective=doing.field("corrective"),
        preventive=doing.field("preventive"),
        by=doing.request.actor,
        at=doing.now,
    )
    if not learning.keep_cause(doing.session, cause):
        raise Again(f"the root cause of {doing.incident.id} was written by another transaction")
    due = date.fromisoformat(doing.field("due"))
    wanted = Wanted(Kind.CORRECTIVE, Needed.BEFORE_CLOSING, cause.corrective, doing.field("owner"), due)
    follow_up = _corrective(doing, wanted)
    facts = {"version": cause.number, "cause_type": cause.cause_type, "note": cause.cause}
    return Effect(facts=facts | followups.told(follow_up))


def _corrective(doing: Doing, wanted: Wanted) -> FollowUp:
    """Return the follow-up of the corrective action: the open one, as it is wanted now, or a new one."""
    found = learning.follow_ups(doing.session, doing.incident.id)
    mine = [one for one in found if one.kind == Kind.CORRECTIVE]
    still = next((one for one in mine if one.done_at is None), None)
    if still is not None:
        return followups.alter(doing, still, wanted, "root_cause")
    done = next((one for one in mine if one.what == wanted.what), None)
    return done or followups.begin(doing, wanted, "root_cause")


def review(doing: Doing) -> Effect:
    """Keep what the review found; it owes an update of policy or evaluation within a week (E5; 001 §8–9)."""
    due = (doing.now + POLICY_UPDATE).date()
    what = f"Update the policy or the evaluation with what {doing.incident.id} taught"
    wanted = Wanted(Kind.POLICY, Needed.AFTERWARDS, what, doing.field("owner"), due)
    told = followups.told(followups.begin(doing, wanted, "review"))
    facts = {"note": doing.field("note"), "attendees": doing.field("attendees")}
    return Effect(facts=facts | told, then=_document)


def invite(doing: Doing) -> None:
    """Put the draft of the review into the thread, and mention who is invited to it."""
    incident, services = doing.incident, doing.services
    roles = deciding.invited(Family(incident.family), incidents.worst(doing.session, incident))
    took_part = incidents.actors(doing.session, incident.id) - {SYSTEM}
    invited = sorted({*services.holders(doing.session, roles), *took_part})
    terms = services.policy.terms(Severity(incident.severity))
    due = {name: (doing.now + term.within).isoformat() for name in ("review", "postmortem") if (term := terms.of(name))}
    by_itself = Doing(services, doing.session, incident, Request("review_owed", incident.id, SYSTEM), doing.now)
    tell(by_itself, "review_owed", people=invited, **due)
    _document(by_itself)


def _document(doing: Doing) -> None:
    """Owe the thread the document of the review, as the record is when it is sent."""
    key = f"{doing.incident.id}:{REVIEW}:{doing.incident.version}"
    owed = in_thread(doing.incident, "document", key, doing.incident.id, doing.now)
    owed.data, owed.priority = {"name": REVIEW}, urgency(doing.incident) + 2
    outbox.owe(doing.session, owed)
