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
from storage import outbox, registry
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
