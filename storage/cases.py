"""Requests that were left to people: which wait, who decided what, how many of each."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, or_, update
from sqlmodel import Session, col, func, select

from analysis.response.cases import is_sample
from analysis.vocabulary import Oversight
from storage import people
from storage.tables import Model, Person, ReviewItem

Condition = ColumnElement[bool]
_WAITS = col(ReviewItem.decided_at).is_(None)
_SAMPLE = col(ReviewItem.level) < Oversight.REVIEW_BELOW_CONFIDENCE.value
_LONGEST: list[Any] = [_SAMPLE, col(ReviewItem.at), col(ReviewItem.id)]
STATES: dict[str, list[Condition]] = {"waiting": [_WAITS], "decided": [~_WAITS], "all": []}


@dataclass(frozen=True)
class Queue:
    """How many requests of a model wait, and how those were decided that were since a moment."""

    model_id: str
    waiting: int = 0
    since: datetime | None = None  # the longest of them
    samples: int = 0  # that wait too; the model has answered them
    decided: int = 0
    otherwise: int = 0  # of them, than the model proposed
    looked_at: int = 0  # samples
    wrong: int = 0  # of them, by who looked

    @property
    def is_anything(self) -> bool:
        """Return whether there is anything to tell."""
        return bool(self.waiting or self.samples or self.decided or self.looked_at)


@dataclass(frozen=True)
class CaseView:
    """One request as it is shown: with who decided it."""

    item: ReviewItem
    by: Person | None = None


def get(session: Session, id: int) -> ReviewItem | None:
    """Return the request of that number."""
    return session.get(ReviewItem, id)


def view(session: Session, id: int) -> CaseView | None:
    """Return the request of that number, with who decided it."""
    item = get(session, id)
    if item is None:
        return None
    known = people.by_id(session, [item.decided_by]) if item.decided_by else {}
    return CaseView(item, known.get(str(item.decided_by)))


def named(session: Session, model_id: str, requests: Collection[str]) -> list[ReviewItem]:
    """Return the requests of those names, of one model."""
    mine = [col(ReviewItem.model_id) == model_id, col(ReviewItem.request).in_(requests)]
    return list(session.exec(select(ReviewItem).where(*mine)))


def waiting(session: Session, model_id: str, level: int) -> int:
    """Return how many of the model wait that are of the same kind as one of that level."""
    kind = _SAMPLE if is_sample(level) else ~_SAMPLE
    query = select(func.count()).select_from(ReviewItem).where(ReviewItem.model_id == model_id, _WAITS, kind)
    return session.exec(query).one()


def listed(session: Session, model_id: str | None, state: str, limit: int) -> list[ReviewItem]:
    """Return requests of a state: what nobody has answered first, then the longest waiting; decided ones newest first.

    Without a model those of all models.
    """
    query = select(ReviewItem).where(_of(model_id), *STATES[state])
    newest = state == "decided"
    order = [col(ReviewItem.decided_at).desc()] if newest else _LONGEST
    return list(session.exec(query.order_by(*order).limit(limit)))


def following(session: Session, model_id: str, person: str, since: datetime) -> ReviewItem | None:
    """Return what waits longest of what nobody else has opened since then; where they have all of it, of all."""
    free = or_(
        col(ReviewItem.opened_at).is_(None), col(ReviewItem.opened_at) < since, col(ReviewItem.opened_by) == person
    )
    query = select(ReviewItem).where(_of(model_id), _WAITS).order_by(~free, *_LONGEST)
    return session.exec(query.limit(1)).first()


def opened(session: Session, item: ReviewItem, person: str, now: datetime) -> None:
    """Note who looks at the request, while it waits."""
    values = {"opened_by": person, "opened_at": now}
    session.connection().execute(update(ReviewItem).where(col(ReviewItem.id) == item.id, _WAITS).values(**values))


def decide(session: Session, item: ReviewItem, **values: Any) -> bool:  # noqa: ANN401
    """Return whether nobody had decided it before."""
    statement = update(ReviewItem).where(col(ReviewItem.id) == item.id, _WAITS).values(**values)
    done = session.connection().execute(statement).rowcount == 1
    session.refresh(item)
    return done


def queues(session: Session, since: datetime, model_id: str | None = None) -> dict[str, Queue]:
    """Return the queue of each model that has any, with what was decided since then."""
    real, changed = ~_SAMPLE, col(ReviewItem.is_otherwise).is_(True)
    oldest = func.min(case((real, col(ReviewItem.at))))
    waits = _counted(session, model_id, _WAITS, _count(real), oldest, _count(_SAMPLE))
    parts = [(real, real), (real, changed), (_SAMPLE, _SAMPLE), (_SAMPLE, changed)]
    done = _counted(session, model_id, col(ReviewItem.decided_at) >= since, *(_count(and_(*one)) for one in parts))
    nobody, nothing = (0, None, 0), (0, 0, 0, 0)
    return {one: Queue(one, *waits.get(one, nobody), *done.get(one, nothing)) for one in sorted({*waits, *done})}


def _counted(session: Session, model_id: str | None, where: Condition, *counts: Any) -> dict[str, tuple[Any, ...]]:  # noqa: ANN401
    """Return the counts of each model."""
    query = select(ReviewItem.model_id, *counts).where(_of(model_id), where).group_by(ReviewItem.model_id)
    return {row[0]: tuple(row[1:]) for row in session.exec(query)}


def _of(model_id: str | None) -> Condition:
    """Return that it is of the model, or of any: named, so that the index finds it however many were decided."""
    return col(ReviewItem.model_id).in_([model_id] if model_id is not None else select(Model.id))


def of_model(session: Session, model_id: str, since: datetime) -> Queue:
    """Return the queue of one model."""
    return queues(session, since, model_id).get(model_id, Queue(model_id))


def forget(session: Session, item: ReviewItem) -> None:
    """Remove whom the request is about; what was proposed and decided stays."""
    item.request = item.handle = f"erased:{item.id}"
    item.seen, item.note = {}, None
    session.add(item)
    session.flush()


def _count(condition: Condition) -> Any:  # noqa: ANN401
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
