"""What the routes of `/v1` share: what comes in, and how what became of it is answered."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Response
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from sqlmodel import Session

from analysis.errors import Full, Missing, NotAllowed, NotNow, NotSure, NotYou, Refused, Taken, Unknown
from analysis.response.outcomes import Kind, Outcome
from analysis.response.permissions import View
from bot.http import problems
from bot.http.callers import Caller
from bot.operations import incidents, viewing
from bot.payload import fit
from bot.services import Services
from templates import answers
from templates.slack.mrkdwn import plainly

HTTP = {"door": "http"}
SHOWN = (
    "incident",
    "state",
    "approval",
    "until",
    "status",
    "by",
    "at",
    "retrain",
    "version",
    "level",
    "run",
    "model",
    "rollout",
    "case",
    "decision",
)
STATUS = {NotAllowed: 403, NotYou: 403, NotNow: 409, NotSure: 503, Taken: 409, Full: 429, Missing: 422, Unknown: 404}
KINDS = {Kind.DONE: 200, Kind.REQUESTED: 202, Kind.ALREADY: 409, Kind.STALE: 409, Kind.REPEATED: 200}
Said = Annotated[str, AfterValidator(fit)]  # what comes in is made fit to be kept, as what Slack delivers
Text = Annotated[Said, Field(max_length=5_000)]  # how long each field may be, the operation says


class Body(BaseModel):
    """What a call sends: what is not named is refused."""

    model_config = ConfigDict(extra="forbid")


def seen(
    services: Services,
    who: Caller,
    at_what: str,
    load: Callable[[Session], dict[str, Any]],
    view: View = View.INCIDENT_TIMELINE,
) -> Response:
    """Return what the caller looks at, recorded; a problem where they may not."""
    try:
        viewing.look(services, who.person, view, at_what)
        with services.database.read() as session:
            return JSONResponse(load(session))
    except Refused as error:
        return refused(error)


def told(outcome: Outcome, done: int = 200) -> Response:
    """Return what became of it; a refusal as a problem."""
    if outcome.error is not None:
        return refused(outcome.error)
    words = incidents.told(outcome)
    kind = Kind(words.get("kind", outcome.kind))
    if kind is Kind.REFUSED:  # a repeated call whose first was refused
        return problems.problem(409, words["says"])
    facts = {name: fact for name, fact in outcome.facts.items() if name in SHOWN}
    status = done if kind is Kind.DONE else KINDS[kind]
    return JSONResponse({"outcome": kind.value, "says": plainly(words.get("says", "")), **facts}, status)


def refused(error: Refused) -> Response:
    """Return the problem that the refusal is."""
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 422)
    return problems.problem(status, answers.refusal(error), {"Retry-After": "5"} if status in (429, 503) else None)
