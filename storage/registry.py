"""Versions of models, and which of them each name stands for; the newest change of a name holds."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlmodel import Session, col, func, select

from storage import oversight, people
from storage.tables import AliasChange, Model, ModelVersion, OversightChange, Owed, RetrainRequest, Rollout

CHAMPION, FALLBACK, LAST_KNOWN_GOOD = "champion", "fallback", "last_known_good"
ALIASES = (CHAMPION, FALLBACK, LAST_KNOWN_GOOD)
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


def version(session: Session, model_id: str, name: str) -> ModelVersion | None:
    """Return the version of that name."""
    mine = select(ModelVersion).where(ModelVersion.model_id == model_id, ModelVersion.version == name)
    return session.exec(mine).first()


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
    return (found.blocked_why or f"blocked by {found.blocked_by}") if found.blocked_by else None


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


def passed(session: Session, model_id: str) -> dict[str, str]:
    """Return the retrain of each version that passed its validation."""
    query = select(RetrainRequest.candidate, RetrainRequest.id).where(
        RetrainRequest.model_id == model_id, RetrainRequest.status == "validated_pass"
    )
    return {str(candidate): id for candidate, id in session.exec(query) if candidate is not None}


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
