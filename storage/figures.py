"""What happened in a stretch of time, for the figures of the response (D4)."""

from collections import defaultdict
from datetime import datetime, timedelta

from sqlmodel import Session, col, exists, func, or_, select

from analysis.response import life
from analysis.response.figures import CLOCK, Figure, Seen
from analysis.response.learning import Kind
from analysis.vocabulary import Severity
from storage.tables import Alert, Clock, FollowUp, Incident

_REAL = col(Incident.is_drill).is_(False)
_KINDS = {clock: figure for figure, clock in CLOCK.items() if figure is not Figure.RESOLVE}


def load(session: Session, since: datetime, now: datetime) -> Seen:
    """Return what happened since then; a time counts where it ended in the stretch."""
    opened = [col(Incident.opened_at) >= since, _REAL]
    critical = [
        col(Incident.state).in_([one.value for one in life.OPEN]),
        col(Incident.severity) == Severity.CRITICAL.value,
    ]
    again = [*opened, col(Incident.reopened) > 0]
    breached = select(func.count()).select_from(Clock).join(Incident, col(Incident.id) == col(Clock.incident_id))
    return Seen(
        spans=_spans(session, since),
        opened=int(session.exec(select(func.count()).select_from(Incident).where(*opened)).one()),
        reopened=int(session.exec(select(func.count()).select_from(Incident).where(*again)).one()),
        repeated=_repeated(session, since),
        policy_lags=_policy_lags(session, since, now),
        breaches=int(session.exec(breached.where(_REAL, col(Clock.breached_at) >= since)).one()),
        open_critical=int(session.exec(select(func.count()).select_from(Incident).where(_REAL, *critical)).one()),
    )


def _spans(session: Session, since: datetime) -> dict[tuple[Figure, Severity], tuple[timedelta, ...]]:
    found: dict[tuple[Figure, Severity], list[timedelta]] = defaultdict(list)
    met = select(Clock, Incident.severity).join(Incident, col(Incident.id) == col(Clock.incident_id))
    for clock, severity in session.exec(met.where(_REAL, col(Clock.kind).in_(_KINDS), col(Clock.met_at) >= since)):
        assert clock.met_at is not None  # asked for
        found[_KINDS[clock.kind], Severity(severity)].append(clock.met_at - clock.started_at)
    for incident in session.exec(select(Incident).where(_REAL, col(Incident.resolved_at) >= since)):
        assert incident.resolved_at is not None  # asked for
        found[Figure.RESOLVE, Severity(incident.severity)].append(incident.resolved_at - incident.opened_at)
    return {key: tuple(spans) for key, spans in found.items()}


def _repeated(session: Session, since: datetime) -> int:
    """Return how many incidents that were opened since then are about what an earlier one was, or were reopened."""
    before = select(Alert.fingerprint, Incident.opened_at, Incident.id).join(
        Incident, col(Incident.id) == col(Alert.incident_id)
    )
    earlier = before.where(_REAL).subquery()
    again = exists().where(
        col(Alert.incident_id) == Incident.id,
        col(Alert.fingerprint) == earlier.c.fingerprint,
        earlier.c.id != Incident.id,
        earlier.c.opened_at < Incident.opened_at,
    )
    mine = [col(Incident.opened_at) >= since, _REAL, or_(col(Incident.reopened) > 0, again)]
    return int(session.exec(select(func.count()).select_from(Incident).where(*mine)).one())


def _policy_lags(session: Session, since: datetime, now: datetime) -> tuple[timedelta, ...]:
    """Return how long the updates took that reviews asked for; of those still owed, how long they are."""
    mine = select(FollowUp).join(Incident, col(Incident.id) == col(FollowUp.incident_id))
    due = or_(col(FollowUp.done_at).is_(None), col(FollowUp.done_at) >= since)
    found = session.exec(mine.where(_REAL, FollowUp.kind == Kind.POLICY.value, due))
    return tuple((one.done_at or now) - one.at for one in found)
