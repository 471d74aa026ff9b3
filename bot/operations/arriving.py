"""What comes in counts once: whoever sends the same delivery again is told what was said the first time."""

from datetime import datetime

from sqlmodel import Session

from analysis.response.outcomes import Kind, Outcome
from storage import inbox


def repeated(session: Session, delivery: str | None, verb: str, now: datetime, **facts: str) -> Outcome | None:
    """Return the answer of the first time; None where this is the first, or nothing names the delivery."""
    if not delivery or inbox.arrive(session, delivery, "interaction", now):
        return None
    return Outcome(Kind.REPEATED, verb, facts | {"told": inbox.answer(session, delivery)})
