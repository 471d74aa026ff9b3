"""Short lines owed to a channel or a person: how a run went, what the bot itself has trouble with."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

from analysis.response.notifying import Reason
from storage import outbox
from storage.tables import Alert, Owed, Run

REASONS = {"run_ended": Reason.ASKED, "recovered": Reason.RECOVERED}


def owe(session: Session, key: str, channel: str, at: datetime, **data: Any) -> None:  # noqa: ANN401
    """Owe a channel (or a person, by id) a line; `data` has its `about` and its facts."""
    subject = str(data["about"])
    outbox.owe(
        session,
        Owed(
            key=key,
            kind="notice",
            subject=subject,
            channel=channel,
            data=data,
            priority=4,
            next_at=at,
            created_at=at,
            reason=REASONS.get(subject, Reason.TROUBLE),
        ),
    )


def run_ended(session: Session, run: Run, became: Sequence[tuple[Alert, str]], at: datetime) -> None:
    """Tell whoever asked for the run how it ended; a run of the schedule is told by its alerts alone."""
    if run.answer_to is None:
        return
    alerts = [{"id": alert.id, "incident": alert.incident_id, "became": what} for alert, what in became]
    owe(session, f"run:{run.id}:ended", run.answer_to, at, about="run_ended", run=run.id, alerts=alerts)


def run_failed(session: Session, run: Run, error: str, engineering: str, at: datetime) -> None:
    """Tell #engineering, and whoever asked, why the run failed (A13)."""
    for channel in dict.fromkeys([engineering, *filter(None, [run.answer_to])]):
        owe(session, f"run:{run.id}:failed:{channel}", channel, at, about="run_failed", run=run.id, error=error)
