"""Retrains as calls: asked for, looked at, ended; and the signed calls by which a pipeline says how it goes."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field, ValidationError
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from analysis.errors import Missing, Refused, Unknown
from bot.http import problems
from bot.http.answering import HTTP, Body, Said, Text, refused, seen, told
from bot.http.callers import Caller, Callers
from bot.http.signature import is_genuine
from bot.integrations.hooks import SCHEME
from bot.operations import triggering
from bot.operations.calling_back import Call, hear
from bot.operations.triggering import Wish
from bot.services import Services
from storage import retrains
from storage.tables import RetrainRequest
from templates import answers, validated

UNSIGNED = "The call is not signed with ETHIXBOT_WEBHOOK_SECRET, or not lately."


class Trigger(Body):
    """Why, what the pipeline is to know, what the candidate is held against, and for which incident."""

    reason: Text
    notes: Text = ""
    baseline_snapshot: Annotated[Said, Field(max_length=100)] = ""
    incident: Annotated[Said, Field(max_length=50)] = ""


class Why(Body):
    """Why it must not go on."""

    reason: Text


def router(services: Services, secret: str | None) -> APIRouter:
    """Return the routes; where there is no secret nobody's call back is heard."""
    routes = APIRouter()
    Who = Annotated[Caller, Depends(Callers(services))]

    @routes.post("/v1/models/{model}/trigger-retrain")
    def trigger(model: Said, body: Trigger, who: Who) -> Response:
        fields = {"reason": body.reason, "notes": body.notes, "baseline": body.baseline_snapshot}
        wish = Wish("retrain", who.person, fields, model[:64], body.incident, delivery=who.delivery, facts=HTTP)
        return told(triggering.trigger(services, wish), done=202)

    @routes.get("/v1/retrain/{request}")
    def one(request: Said, who: Who) -> Response:
        return seen(services, who, request[:50], lambda session: _whole(session, request[:50]))

    @routes.post("/v1/retrain/{request}/cancel")
    def cancel(request: Said, body: Why, who: Who) -> Response:
        fields = {"reason": body.reason}
        wish = Wish("cancel_retrain", who.person, fields, request=request[:50], delivery=who.delivery, facts=HTTP)
        return told(triggering.cancel(services, wish), done=202)

    @routes.post("/v1/retrain/{request}/progress")
    async def progress(request: str, sent: Request) -> Response:
        body = await sent.body()
        stamp, signature = (sent.headers.get(f"x-ethixai-{name}", "") for name in ("timestamp", "signature"))
        if secret is None or not is_genuine(secret, stamp, signature, body, services.clock(), scheme=SCHEME):
            raise HTTPException(401, UNSIGNED)
        return await run_in_threadpool(_heard, services, request[:50], body, (int(stamp), signature))

    return routes


def _heard(services: Services, request: str, body: bytes, mark: tuple[int, str]) -> Response:
    """Return what became of a call back; the same call twice gets the same answer, and changes nothing."""
    try:
        call = Call.model_validate(json.loads(body))
    except ValidationError as error:
        places = ", ".join(sorted({".".join(map(str, one["loc"]))[:80] for one in error.errors()})[:5])
        return problems.problem(422, f"Not as expected: {places}.")
    except ValueError:
        return problems.problem(400)
    try:
        return JSONResponse({"outcome": hear(services, request, call, mark)})
    except Missing as error:
        return problems.problem(409, answers.refusal(error))
    except Refused as error:
        return refused(error)


def _whole(session: Session, request_id: str) -> dict[str, Any]:
    request = session.get(RetrainRequest, request_id)
    if request is None:
        raise Unknown("retrain", request_id, [one.id for one in retrains.newest(session, 3)])
    names = {
        "id", "model_id", "incident_id", "status", "reason", "notes", "baseline", "pipeline", "candidate", "error",
        "requested_by", "requested_at", "started_at", "finished_at", "cancelled_by", "exit_code", "result",
    }  # fmt: skip
    progress = {name: fact for name, fact in request.progress.items() if name != "shown_at"}
    found: dict[str, Any] = request.model_dump(mode="json", include=names) | {"progress": progress}
    if "passes" not in request.validation:
        return found
    return found | {"validation": request.validation, "says": validated.plain(request.validation)}
