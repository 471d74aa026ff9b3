"""`/v1`: what can be pressed in Slack as a call, under the same rules; RFC 9457 problems where it cannot be done."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from fastapi.responses import JSONResponse
from pydantic import Field
from sqlmodel import Session

from analysis.errors import Refused, Unknown
from analysis.response import life
from analysis.response import quiet as silence
from analysis.response.resets import Cause
from analysis.vocabulary import Severity
from bot.http import problems
from bot.http.answering import HTTP, Body, Said, Text, refused, seen, told
from bot.http.callers import Caller, Callers
from bot.operations import approvals, detection, incidents, quieting, resetting
from bot.operations.deciding import Decision
from bot.operations.detection import Wish
from bot.operations.doing import Request
from bot.services import Services
from storage import approvals as asked
from storage import incidents as stored
from storage import quiet as kept
from storage.tables import Alert, Approval, Incident, Quiet, TimelineEntry
from templates import answers


class Move(Body):
    """The fields of a move, and what the caller saw of the incident."""

    fields: Annotated[dict[Annotated[Said, Field(max_length=50)], Text], Field(default_factory=dict, max_length=50)]
    state: Annotated[Said, Field(max_length=50)] | None = None
    version: int | None = None


class Yes(Body):
    """The word that a wish asks for, if it does."""

    confirm: Annotated[Said, Field(max_length=50)] = ""


class No(Body):
    """Why not."""

    reason: Text


class Reset(Body):
    """Which model's baseline is counted anew, and why."""

    model: Annotated[Said, Field(max_length=64)]
    reason: Text
    cause: Annotated[Said, Field(max_length=50)] = Cause.CONCEPT_DRIFT.value


class Quieten(Body):
    """What is to be silent, until when, and why."""

    kind: Said
    match: Annotated[dict[Said, Said], Field(max_length=10)]
    span: Annotated[Said | None, Field(alias="for", max_length=20)] = None
    until: Annotated[Said, Field(max_length=40)] | None = None
    critical: bool = False
    reason: Text

    def typed(self, kind: silence.Kind, now: datetime) -> silence.Typed:
        """Return the same as it would be typed in Slack; raise Missing."""
        matched, _ = silence.named(kind, [f"{name}={value}" for name, value in self.match.items()])
        loud = {"up_to": Severity.CRITICAL.value} if self.critical else {}
        words = ["for", self.span] if self.span else ["until", self.until] if self.until else []
        return silence.checked(kind, matched | loud, silence.ending(kind, words, now), self.reason, now)


class Why(Body):
    """Why, where that need not be said."""

    reason: Text = ""


class Check(Body):
    """Which model."""

    model: Annotated[Said, Field(max_length=64)]


def router(services: Services) -> APIRouter:
    """Return the routes."""
    routes = APIRouter()
    Who = Annotated[Caller, Depends(Callers(services))]

    @routes.get("/v1/incidents")
    def listed(who: Who) -> Response:
        return seen(services, who, "incidents", lambda session: {
            "incidents": [_incident(one) for one in stored.open_ones(session)]
        })  # fmt: skip

    @routes.get("/v1/incidents/{incident}")
    def one(incident: Said, who: Who) -> Response:
        return seen(services, who, incident, lambda session: _whole(session, incident))

    @routes.post("/v1/incidents/{incident}/moves/{verb}")
    def move(incident: Said, verb: Said, body: Move, who: Who) -> Response:
        if verb not in life.MOVES:
            return refused(Unknown("move", verb[:50], list(life.MOVES)))
        request = Request(verb, incident[:50], who.person, body.state, body.version, body.fields, who.delivery)
        return told(incidents.move(services, request))

    @routes.post("/v1/alerts/{alert}/export")
    def export(alert: Said, who: Who) -> Response:
        with services.database.read() as session:
            found = session.get(Alert, alert[:50])
            incident = found.incident_id if found else None
        if incident is None:
            return refused(Unknown("alert with an incident", alert[:50]))
        return told(incidents.move(services, Request("export", incident, who.person, delivery=who.delivery)))

    @routes.get("/v1/approvals")
    def waiting(who: Who) -> Response:
        return seen(services, who, "approvals", lambda session: {
            "approvals": [_approval(view.approval) for view in asked.views(session)]
        })  # fmt: skip

    @routes.post("/v1/approvals/{approval}/approve")
    def approve(approval: Said, who: Who, body: Yes | None = None) -> Response:
        word = body.confirm if body is not None else ""
        decision = Decision("approve", approval[:50], who.person, "", who.delivery, HTTP, word)
        return told(approvals.decide(services, decision))

    @routes.post("/v1/approvals/{approval}/decline")
    def decline(approval: Said, body: No, who: Who) -> Response:
        decision = Decision("decline", approval[:50], who.person, body.reason, who.delivery, HTTP)
        return told(approvals.decide(services, decision))

    @routes.post("/api/v1/monitoring/analyze-now")
    def analyze(body: Check, who: Who) -> Response:
        try:
            run = detection.request(services, Wish(body.model, who.person, delivery=who.delivery))
        except Refused as error:
            return refused(error)
        return JSONResponse({"outcome": "queued", "model": body.model, "run": run.id if run else None}, 202)

    @routes.post("/api/v1/monitoring/baselines/reset")
    def reset(body: Reset, who: Who) -> Response:
        wish = resetting.Wish(body.model, who.person, body.reason, body.cause, who.delivery, HTTP)
        return told(resetting.ask(services, wish), done=202)  # it is counted later

    @routes.get("/v1/quiet")
    def quiet(who: Who) -> Response:
        return seen(services, who, "quiet", lambda session: {
            "quiet": [_quiet(view.quiet) | {"holds": view.held} for view in kept.views(session, services.clock())]
        })  # fmt: skip

    @routes.post("/v1/quiet")
    def quieten(body: Quieten, who: Who) -> Response:
        try:
            kind, now = silence.kind_of(body.kind), services.clock()
            wish = quieting.Wish(kind, who.person, body.typed(kind, now), delivery=who.delivery, facts=HTTP)
            return _quieted(quieting.change(services, wish))
        except Refused as error:
            return refused(error)

    @routes.post("/v1/quiet/{id}/end")
    def end(id: Said, body: Why, who: Who) -> Response:
        try:
            kind, reason = silence.Kind.SILENCE, body.reason
            wish = quieting.Wish(kind, who.person, ends=id, reason=reason, delivery=who.delivery, facts=HTTP)
            return _quieted(quieting.change(services, wish))
        except Refused as error:
            return refused(error)

    return routes


def _whole(session: Session, incident_id: str) -> dict[str, Any]:
    view = stored.view(session, incident_id)
    if view is None:
        raise Unknown("incident", incident_id[:50], stored.newest_ids(session)[:3])
    waits = [_approval(one) for one in view.approvals]
    return {**_incident(view.incident), "timeline": [_entry(one) for one in view.timeline], "approvals": waits}


def _incident(incident: Incident) -> dict[str, Any]:
    names = ("id", "model_id", "family", "severity", "state", "version", "opened_at", "acknowledged_at", "resolved_at")
    return incident.model_dump(mode="json", include=set(names)) | {"acknowledged_by": incident.acknowledged_by}


def _quieted(found: Quiet | None) -> Response:
    """Return what was made or ended; a problem where the call came before and was refused then."""
    return problems.problem(409, answers.REPEATED) if found is None else JSONResponse(_quiet(found))


def _quiet(quiet: Quiet) -> dict[str, Any]:
    names = {"id", "kind", "incident_id", "matcher", "reason", "by", "approved_by", "starts_at", "ends_at", "ended_at"}
    return quiet.model_dump(mode="json", include=names)


def _entry(entry: TimelineEntry) -> dict[str, Any]:
    return entry.model_dump(mode="json", include={"at", "actor", "verb", "facts"})


def _approval(approval: Approval) -> dict[str, Any]:
    names = {"id", "verb", "subject", "requested_by", "requested_at", "expires_at", "status"}
    return approval.model_dump(mode="json", include=names) | {"needs": approval.needs["parts"]}
