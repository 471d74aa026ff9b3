"""What a pipeline of somebody's own says of a retrain: a call that comes twice, or late, changes nothing."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from analysis.errors import Missing, Unknown
from bot.operations import retraining
from bot.operations.retraining import Change
from bot.services import Services, whole
from storage.database import Again
from storage.tables import RetrainRequest

REMEMBERED = 50  # signatures of calls in the newest seconds


class Call(BaseModel):
    """How a run goes: where it is, or how it ended and what it left."""

    model_config = ConfigDict(extra="forbid")

    status: Literal["running", "succeeded", "failed", "cancelled"] = "running"
    stage: Annotated[str, Field(max_length=200)] | None = None
    share: Annotated[float, Field(ge=0, le=1)] | None = None
    line: Annotated[str, Field(max_length=300)] | None = None
    error: Annotated[str, Field(max_length=2_000)] = "it says no reason"
    result: Annotated[dict[str, Any], Field(max_length=50)] = {}  # version, artefact, training_data, candidate, metrics

    @property
    def progress(self) -> dict[str, Any]:
        """Return what is shown of it."""
        known = {"stage": self.stage, "share": self.share, "line": self.line}
        return {name: fact for name, fact in known.items() if fact is not None}


@whole
def hear(services: Services, request_id: str, call: Call, mark: tuple[int, str]) -> str:
    """Return `done` or `repeated`; raise Unknown or Missing. The mark is the call's time and its signature."""
    now = services.clock()
    with services.transaction() as session:
        request = session.get(RetrainRequest, request_id)
        if request is None or request.pipeline != "webhook":
            raise Unknown("retrain by webhook", request_id)
        known = request.remote.get("calls", [])
        if mark[1] in known:
            return "repeated"
        if request.status not in ("queued", "running"):
            raise Missing("retrain", "retrain", "is not under way")
        newest = int(request.remote.get("newest", 0))
        if mark[0] < newest:
            raise Missing("retrain", "call", "came after a newer one")
        kept = [*known, mark[1]][-REMEMBERED:]
        request = _fresh(session, request)
        remote = {**request.remote, "calls": kept, "newest": mark[0]}
        if not retraining.write(services, session, request, _change(request, call, remote, now), now):
            raise Again
    return "done"


def _fresh(session: Session, request: RetrainRequest) -> RetrainRequest:
    """Return the row apart from the session, so that what was read of it is what the update compares with."""
    session.expunge(request)
    return request


def _change(request: RetrainRequest, call: Call, remote: dict[str, Any], now: datetime) -> Change:
    values: dict[str, Any] = {"remote": remote, "started_at": request.started_at or now}
    is_ending = request.cancelled_by is not None and call.status != "running"
    if is_ending or call.status == "cancelled":
        ended = {"status": "cancelled", "finished_at": now}
        return Change("retrain_cancelled", values | ended, {"by": request.cancelled_by})
    if call.status == "succeeded":
        done = {"status": "validating", "result": call.result, "next_at": now}
        return Change("retrain_trained", values | done)
    if call.status == "failed":
        failed = {"status": "failed", "finished_at": now, "error": call.error}
        return Change("retrain_failed", values | failed, {"error": call.error})
    return Change("", values | {"progress": {**request.progress, **call.progress}})
