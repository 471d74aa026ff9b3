"""`/v1`: what can be pressed in Slack as a call, under the same rules; RFC 9457 problems where it cannot be done."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from sqlmodel import Session

from analysis.errors import Missing, NotAllowed, NotNow, NotSure, NotYou, Refused, Unknown
from analysis.response import life
from analysis.response import quiet as silence
from analysis.response.outcomes import Kind, Outcome
from analysis.response.permissions import View
from analysis.response.resets import Cause
from analysis.vocabulary import Severity
from bot.http import problems
from bot.http.callers import Caller, Callers
from bot.operations import approvals, detection, incidents, quieting, resetting, viewing
from bot.operations.deciding import Decision
from bot.operations.detection import Wish
from bot.operations.doing import Request
from bot.payload import fit
from bot.services import Services
from storage import approvals as asked
from storage import incidents as stored
from storage import quiet as kept
from storage.tables import Alert, Approval, Incident, Quiet, TimelineEntry
from templates import answers
from templates.slack.mrkdwn import plainly

STATUS = {NotAllowed: 403, NotYou: 403, NotNow: 409, NotSure: 503, Missing: 422, Unknown: 404}
KINDS = {Kind.DONE: 200, Kind.REQUESTED: 202, Kind.ALREADY: 409, Kind.STALE: 409, Kind.REPEATED: 200}
Said = Annotated[str, AfterValidator(fit)]  # what comes in is made fit to be kept, as what Slack delivers
Text = Annotated[Said, Field(max_length=5_000)]  # how long each field may be, the operation says


class Body(BaseModel):
    """What a call sends: what is not named is refused."""

    model_config = ConfigDict(extra="forbid")


class Move(Body):
    """The fields of a move, and what the caller saw of the incident."""

    fields: Annotated[dict[Annotated[Said, Field(max_length=50)], Text], Field(max_length=50)] = {}
    state: Annotated[Said, Field(max_length=50)] | None = None
    version: int | None = None


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
        return _seen(services, who, "incidents", lambda session: {
            "incidents": [_incident(one) for one in stored.open_ones(session)]
        })  # fmt: skip

    @routes.get("/v1/incidents/{incident}")
    def one(incident: Said, who: Who) -> Response:
        return _seen(services, who, incident, lambda session: _whole(session, incident))

    @routes.post("/v1/incidents/{incident}/moves/{verb}")
    def move(incident: Said, verb: Said, body: Move, who: Who) -> Response:
        if verb not in life.MOVES:
            return _refused(Unknown("move", verb[:50], list(life.MOVES)))
        request = Request(verb, incident[:50], who.person, body.state, body.version, body.fields, who.delivery)
        return _told(incidents.move(services, request))

    @routes.post("/v1/alerts/{alert}/export")
    def export(alert: Said, who: Who) -> Response:
        with services.database.read() as session:
            found = session.get(Alert, alert[:50])
            incident = found.incident_id if found else None
        if incident is None:
            return _refused(Unknown("alert with an incident", alert[:50]))
        return _told(incidents.move(services, Request("export", incident, who.person, delivery=who.delivery)))

    @routes.get("/v1/approvals")
    def waiting(who: Who) -> Response:
        return _seen(services, who, "approvals", lambda session: {
            "approvals": [_approval(view.approval) for view in asked.views(session)]
        })  # fmt: skip

    @routes.post("/v1/approvals/{approval}/approve")
    def approve(approval: Said, who: Who) -> Response:
        return _told(approvals.decide(services, Decision("approve", approval[:50], who.person, "", who.delivery, HTTP)))

    @routes.post("/v1/approvals/{approval}/decline")
    def decline(approval: Said, body: No, who: Who) -> Response:
        decision = Decision("decline", approval[:50], who.person, body.reason, who.delivery, HTTP)
        return _told(approvals.decide(services, decision))

    @routes.post("/api/v1/monitoring/analyze-now")
    def analyze(body: Check, who: Who) -> Response:
        try:
            run = detection.request(services, Wish(body.model, who.person, delivery=who.delivery))
        except Refused as error:
            return _refused(error)
        return JSONResponse({"outcome": "queued", "model": body.model, "run": run.id if run else None}, 202)

    @routes.post("/api/v1/monitoring/baselines/reset")
    def reset(body: Reset, who: Who) -> Response:
        wish = resetting.Wish(body.model, who.person, body.reason, body.cause, who.delivery, HTTP)
        return _told(resetting.ask(services, wish), done=202)  # it is counted later

    @routes.get("/v1/quiet")
    def quiet(who: Who) -> Response:
        return _seen(services, who, "quiet", lambda session: {
            "quiet": [_quiet(view.quiet) | {"holds": view.held} for view in kept.views(session, services.clock())]
        })  # fmt: skip

    @routes.post("/v1/quiet")
    def quieten(body: Quieten, who: Who) -> Response:
        try:
            kind, now = silence.kind_of(body.kind), services.clock()
            wish = quieting.Wish(kind, who.person, body.typed(kind, now), delivery=who.delivery, facts=HTTP)
            return _quieted(quieting.change(services, wish))
        except Refused as error:
            return _refused(error)

    @routes.post("/v1/quiet/{id}/end")
    def end(id: Said, body: Why, who: Who) -> Response:
        try:
            kind, reason = silence.Kind.SILENCE, body.reason
            wish = quieting.Wish(kind, who.person, ends=id, reason=reason, delivery=who.delivery, facts=HTTP)
            return _quieted(quieting.change(services, wish))
        except Refused as error:
            return _refused(error)

    return routes


HTTP = {"door": "http"}


def _seen(services: Services, who: Caller, at_what: str, load: Callable[[Session], dict[str, Any]]) -> Response:
    """Return what the caller looks at, recorded; a problem where they may not."""
    try:
        viewing.look(services, who.person, View.INCIDENT_TIMELINE, at_what)
        with services.database.read() as session:
            return JSONResponse(load(session))
    except Refused as error:
        return _refused(error)


def _told(outcome: Outcome, done: int = 200) -> Response:
    """Return what became of it; a refusal as a problem."""
    if outcome.error is not None:
        return _refused(outcome.error)
    told = incidents.told(outcome)
    kind = Kind(told.get("kind", outcome.kind))
    if kind is Kind.REFUSED:  # a repeated call whose first was refused
        return problems.problem(409, told["says"])
    facts = {name: fact for name, fact in outcome.facts.items() if name in SHOWN}
    status = done if kind is Kind.DONE else KINDS[kind]
    return JSONResponse({"outcome": kind.value, "says": plainly(told.get("says", "")), **facts}, status)


SHOWN = ("incident", "state", "approval", "until", "status", "by", "at", "retrain", "version", "level", "run", "model")


def _refused(error: Refused) -> Response:
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 422)
    return problems.problem(status, answers.refusal(error), {"Retry-After": "5"} if status == 503 else None)


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
