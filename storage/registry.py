"""Versions of models, and which of them each name stands for; the newest change of a name holds."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, select

from analysis.response.rollouts import Judged
from storage import oversight, people
from storage.tables import AliasChange, Model, ModelVersion, OversightChange, Owed, RetrainRequest, Rollout

CHAMPION, FALLBACK, LAST_KNOWN_GOOD = "champion", "fallback", "last_known_good"
ALIASES = (CHAMPION, FALLBACK, LAST_KNOWN_GOOD)
RETIRED = "retired"  # what blocks a version that people have taken out for good; else it is an incident
MOST_CHANGES = 12


def alias(session: Session, model_id: str, name: str) -> AliasChange | None:
    """Return the newest change of what the name stands for; None where it never stood for anything."""
    query = select(AliasChange).where(AliasChange.model_id == model_id, AliasChange.alias == name)
    return session.exec(query.order_by(col(AliasChange.sequence).desc()).limit(1)).first()


def point(session: Session, new: AliasChange) -> AliasChange:
    """Return the change, written down; its number follows the one before, under a unique index."""
    before = alias(session, new.model_id, new.alias)
    new.sequence = before.sequence + 1 if before else 1
    session.add(new)
    session.flush()
    return new


def aliases(session: Session, model_id: str) -> dict[str, AliasChange]:
    """Return the newest change of each name that ever stood for anything."""
    newest = select(func.max(AliasChange.id)).where(AliasChange.model_id == model_id).group_by(col(AliasChange.alias))
    found = session.exec(select(AliasChange).where(col(AliasChange.id).in_(newest)))
    return {one.alias: one for one in found}


def named(session: Session, model_id: str) -> dict[str, str]:
    """Return the version of each name that stands for one."""
    return {name: one.version for name, one in aliases(session, model_id).items() if one.version is not None}


def champion_at(session: Session, model_id: str, at: datetime) -> str | None:
    """Return the version that served then, as far as anybody had named one."""
    moves = select(AliasChange.version).where(AliasChange.model_id == model_id, AliasChange.alias == CHAMPION)
    return session.exec(moves.where(col(AliasChange.at) <= at).order_by(col(AliasChange.sequence).desc())).first()


def served(session: Session, model_id: str) -> frozenset[str]:
    """Return the versions that have served, or stood as last known good."""
    named = col(AliasChange.alias).in_([CHAMPION, LAST_KNOWN_GOOD])
    found = session.exec(select(AliasChange.version).where(AliasChange.model_id == model_id, named).distinct())
    return frozenset(one for one in found if one is not None)


def version(session: Session, model_id: str, name: str) -> ModelVersion | None:
    """Return the version of that name."""
    mine = select(ModelVersion).where(ModelVersion.model_id == model_id, ModelVersion.version == name)
    return session.exec(mine).first()


def keep(session: Session, new: ModelVersion) -> None:
    """Write down what was made and judged; of a version that is known only the judgement, and checksums it lacked."""
    known = version(session, new.model_id, new.version)
    if known is not None:
        judged: dict[str, Any] = {
            name: new.details[name] for name in ("validation", "judged_as") if name in new.details
        }
        known.details = {**known.details, **judged}
        if known.artefact_sha256 is None:
            known.artefact, known.artefact_sha256 = new.artefact or known.artefact, new.artefact_sha256
            known.training_data, known.training_data_sha256 = new.training_data, new.training_data_sha256
            known.verified_at, known.unread = new.verified_at, new.unread
    session.add(known or new)
    session.flush()


def versions(session: Session, model_id: str, limit: int | None = None) -> list[ModelVersion]:
    """Return the model's versions, oldest first; at most so many of the newest."""
    query = select(ModelVersion).where(ModelVersion.model_id == model_id).order_by(col(ModelVersion.id).desc())
    return list(reversed(session.exec(query.limit(limit) if limit else query).all()))


def why_not(found: ModelVersion) -> str | None:
    """Return why the version must neither be promoted nor rolled back to; None where nothing speaks against it.

    >>> why_not(ModelVersion(mismatch="artefact gone"))
    'artefact gone'
    """
    if found.mismatch:
        return found.mismatch
    if found.blocked_by == RETIRED:
        return f"{RETIRED}: {found.blocked_why}"
    if found.blocked_by:
        return found.blocked_why or f"blocked by {found.blocked_by}"
    failed = found.details.get("validation") == Judged.FAILED
    return f"it did not pass its validation ({found.details.get('judged_as') or found.retrain_id})" if failed else None


def is_being_changed(session: Session, model_id: str) -> bool:
    """Return whether a move of an alias is on its way: by a rollout, or one that the registry was not told of yet."""
    rollouts = select(Rollout.id).where(
        Rollout.model_id == model_id, col(Rollout.status).in_(["queued", "running", "undoing"])
    )
    owed = select(Owed.id).where(
        Owed.kind == "registry", Owed.subject == model_id, col(Owed.status).in_(["pending", "sending"])
    )
    waits = owed.where(col(Owed.coalesce).like("registry:alias:%"))
    return any(session.exec(query.limit(1)).first() is not None for query in (rollouts, waits))


def passed(session: Session, model_id: str) -> list[RetrainRequest]:
    """Return the retrains whose candidate passed its validation, newest first."""
    mine = [RetrainRequest.model_id == model_id, RetrainRequest.status == "validated_pass"]
    found = session.exec(select(RetrainRequest).where(*mine).order_by(col(RetrainRequest.requested_at).desc()))
    return [one for one in found if one.candidate is not None]


@dataclass(frozen=True)
class RegistryView:
    """A model as people ask for it: what serves, what there is, how far it is restrained, and how that came about."""

    model: Model
    standing: tuple[OversightChange, ...]
    restraints: tuple[OversightChange, ...]  # changes, newest first
    aliases: dict[str, AliasChange]
    moves: tuple[AliasChange, ...]  # newest first
    versions: tuple[ModelVersion, ...]  # newest first
    count: int
    names: dict[str, str]  # of the people who changed something, by id


def view(session: Session, model_id: str, most: int) -> RegistryView | None:
    """Return the model with so many of its newest versions; None where no such model is watched."""
    model = session.get(Model, model_id)
    if model is None:
        return None
    changes = select(OversightChange).where(OversightChange.model_id == model_id)
    restraints = session.exec(changes.order_by(col(OversightChange.id).desc()).limit(MOST_CHANGES)).all()
    moved = select(AliasChange).where(AliasChange.model_id == model_id).order_by(col(AliasChange.id).desc())
    moves = session.exec(moved.limit(MOST_CHANGES)).all()
    counted = select(func.count()).select_from(ModelVersion).where(ModelVersion.model_id == model_id)
    found = tuple(reversed(versions(session, model_id, most)))
    actors = {one.by for one in restraints} | {one.by for one in moves} | {one.registered_by for one in found}
    return RegistryView(
        model=model,
        standing=tuple(oversight.standing(session, model_id)),
        restraints=tuple(restraints),
        aliases=aliases(session, model_id),
        moves=tuple(moves),
        versions=found,
        count=session.exec(counted).one(),
        names=_names(session, actors),
    )


def _names(session: Session, actors: Collection[str]) -> dict[str, str]:
    known = {actor: people.known_as(session, actor) for actor in actors}
    return {actor: person.name for actor, person in known.items() if person is not None}
