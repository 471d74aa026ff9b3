"""Changes of what serves: claimed one step at a time, settled only by the claim's owner."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from analysis.response.rollouts import UNDER_WAY, Kind, Status
from analysis.response.serving import Rollback
from storage import people, registry
from storage.tables import AliasChange, Incident, ModelVersion, Person, RetrainRequest, Rollout


@dataclass(frozen=True)
class Serving:
    """What is known of the versions of an incident's model: what serves, what was good, what could come."""

    aliases: dict[str, str]
    versions: dict[str, ModelVersion]
    passed: tuple[RetrainRequest, ...] = ()  # whose candidates may be promoted, newest first
    rollouts: tuple[Rollout, ...] = ()  # of the incident, oldest first
    took: timedelta | None = None  # the model's newest change that went through
    began_with: str | None = None  # what served when the incident was opened
    how: Rollback | None = None  # as the policy says, where a form is made of it
    served: frozenset[str] = frozenset()  # versions that have served, or were kept as last known good

    @property
    def newest(self) -> Rollout | None:
        """Return the incident's newest change."""
        return self.rollouts[-1] if self.rollouts else None


def claim(session: Session, now: datetime, lease: timedelta) -> Rollout | None:
    """Return the change whose next step is due, claimed; None where there is none."""
    row = session.exec(_due(now).order_by(col(Rollout.next_at)).limit(1).with_for_update(skip_locked=True)).first()
    if row is None:
        return None
    row.status = Status.RUNNING if row.status == Status.QUEUED else row.status
    row.attempts, row.next_at = row.attempts + 1, now + lease
    session.add(row)
    session.flush()
    return row


def is_any_due(session: Session, now: datetime) -> bool:
    """Return whether a claim would find something."""
    return session.exec(_due(now).limit(1)).first() is not None


def _due(now: datetime) -> SelectOfScalar[Rollout]:
    return select(Rollout).where(col(Rollout.status).in_([one.value for one in UNDER_WAY]), Rollout.next_at <= now)


@dataclass(frozen=True)
class RolloutView:
    """What is shown of one change: it, and the people it names."""

    rollout: Rollout
    people: dict[str, Person]


def view(session: Session, rollout_id: str) -> RolloutView | None:
    """Return what is shown of the change; None where there is none of that id."""
    found = session.get(Rollout, rollout_id)
    if found is None:
        return None
    named = filter(None, [found.requested_by, found.approved_by])
    return RolloutView(found, people.by_id(session, set(named)))


def get(session: Session, rollout_id: str) -> Rollout | None:
    """Return the change, or None."""
    return session.get(Rollout, rollout_id)


def under_way(session: Session, model_id: str) -> Rollout | None:
    """Return the change of the model that is not at its end."""
    mine = select(Rollout).where(Rollout.model_id == model_id)
    return session.exec(mine.where(col(Rollout.status).in_([one.value for one in UNDER_WAY]))).first()


def newest(session: Session, model_id: str, kind: Kind | None = None, **facts: str) -> Rollout | None:
    """Return the model's newest change that went through; of that kind, with those facts."""
    query = select(Rollout).where(Rollout.model_id == model_id, Rollout.status == Status.DONE.value)
    query = query.where(Rollout.kind == kind.value) if kind else query
    query = query.where(*(getattr(Rollout, name) == value for name, value in facts.items()))
    return session.exec(query.order_by(col(Rollout.finished_at).desc(), col(Rollout.id).desc()).limit(1)).first()


def watched(session: Session, model_id: str, now: datetime) -> Rollout | None:
    """Return the change of the model after which it is being watched."""
    found = newest(session, model_id)
    return found if found is not None and found.watched_until is not None and found.watched_until > now else None


def blocked_for(session: Session, incident_id: str) -> list[ModelVersion]:
    """Return the versions that must not serve before the incident is resolved."""
    return list(session.exec(select(ModelVersion).where(ModelVersion.blocked_by == incident_id)))


def taken_out(session: Session, incident_id: str) -> dict[str, Rollout]:
    """Return the versions that rollbacks of the incident took out of service for good, and which did."""
    mine = select(Rollout).where(Rollout.incident_id == incident_id, Rollout.status == Status.DONE.value)
    out: dict[str, Rollout] = {}
    for one in session.exec(mine.order_by(col(Rollout.finished_at), col(Rollout.id))):
        out.pop(one.to_version, None)
        if one.kind == Kind.ROLLBACK and one.from_version is not None:
            out[one.from_version] = one
    return out


def hand_over(session: Session, source: str, target: str) -> None:
    """Give the changes of one incident, and the versions that are blocked for it, to the one it was merged into."""
    for change in session.exec(select(Rollout).where(Rollout.incident_id == source)):
        change.incident_id = target
        session.add(change)
    for blocked in blocked_for(session, source):
        blocked.blocked_by = target
        session.add(blocked)
    session.flush()


def point(session: Session, rollout: Rollout, name: str, to: str | None, at: datetime) -> bool:
    """Return whether the name stood for something else until now; the row says which change moved it."""
    held = registry.alias(session, rollout.model_id, name)
    if (held.version if held else None) == to:
        return False
    registry.point(
        session,
        AliasChange(
            model_id=rollout.model_id,
            alias=name,
            sequence=0,
            version=to,
            by=rollout.requested_by,
            reason=rollout.reason,
            rollout_id=rollout.id,
            at=at,
        ),
    )
    return True


def serving(session: Session, incident_id: str, model_id: str) -> Serving:
    """Return what the forms and messages of an incident show of its model's versions."""
    mine = select(Rollout).where(Rollout.incident_id == incident_id).order_by(col(Rollout.requested_at))
    return Serving(
        registry.named(session, model_id),
        {one.version: one for one in registry.versions(session, model_id)},
        tuple(registry.passed(session, model_id)),
        tuple(session.exec(mine)),
        served=registry.served(session, model_id),
        began_with=_began_with(session, incident_id, model_id),
        took=_took(newest(session, model_id)),
    )


def _began_with(session: Session, incident_id: str, model_id: str) -> str | None:
    incident = session.get(Incident, incident_id)
    return registry.champion_at(session, model_id, incident.opened_at) if incident is not None else None


def _took(done: Rollout | None) -> timedelta | None:
    return done.finished_at - done.requested_at if done is not None and done.finished_at is not None else None


def baseline_of(session: Session, rollback: Rollout) -> str | None:
    """Return the baseline that the version had which comes back; None where no promotion has changed it since.

    That is the one before a promotion took its place; else the one before what is rolled back came in.
    """
    replaced = newest(session, rollback.model_id, Kind.PROMOTE, from_version=rollback.to_version)
    found = replaced or newest(session, rollback.model_id, Kind.PROMOTE, to_version=str(rollback.from_version))
    before = found.snapshot.get("baseline") if found else None
    return str(before) if before else None
