"""What the overviews show: status, digest, App Home; each loaded in one go."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import defer
from sqlmodel import Session, col, func, select

from analysis.response.figures import Measured
from analysis.response.permissions import SEEN_IN, View
from analysis.vocabulary import Family
from storage import approvals, cases, glances, incidents, outbox, oversight, quiet
from storage.approvals import ApprovalView
from storage.cases import Queue
from storage.incidents import IncidentView
from storage.quiet import QuietView
from storage.tables import Alert, Incident, Model, OversightChange, Owed, Run
from storage.week import Week


@dataclass(frozen=True)
class ModelView:
    """A model with its restraint, its newest finished run and what is open."""

    model: Model
    oversight: OversightChange | None
    last_run: Run | None  # newest, finished or failed
    open_incidents: int = 0
    open_alerts: tuple[Alert, ...] = ()
    sees: frozenset[View] = frozenset(View)  # what whoever looks may see; the rest is left out


@dataclass(frozen=True)
class Overview:
    """The state of everything at one moment: counted whole, and what needs people most in full."""

    at: datetime
    models: tuple[ModelView, ...] = ()  # restrained ones first, then those with open incidents
    model_count: int = 0
    drifting: tuple[Alert, ...] = ()  # every alert that stands, of any model
    open_incidents: tuple[IncidentView, ...] = ()  # the most urgent first
    open_count: int = 0
    waiting_count: int = 0  # of them, those that nobody has
    resolved_since: tuple[Incident, ...] = ()  # ended since `since`, newest first
    alerts_since: tuple[Alert, ...] = ()  # opened or seen again since `since`
    checks_since: int = 0
    failed_since: int = 0
    since: datetime | None = None
    parked: int = 0  # messages that delivery gave up on
    given_up: tuple[Owed, ...] = ()  # the newest of them
    pending: int = 0  # messages still owed
    notes: tuple[str, ...] = field(default=())
    quiet: tuple[QuietView, ...] = ()  # in force
    approvals: tuple[ApprovalView, ...] = ()  # what waits for a second person
    queues: tuple[Queue, ...] = ()  # what models left to people, and how that was decided since `since`
    week: Week | None = None  # what the weekly digest reviews
    figures: tuple[Measured, ...] = ()  # of the response, in it
    sees: frozenset[View] = frozenset(View)  # what whoever looks may see; the rest is left out


GIVEN_UP, MOST_INCIDENTS, MOST_MODELS = 5, 30, 30
LOOKED = col(Run.purpose).not_in(["activation", "registry"])  # a log was read
_DETAILS: Any = defer(Alert.details)  # type: ignore[arg-type]  # of an alert that is only counted
_PROFILE: Any = defer(Run.profile)  # type: ignore[arg-type]


def load(session: Session, now: datetime, since: datetime) -> Overview:
    """Return the overview at `now`, with what happened after `since`."""
    ended = select(Incident).where(col(Incident.resolved_at) >= since).order_by(col(Incident.resolved_at).desc())
    alerts = select(Alert).where(col(Alert.last_at) >= since).order_by(col(Alert.last_at)).options(_DETAILS)
    standing = tuple(session.exec(select(Alert).where(Alert.state == "open").options(_DETAILS)))
    checks = select(Run.status, func.count()).where(col(Run.finished_at) >= since, LOOKED).group_by(Run.status)
    checked = {str(status): int(count) for status, count in session.exec(checks)}
    open_count, waiting_count = glances.counted(session)
    models = session.exec(select(Model)).all()
    return Overview(
        at=now,
        models=_models(session, models, standing),
        model_count=len(models),
        drifting=standing,
        open_incidents=glances.most_urgent(session, MOST_INCIDENTS),
        open_count=open_count,
        waiting_count=waiting_count,
        resolved_since=tuple(session.exec(ended)),
        alerts_since=tuple(session.exec(alerts)),
        checks_since=sum(checked.values()),
        failed_since=checked.get("failed", 0),
        since=since,
        parked=_count(session, "parked"),
        given_up=tuple(outbox.listed(session, ("parked",), GIVEN_UP)),
        pending=_count(session, "pending"),
        quiet=tuple(quiet.views(session, now)),
        approvals=tuple(approvals.views(session)),
        queues=tuple(cases.queues(session, since).values()),
    )


def _models(session: Session, models: Sequence[Model], standing: Sequence[Alert]) -> tuple[ModelView, ...]:
    restrained = oversight.restrained(session)
    opened = incidents.open_by_model(session)
    first = sorted(models, key=lambda one: (one.id not in restrained, not opened.get(one.id), one.name, one.id))
    shown = first[:MOST_MODELS]
    runs = _last_runs(session, [one.id for one in shown])
    return tuple(
        ModelView(
            model=one,
            oversight=restrained.get(one.id),
            last_run=runs.get(one.id),
            open_incidents=opened.get(one.id, 0),
            open_alerts=tuple(alert for alert in standing if alert.model_id == one.id),
        )
        for one in shown
    )


def _last_runs(session: Session, models: Sequence[str]) -> dict[str, Run]:
    """Return the newest finished or failed run of each model, without its profile."""
    over = col(Run.status).in_(["finished", "failed"]), LOOKED, col(Run.model_id).in_(models)
    newest = select(func.max(Run.id)).where(*over).group_by(col(Run.model_id))
    found = session.exec(select(Run).where(col(Run.id).in_(newest)).options(_PROFILE))
    return {run.model_id: run for run in found}


def seen_by(whole: Overview, sees: frozenset[View]) -> Overview:
    """Return of the overview what may be seen: incidents, health of models and alerts of other families left out."""
    shows = View.INCIDENT_TIMELINE in sees
    return replace(
        whole,
        models=tuple(_model_seen_by(one, sees) for one in whole.models),
        drifting=alerts_seen_by(whole.drifting, sees),
        open_incidents=whole.open_incidents if shows else (),
        open_count=whole.open_count if shows else 0,
        waiting_count=whole.waiting_count if shows else 0,
        resolved_since=whole.resolved_since if shows else (),
        alerts_since=alerts_seen_by(whole.alerts_since, sees),
        approvals=whole.approvals if shows else (),
        queues=whole.queues if View.CASES in sees else (),
        sees=sees,
    )


def alerts_seen_by(found: Sequence[Alert], sees: frozenset[View]) -> tuple[Alert, ...]:
    """Return the alerts whose family may be seen."""
    return tuple(alert for alert in found if SEEN_IN[Family(alert.family)] in sees)


def _model_seen_by(view: ModelView, sees: frozenset[View]) -> ModelView:
    return replace(
        view,
        last_run=view.last_run if View.MODEL_HEALTH in sees else None,
        open_incidents=view.open_incidents if View.INCIDENT_TIMELINE in sees else 0,
        open_alerts=alerts_seen_by(view.open_alerts, sees),
        sees=sees,
    )


def _count(session: Session, status: str) -> int:
    return session.exec(select(func.count()).select_from(Owed).where(Owed.status == status)).one()
