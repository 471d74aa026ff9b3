"""What is decided about drift: a record of who, what and why, with a deadline that somebody is asked for (C10)."""

from datetime import date

from analysis.errors import Missing
from analysis.response import drift as deciding
from analysis.response.drift import Decision
from analysis.response.learning import Kind, Needed
from bot.operations import followups
from bot.operations.doing import Doing, Effect
from bot.operations.followups import Wanted
from storage import learning, people
from storage.database import Again
from storage.tables import DriftDecision, FollowUp
from templates import decided


def decide(doing: Doing) -> Effect:
    """Keep the decision as the incident's newest; what it asks for becomes a follow-up, in place of an open one."""
    chosen, owner = Decision(doing.field("decision")), doing.field("owner")
    given = doing.field("due")
    zone = people.zone_of(doing.session, owner)
    try:
        due = deciding.due(date.fromisoformat(given) if given else None, doing.now, zone)
    except ValueError as error:
        raise Missing("decide", "due", str(error)) from None
    what = decided.asked(chosen, doing.incident.model_id)
    follow_up = _follow_up(doing, Wanted(Kind.DECISION, Needed.AFTERWARDS, what, owner, due))
    row = DriftDecision(
        incident_id=doing.incident.id,
        number=0,
        decision=chosen.value,
        reason=doing.field("reason"),
        follow_up_id=follow_up.id,
        by=doing.request.actor,
        at=doing.now,
    )
    if not learning.keep_decision(doing.session, row):
        raise Again(f"a decision about {doing.incident.id} was kept by another transaction")
    facts = {"decision": chosen.value, "version": row.number, "reason": row.reason}
    return Effect(facts=facts | followups.told(follow_up))


def _follow_up(doing: Doing, wanted: Wanted) -> FollowUp:
    found = learning.follow_ups(doing.session, doing.incident.id)
    still = next((one for one in found if one.kind == Kind.DECISION and one.done_at is None), None)
    if still is not None:
        return followups.alter(doing, still, wanted, "decide")
    return followups.begin(doing, wanted, "decide")
