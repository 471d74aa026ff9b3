"""Promotion and rollback as calls: asked for, and looked at; approved as any wish is (`/v1/approvals/…`)."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from pydantic import Field
from sqlmodel import Session

from analysis.errors import Missing, Refused, Unknown
from bot.http.answering import HTTP, Body, Said, Text, refused, seen, told
from bot.http.callers import Caller, Callers
from bot.operations import incidents
from bot.operations.doing import Request
from bot.services import Services
from storage import rollouts as stored
from storage.incidents import open_ones
from storage.tables import Model

Short = Annotated[Said, Field(max_length=100)]


class Promote(Body):
    """Which candidate: by the retrain that made it, or its version; why; for which incident."""

    request_id: Annotated[Short, Field(alias="requestId")] = ""
    version: Short = ""
    reason: Text
    incident: Short = ""


class Back(Body):
    """To which version (none: the last known good one), why, for which incident."""

    version: Short = ""
    reason: Text
    incident: Short = ""


class Reverse(Body):
    """Why, for which incident."""

    reason: Text
    incident: Short = ""


def router(services: Services) -> APIRouter:
    """Return the routes."""
    routes = APIRouter()
    Who = Annotated[Caller, Depends(Callers(services))]

    @routes.post("/v1/models/{model}/promote")
    def promote(model: Said, body: Promote, who: Who) -> Response:
        fields = {"candidate": body.request_id or body.version, "reason": body.reason}
        return _asked(services, who, "promote", (model, body.incident, fields))

    @routes.post("/v1/models/{model}/rollback")
    def rollback(model: Said, body: Back, who: Who) -> Response:
        fields = {"version": body.version, "reason": body.reason}
        return _asked(services, who, "rollback", (model, body.incident, fields))

    @routes.post("/v1/models/{model}/reverse")
    def reverse(model: Said, body: Reverse, who: Who) -> Response:
        return _asked(services, who, "reverse", (model, body.incident, {"reason": body.reason}))

    @routes.get("/v1/rollouts/{rollout}")
    def one(rollout: Said, who: Who) -> Response:
        return seen(services, who, rollout[:50], lambda session: _whole(session, rollout[:50]))

    return routes


def _asked(services: Services, who: Caller, verb: str, what: tuple[str, str, dict[str, str]]) -> Response:
    """Return what became of the move at the incident that was named, or at the model's newest open one."""
    model, incident, fields = what
    try:
        with services.database.read() as session:
            at = incident or _incident(session, verb, model)
    except Refused as error:
        return refused(error)
    request = Request(verb, at[:50], who.person, fields=fields, delivery=who.delivery, facts=HTTP)
    return told(incidents.move(services, request))


def _incident(session: Session, verb: str, model: str) -> str:
    if not model.isprintable() or session.get(Model, model[:64]) is None:
        raise Unknown("model", model[:64])
    found = open_ones(session, model)
    if not found:
        raise Missing(verb, "incident", f"of {model} is not open: name the one that this is done for")
    return found[0].id


def _whole(session: Session, rollout_id: str) -> dict[str, Any]:
    found = stored.get(session, rollout_id)
    if found is None:
        raise Unknown("promotion or rollback", rollout_id)
    return found.model_dump(mode="json", exclude={"attempts", "next_at"})
