"""What a model leaves to people: serving code hands it in and asks what was decided; people see it and decide."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Query, Response
from fastapi.responses import JSONResponse
from pydantic import Field
from sqlmodel import Session

from analysis.errors import Refused, Unknown
from analysis.policy import Policy
from analysis.response import cases as rules
from analysis.response.permissions import View
from bot.http import gate
from bot.http.answering import HTTP, Body, Said, Text, refused, seen, told
from bot.http.callers import Caller, Callers
from bot.operations import cases, taking_in
from bot.operations.taking_in import Case
from bot.services import Services
from storage import cases as stored
from storage.tables import ReviewItem

MOST = 100  # of one call
LARGEST_ID = 2**31 - 1

Name = Annotated[Said, Field(min_length=1, max_length=200)]
Word = Annotated[Said, Field(min_length=1, max_length=rules.LONGEST_DECISION)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Value = Annotated[Said, Field(max_length=500)] | bool | int | Number | None
Attributes = Annotated[dict[Annotated[Said, Field(min_length=1, max_length=100)], Value], Field(max_length=50)]


class Left(Body):
    """A request that serving code leaves to people, with what the gate said of it."""

    request: Name
    level: Annotated[int, Field(ge=0, le=3)]
    version: Name | None = None
    proposal: Word | None = None
    score: Number | None = None
    confidence: Annotated[float, Field(ge=0, le=1)] | None = None
    incident: Annotated[Said, Field(max_length=50)] | None = None
    attributes: Attributes = Field(default_factory=dict)


class Asked(Body):
    """Which requests serving code asks about: in the body, for names may be personal, and addresses are logged."""

    requests: Annotated[list[Name], Field(max_length=MOST)]


class Decided(Body):
    """What a person decides, and why."""

    decision: Annotated[Said, Field(max_length=1_000)]
    note: Text = ""


def router(services: Services, token: str | None) -> APIRouter:
    """Return the routes; with a token, serving code has to carry it."""
    routes = APIRouter()
    Who = Annotated[Caller, Depends(Callers(services))]

    def known(authorization: Annotated[str, Header()] = "") -> None:
        gate.check(token, authorization)

    @routes.post("/v1/gate/{model}/reviews", dependencies=[Depends(known)])
    def leave(model: Said, body: Left) -> Response:
        try:
            return JSONResponse({"case": taking_in.take_in(services, Case(model, **dict(body))).item.id})
        except Refused as error:
            return refused(error)

    @routes.post("/v1/gate/{model}/decided", dependencies=[Depends(known)])
    def asked(model: Said, body: Asked) -> Response:
        if services.policy.model(model) is None:
            return refused(Unknown("model", model[:80]))
        with services.database.read() as session:
            found = stored.named(session, model, set(body.requests))
        decided = {one.request: _decision(one) for one in found if one.decided_at is not None}
        waiting = [one.request for one in found if one.decided_at is None]
        return JSONResponse({"decided": decided, "waiting": sorted(waiting)})

    @routes.get("/v1/models/{model}/reviews")
    def listed(
        model: Said,
        who: Who,
        state: Literal["waiting", "decided", "all"] = "waiting",
        limit: Annotated[int, Query(ge=1, le=MOST)] = MOST,
    ) -> Response:
        def load(session: Session) -> dict[str, Any]:
            if services.policy.model(model) is None:
                raise Unknown("model", model[:80], [one.id for one in services.policy.models])
            found = stored.listed(session, model, state, limit)
            return {"model": model, "cases": [_case(services.policy, one) for one in found]}

        return seen(services, who, f"{model} reviews", load, View.CASES)

    @routes.post("/v1/models/{model}/reviews/{id}")
    def decide(model: Said, id: int, body: Decided, who: Who) -> Response:
        number = id if 0 < id <= LARGEST_ID else 0  # what no column holds is the number of none
        wish = cases.Wish(who.person, number, body.decision, body.note, model, who.delivery, HTTP)
        return told(cases.decide(services, wish))

    return routes


def _decision(item: ReviewItem) -> dict[str, Any]:
    return item.model_dump(mode="json", include={"decision", "note", "decided_at"})


def _case(policy: Policy, item: ReviewItem) -> dict[str, Any]:
    """Return the request as who decides may see it: what must not count is named, not shown."""
    watched = policy.model(item.model_id)
    shown = rules.shown(item.seen, watched.not_shown if watched else ())
    facts = item.model_dump(mode="json", exclude={"model_id", "handle", "seen"})
    return facts | {"attributes": shown, "not_shown": sorted(set(item.seen) - set(shown))}
