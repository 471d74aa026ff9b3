"""Requests to retrain a model: which is under way, how it is ended, what is shown of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from storage.database import Again
from storage.tables import RetrainRequest, Run

UNDER_WAY = ("queued", "running", "validating")


def under_way(session: Session, model_id: str) -> RetrainRequest | None:
    """Return the model's request that has not ended; there is one at most."""
    mine = [col(RetrainRequest.model_id) == model_id, col(RetrainRequest.status).in_(UNDER_WAY)]
    return session.exec(select(RetrainRequest).where(*mine)).first()


def get(session: Session, request_id: str) -> RetrainRequest | None:
    """Return the request."""
    return session.get(RetrainRequest, request_id)


def newest(session: Session, limit: int) -> list[RetrainRequest]:
    """Return the newest requests, newest first."""
    query = select(RetrainRequest).order_by(col(RetrainRequest.requested_at).desc(), col(RetrainRequest.id).desc())
    return list(session.exec(query.limit(limit)))


def end(session: Session, request: RetrainRequest, by: str, now: datetime) -> bool:
    """Return whether the request has ended with this; one that runs is ended by its pipeline. Raise Again.

    Either way whoever holds a claim on it has lost it.
    """
    is_over = request.status != "running"
    values: dict[str, Any] = {"cancelled_by": by, "attempts": request.attempts + 1, "next_at": now}
    if is_over:
        values |= {"status": "cancelled", "finished_at": now}
    held = [
        col(RetrainRequest.id) == request.id,
        col(RetrainRequest.attempts) == request.attempts,
        col(RetrainRequest.status) == request.status,
    ]
    statement = update(RetrainRequest).where(*held).values(**values).execution_options(synchronize_session=False)
    if session.connection().execute(statement).rowcount != 1:
        raise Again
    session.refresh(request)
    return is_over


def window(session: Session, model_id: str) -> dict[str, str]:
    """Return from when to when the newest check of the model looked; nothing where none was finished."""
    done = [col(Run.model_id) == model_id, col(Run.purpose) == "check", col(Run.status) == "finished"]
    report = session.exec(select(Run.report).where(*done).order_by(col(Run.id).desc()).limit(1)).first()
    side = (report or {}).get("window") or {}
    return {"since": side["from"], "until": side["to"]} if side.get("from") and side.get("to") else {}
