"""`GET /v1/models/{id}/versions`: what is registered of a model, what serves, and how far it is restrained."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from sqlmodel import Session

from analysis.errors import Unknown
from bot.http.answering import Said, seen
from bot.http.callers import Caller, Callers
from bot.services import Services
from storage import registry
from storage.tables import AliasChange, ModelVersion

MOST = 100


def router(services: Services) -> APIRouter:
    """Return the route."""
    routes = APIRouter()
    Who = Annotated[Caller, Depends(Callers(services))]

    @routes.get("/v1/models/{model}/versions")
    def versions(model: Said, who: Who) -> Response:
        return seen(services, who, model, lambda session: _told(services, session, model))

    return routes


def _told(services: Services, session: Session, model: str) -> dict[str, Any]:
    """Return the versions, newest first, and the rest of what is known; raise Unknown."""
    view = registry.view(session, model, MOST)
    if view is None:
        raise Unknown("model", model[:80], [one.id for one in services.policy.models])
    restraint = {"by", "at", "reason", "level", "fallback", "segment", "until", "incident_id"}
    return {
        "model": view.model.id,
        "aliases": {name: one.version for name, one in view.aliases.items()},
        "versions": [_version(one) for one in view.versions],
        "count": view.count,
        "moves": [_move(one) for one in view.moves],
        "restraints": [one.model_dump(mode="json", include=restraint) for one in view.restraints],
    }


def _version(row: ModelVersion) -> dict[str, Any]:
    left_out = {"id", "model_id", "details"}
    return row.model_dump(mode="json", exclude=left_out) | {"may_serve": registry.why_not(row) is None}


def _move(one: AliasChange) -> dict[str, Any]:
    return one.model_dump(mode="json", include={"alias", "version", "by", "at", "reason", "rollout_id"})
