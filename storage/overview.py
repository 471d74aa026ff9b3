"""What the overviews show: status, digest, App Home; each loaded in one go."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session, col, func, select

from storage import incidents, outbox, oversight
from storage.incidents import IncidentView
from storage.tables import Alert, Baseline, Incident, Model, OversightChange, Owed, Run


@dataclass(frozen=True)
class ModelView:
    """A model with its restraint, its active baseline, its newest finished run and what is open."""

    model: Model
    oversight: OversightChange | None
    baseline: Baseline | None
    last_run: Run | None  # newest, finished or failed
    open_incidents: tuple[Incident, ...] = ()
    open_alerts: tuple[Alert, ...] = ()


@dataclass(frozen=True)
class Overview:
    """The state of everything at one moment."""

    at: datetime
    models: tuple[ModelView, ...] = ()
    open_incidents: tuple[IncidentView, ...] = ()  # newest first
    resolved_since: tuple[Incident, ...] = ()  # ended since `since`, newest first
    alerts_since: tuple[Alert, ...] = ()  # opened or seen again since `since`
    runs_since: tuple[Run, ...] = ()
    since: datetime | None = None
    parked: int = 0  # messages that delivery gave up on
    given_up: tuple[Owed, ...] = ()  # the newest of them
    pending: int = 0  # messages still owed
    notes: tuple[str, ...] = field(default=())


GIVEN_UP = 5
LOOKED = col(Run.purpose) != "activation"  # a log was read


def model_view(session: Session, model: Model) -> ModelView:
    """Return what is shown of one model."""
    active = select(Baseline).where(Baseline.model_id == model.id, col(Baseline.is_active))
    ended = select(Run).where(Run.model_id == model.id, col(Run.status).in_(["finished", "failed"]), LOOKED)
    alerts = select(Alert).where(Alert.model_id == model.id, Alert.state == "open").order_by(col(Alert.first_at))
    return ModelView(
        model=model,
        oversight=oversight.current(session, model.id),
        baseline=session.exec(active).first(),
        last_run=session.exec(ended.order_by(col(Run.id).desc()).limit(1)).first(),
        open_incidents=tuple(incidents.open_ones(session, model.id)),
        open_alerts=tuple(session.exec(alerts)),
    )


def load(session: Session, now: datetime, since: datetime) -> Overview:
    """Return the overview at `now`, with what happened after `since`."""
    models = session.exec(select(Model).order_by(Model.name))
    ended = select(Incident).where(col(Incident.resolved_at) >= since).order_by(col(Incident.resolved_at).desc())
    alerts = select(Alert).where(col(Alert.last_at) >= since).order_by(col(Alert.last_at))
    runs = select(Run).where(col(Run.finished_at) >= since, LOOKED).order_by(col(Run.id))
    shown = (incidents.view(session, incident.id) for incident in incidents.open_ones(session)[:20])
    return Overview(
        at=now,
        models=tuple(model_view(session, model) for model in models),
        open_incidents=tuple(one for one in shown if one is not None),
        resolved_since=tuple(session.exec(ended)),
        alerts_since=tuple(session.exec(alerts)),
        runs_since=tuple(session.exec(runs)),
        since=since,
        parked=_count(session, "parked"),
        given_up=tuple(outbox.listed(session, ("parked",), GIVEN_UP)),
        pending=_count(session, "pending"),
    )


def _count(session: Session, status: str) -> int:
    return session.exec(select(func.count()).select_from(Owed).where(Owed.status == status)).one()
