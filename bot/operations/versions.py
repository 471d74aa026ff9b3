"""Registers versions and lets aliases stand for them: the same rules for every door, each a line of the audit log."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session

from analysis.errors import Missing, Unknown
from analysis.response import permissions
from analysis.response.permissions import Action
from bot.integrations.registry import registries
from bot.operations import gating
from bot.operations.auditing import About, audited
from bot.services import Services
from storage import incidents, outbox, oversight, registry, rollouts
from storage.tables import AliasChange, Model, ModelVersion


@dataclass(frozen=True)
class Wish:
    """Somebody wants something done with a version of a model."""

    actor: str
    model: str
    version: str
    reason: str = ""
    facts: dict[str, Any] = field(default_factory=dict)  # what the door knows of the person, for the audit log


@dataclass(frozen=True)
class Parts:
    """What the version is made of: where it lies, and the checksums as they were counted."""

    artefact: str
    artefact_sha256: str
    training_data: str | None = None
    training_data_sha256: str | None = None


def register(services: Services, wish: Wish, parts: Parts) -> bool:
    """Return whether the version is new; raise NotAllowed, Unknown, or Missing where it is registered otherwise.

    One that the registry made known without checksums is given them; what was registered once is never changed.
    """

    def registered(session: Session, now: datetime) -> tuple[bool, dict[str, Any]]:
        _allow(services, session, wish)
        row = registry.version(session, wish.model, wish.version)
        if row is not None and row.artefact_sha256 is not None:
            if (row.artefact_sha256, row.training_data_sha256) != (parts.artefact_sha256, parts.training_data_sha256):
                raise Missing(
                    "register", "version", "is registered with other checksums: what changed is a new version"
                )
            return False, {"is_new": False}
        if row is None and _is_elsewhere(services, wish.model):
            raise Unknown(
                "version", wish.version[:80], [one.version for one in registry.versions(session, wish.model, 5)]
            )
        row = row or ModelVersion(
            model_id=wish.model, version=wish.version, registered_by=wish.actor, registered_at=now
        )
        row.artefact, row.artefact_sha256 = parts.artefact, parts.artefact_sha256
        row.training_data, row.training_data_sha256 = parts.training_data, parts.training_data_sha256
        row.verified_at = now
        session.add(row)
        session.flush()
        sums = {"artefact_sha256": parts.artefact_sha256, "training_data_sha256": parts.training_data_sha256}
        return True, {"is_new": True, **sums}

    return audited(services, _about(wish, "version_registered"), registered)


def point(services: Services, wish: Wish, alias: str) -> str | None:
    """Return what the alias stood for; raise NotAllowed, Unknown, or Missing where it may not stand for the version.

    Which version serves is changed by promotion and rollback, which two people do; here it is named for the first time.
    """

    def pointed(session: Session, now: datetime) -> tuple[str | None, dict[str, Any]]:
        _allow(services, session, wish)
        row = registry.version(session, wish.model, wish.version)
        before = registry.alias(session, wish.model, alias)
        was = before.version if before else None
        _check(session, wish, alias, row, was)
        data = {"alias": alias, "version": wish.version, "was": was, "reason": wish.reason}
        if was != wish.version:
            new = AliasChange(
                model_id=wish.model, alias=alias, sequence=0, version=wish.version, by=wish.actor,
                reason=wish.reason, at=now,
            )  # fmt: skip
            registry.point(session, new)
            _owe(services, session, wish.model, alias, now)
            gating.follow(services, session, wish.model, now)
        return was, data

    return audited(services, _about(wish, "alias_moved"), pointed)


def retire(services: Services, wish: Wish) -> bool:
    """Return whether the version might serve until now; raise NotAllowed, Unknown, or Missing where it is in use.

    It serves no more until it is readmitted, whatever becomes of an incident for which it is blocked.
    """

    def retired(session: Session, now: datetime) -> tuple[bool, dict[str, Any]]:
        row = _registered(services, session, wish)
        if not wish.reason:
            raise Missing("retire", "reason", "is needed: it is shown wherever somebody asks for the version")
        _not_in_use(session, wish)
        was = row.blocked_by
        row.blocked_by, row.blocked_why = registry.RETIRED, wish.reason
        gating.tag(services, session, wish.model, now)
        return was != registry.RETIRED, {"reason": wish.reason, "was": was}

    return audited(services, _about(wish, "version_retired"), retired)


def readmit(services: Services, wish: Wish) -> bool:
    """Return whether the version was retired until now; raise NotAllowed, Unknown, or Missing for another block."""

    def readmitted(session: Session, now: datetime) -> tuple[bool, dict[str, Any]]:
        row = _registered(services, session, wish)
        if row.blocked_by not in (None, registry.RETIRED):
            raise Missing("readmit", "version", f"is blocked for {row.blocked_by}, until that incident has ended")
        was, row.blocked_by, row.blocked_why = row.blocked_by, *_still_blocked(session, row)
        gating.tag(services, session, wish.model, now)
        return was is not None, {"reason": wish.reason}

    return audited(services, _about(wish, "version_readmitted"), readmitted)


def _still_blocked(session: Session, row: ModelVersion) -> tuple[str | None, str | None]:
    """Return the open incident of which a rollback took the version out of service, and which; else nothing."""
    for one in incidents.open_ones(session, row.model_id):
        rollback = rollouts.taken_out(session, one.id).get(row.version)
        if rollback is not None:
            return one.id, f"rolled back by {rollback.id}"
    return None, None


def _registered(services: Services, session: Session, wish: Wish) -> ModelVersion:
    """Return the version, for one who may change it; no change of what serves begins meanwhile."""
    _allow(services, session, wish)
    session.get(Model, wish.model, with_for_update=True)
    row = registry.version(session, wish.model, wish.version)
    if row is None:
        raise Unknown("version", wish.version[:80], [one.version for one in registry.versions(session, wish.model, 5)])
    session.add(row)
    return row


def _not_in_use(session: Session, wish: Wish) -> None:
    """Raise Missing where the version is named, serves instead of a restrained one, or is just being changed."""
    held = [one.alias for one in registry.aliases(session, wish.model).values() if one.version == wish.version]
    if held:
        raise Missing("retire", "version", f"is what {' and '.join(sorted(held))} stands for: name another one first")
    if wish.version in {one.fallback for one in oversight.standing(session, wish.model)}:
        raise Missing("retire", "version", "is served while the model is restrained: freeze it with another fallback")
    changing = rollouts.under_way(session, wish.model)
    if changing is not None and wish.version in (changing.to_version, changing.from_version):
        raise Missing("retire", "version", f"is part of {changing.id}, which is under way")


def _about(wish: Wish, action: str) -> About:
    return About(wish.actor, action, f"{wish.model}/{wish.version}"[:200], wish.facts)


def _check(session: Session, wish: Wish, alias: str, row: ModelVersion | None, was: str | None) -> None:
    if alias not in registry.ALIASES:
        raise Unknown("alias", alias[:80], registry.ALIASES)
    if row is None:
        raise Unknown("version", wish.version[:80], [one.version for one in registry.versions(session, wish.model, 5)])
    against = registry.why_not(row)
    if against is not None:
        raise Missing("alias", "version", f"{row.version} may not serve: {against}")
    if alias == registry.CHAMPION and was not in (None, wish.version):
        raise Missing("alias", "champion", f"is {was}: what serves is changed by promotion or rollback")


def _allow(services: Services, session: Session, wish: Wish) -> None:
    permissions.permit(Action.REGISTRY, services.roles(session, wish.actor))
    if services.policy.model(wish.model) is None or session.get(Model, wish.model) is None:
        raise Unknown("model", wish.model[:80], [one.id for one in services.policy.models])
    if not wish.version or len(wish.version) > 100 or not wish.version.isprintable():
        raise Missing("register", "version", "needs a name of at most 100 characters")


def _is_elsewhere(services: Services, model_id: str) -> bool:
    watched = services.policy.model(model_id)
    return watched is not None and registries.is_elsewhere(watched)


def _owe(services: Services, session: Session, model_id: str, alias: str, now: datetime) -> None:
    """Owe the move to the registry where that is another system."""
    if not _is_elsewhere(services, model_id):
        return
    outbox.owe_newest(session, f"registry:alias:{model_id}:{alias}", "registry", model_id, now, alias=alias)
