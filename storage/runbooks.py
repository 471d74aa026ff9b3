"""Reads the shipped runbooks, and keeps how far an incident has come with its own."""

import functools
import tomllib
from datetime import datetime
from pathlib import Path

from sqlalchemy import update
from sqlmodel import Session, col, select

from analysis.response.runbooks import Runbook, due
from storage.database import insert_once
from storage.tables import ChecklistStep

SHIPPED = Path(__file__).parents[1] / "templates" / "runbooks"


@functools.cache
def shipped() -> tuple[Runbook, ...]:
    """Return the runbooks that come with the product, by name."""
    files = sorted(SHIPPED.glob("*.toml"))
    return tuple(Runbook.model_validate(tomllib.loads(file.read_text(encoding="utf-8"))) for file in files)


def known(own: tuple[Runbook, ...]) -> tuple[Runbook, ...]:
    """Return the policy's own runbooks, and the shipped ones whose place none of them takes."""
    ids = {one.id for one in own}
    return (*own, *(one for one in shipped() if one.id not in ids))


def begin(session: Session, incident_id: str, runbook: Runbook, opened_at: datetime, now: datetime) -> bool:
    """Return whether the incident begins to follow the runbook; one that it follows already stays as it is."""
    rows = [
        ChecklistStep(
            incident_id=incident_id,
            runbook=runbook.id,
            edition=runbook.version,
            title=runbook.title,
            position=position,
            key=step.key,
            text=step.text,
            duty=step.duty,
            verb=step.verb,
            begun_at=now,
            due_at=due(step, opened_at),
        )
        for position, step in enumerate(runbook.steps)
    ]
    are_new = [insert_once(session, row) for row in rows]
    return all(are_new)


def of(session: Session, incident_id: str) -> tuple[ChecklistStep, ...]:
    """Return the steps of the incident's runbooks, the one begun first before the others."""
    query = select(ChecklistStep).where(ChecklistStep.incident_id == incident_id)
    return tuple(session.exec(query.order_by(col(ChecklistStep.begun_at), col(ChecklistStep.position))))


def tick(session: Session, step: ChecklistStep, by: str, at: datetime, note: str, *, by_itself: bool) -> bool:
    """Return whether the step was still open and is done now."""
    statement = (
        update(ChecklistStep)
        .where(col(ChecklistStep.id) == step.id, col(ChecklistStep.done_at).is_(None))
        .values(done_at=at, done_by=by, by_itself=by_itself, note=note or None)
        .execution_options(synchronize_session=False)
    )
    ticked = session.connection().execute(statement).rowcount == 1
    session.refresh(step)
    return ticked
