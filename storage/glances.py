"""Incidents at a glance, many at once: what a line of a list shows of each, in a few queries for all of them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import case
from sqlmodel import Session, col, func, select

from analysis.response import life
from analysis.vocabulary import Severity, State
from storage import people
from storage.incidents import IncidentView, message_key
from storage.tables import Alert, Assignment, ChecklistStep, Clock, Incident, Model, Owed

_OPEN = col(Incident.state).in_([state.value for state in life.OPEN])
_RANK = case({severity.value: -severity.rank for severity in Severity}, value=col(Incident.severity))
_URGENT = (col(Incident.state) != State.DETECTED.value, _RANK, col(Incident.opened_at), col(Incident.id))


def counted(session: Session) -> tuple[int, int]:
    """Return how many incidents are open, and how many of them nobody has."""
    found = session.exec(select(Incident.state, func.count()).where(_OPEN).group_by(Incident.state)).all()
    by_state: dict[str, int] = {str(state): int(count) for state, count in found}
    return sum(by_state.values()), by_state.get(State.DETECTED.value, 0)


def most_urgent(session: Session, most: int) -> tuple[IncidentView, ...]:
    """Return open incidents as they need a person: nobody's first, then the worst, then the oldest."""
    return of(session, session.exec(select(Incident).where(_OPEN).order_by(*_URGENT).limit(most)).all())


def of(session: Session, found: Sequence[Incident]) -> tuple[IncidentView, ...]:
    """Return the incidents as lines of a list show them: no timeline, no report, no evidence."""
    ids = [one.id for one in found]
    models = {one.id: one for one in session.exec(select(Model).where(col(Model.id).in_({i.model_id for i in found})))}
    alerts = _by(session.exec(select(Alert).where(col(Alert.incident_id).in_(ids)).order_by(col(Alert.first_at))))
    runs = col(Clock.met_at).is_(None), col(Clock.stopped_at).is_(None)
    clocks = _by(session.exec(select(Clock).where(col(Clock.incident_id).in_(ids), *runs)))
    has = col(Assignment.incident_id).in_(ids), col(Assignment.ended_at).is_(None)
    duties = _by(session.exec(select(Assignment).where(*has).order_by(col(Assignment.id))))
    asked = col(ChecklistStep.incident_id).in_(ids)
    steps = _by(session.exec(select(ChecklistStep).where(asked).order_by(col(ChecklistStep.position))))
    messages = session.exec(select(Owed).where(col(Owed.key).in_([message_key(one) for one in ids])))
    links = {one.subject: one.data.get("permalink") for one in messages}
    named = people.by_id(session, {who for i in found for who in (i.acknowledged_by, i.resolved_by) if who})
    return tuple(
        IncidentView(
            incident=one,
            model=models[one.model_id],
            alerts=tuple(alerts[one.id]),
            clocks=tuple(clocks[one.id]),
            duties=tuple(duties[one.id]),
            steps=tuple(steps[one.id]),
            people=named,
            permalink=links.get(one.id),
        )
        for one in found
    )


def _by(rows: Iterable[Any]) -> defaultdict[str, list[Any]]:
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[str(row.incident_id)].append(row)
    return found
