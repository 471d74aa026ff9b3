"""Reviews of the calendar: told to those who hold them when their day comes, and said to be held (E5)."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from analysis.errors import NotAllowed, Refused, Unknown
from analysis.response.notifying import Reason
from analysis.response.outcomes import Kind, Outcome
from analysis.vocabulary import Role
from bot.operations.arriving import repeated
from bot.services import SYSTEM, Services, whole
from storage import audit, calendar, outbox
from storage.tables import DueReview, Owed, Timer

VERB = "review_held"
MESSAGE, EDIT = "due_review", "due_review_update"


@dataclass(frozen=True)
class Held:
    """Somebody says that a review was held."""

    key: str
    actor: str
    delivery: str | None = None


def when_due(services: Services, session: Session, timer: Timer, now: datetime) -> None:
    """Open the turn, and tell its channel whom it is for; a review that the policy no longer has is not asked for."""
    review = next((one for one in services.policy.reviews if one.name == timer.subject), None)
    if review is None:
        return
    turn = DueReview(
        key=timer.key.removeprefix("calendar:"),
        what=review.what,
        roles=[role.value for role in review.by],
        channel=timer.data["channel"],
        due_at=timer.due_at,
    )
    if calendar.open_turn(session, turn):
        people = services.holders(session, set(review.by))
        outbox.owe(session, _row(turn, MESSAGE, now, {"people": people}))
        audit.append(session, audit.Entry(SYSTEM, "review_due", turn.key, "done", {"what": turn.what}), now)


@whole
def hold(services: Services, wish: Held) -> Outcome:
    """Return what came of it: held now, held before, or refused to who is none of those who hold it."""
    now = services.clock()
    with services.transaction() as session:
        if again := repeated(session, wish.delivery, VERB, now):
            return again
        try:
            outcome = _held(services, session, wish, now)
        except Refused as error:
            outcome = Outcome(Kind.REFUSED, VERB, {}, error)
        audit.append(session, audit.Entry(wish.actor, VERB, wish.key[:100], outcome.kind), now)
    return outcome


def _held(services: Services, session: Session, wish: Held, now: datetime) -> Outcome:
    turn = calendar.get(session, wish.key)
    if turn is None:
        raise Unknown("review that is due", wish.key[:80])
    needs = frozenset(Role(one) for one in turn.roles if one in set(Role))
    if not needs & services.roles(session, wish.actor):
        raise NotAllowed(VERB, needs)
    if not calendar.hold(session, turn, wish.actor, now):
        at = turn.held_at.isoformat() if turn.held_at else ""
        return Outcome(Kind.ALREADY, VERB, {"by": turn.held_by, "at": at})
    outbox.owe(session, _row(turn, EDIT, now, {}))
    return Outcome(Kind.DONE, VERB, {"key": turn.key})


def _row(turn: DueReview, kind: str, now: datetime, data: dict[str, object]) -> Owed:
    return Owed(
        key=f"{kind}:{turn.key}",
        kind=kind,
        subject=turn.key,
        channel=turn.channel,
        thread_of=f"{MESSAGE}:{turn.key}" if kind == EDIT else None,
        priority=6,
        data=data,
        reason=Reason.SCHEDULED if kind == MESSAGE else Reason.ACTED,
        next_at=now,
        created_at=now,
    )
