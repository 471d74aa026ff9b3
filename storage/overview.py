"""What the overviews show: status, digest, App Home; each loaded in one go."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlmodel import Session, col, func, select

from analysis.response.permissions import SEEN_IN, View
from analysis.vocabulary import Family
from storage import approvals, incidents, outbox, oversight
from storage.approvals import ApprovalView
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
    sees: frozenset[View] = frozenset(View)  # what whoever looks may see; the rest is left out


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
    approvals: tuple[ApprovalView, ...] = ()  # what waits for a second person
    sees: frozenset[View] = frozenset(View)  # what whoever looks may see; the rest is left out


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
        approvals=tuple(approvals.views(session)),
    )


def seen_by(whole: Overview, sees: frozenset[View]) -> Overview:
    """Return of the overview what may be seen: incidents, health of models and alerts of other families left out."""
    shows = View.INCIDENT_TIMELINE in sees
    return replace(
        whole,
        models=tuple(_model_seen_by(one, sees) for one in whole.models),
        open_incidents=whole.open_incidents if shows else (),
        resolved_since=whole.resolved_since if shows else (),
        alerts_since=alerts_seen_by(whole.alerts_since, sees),
        approvals=whole.approvals if shows else (),
        sees=sees,
    )


def alerts_seen_by(found: Sequence[Alert], sees: frozenset[View]) -> tuple[Alert, ...]:
    """Return the alerts whose family may be seen."""
    return tuple(alert for alert in found if SEEN_IN[Family(alert.family)] in sees)


def _model_seen_by(view: ModelView, sees: frozenset[View]) -> ModelView:
    return replace(
        view,
        last_run=view.last_run if View.MODEL_HEALTH in sees else None,
        open_incidents=view.open_incidents if View.INCIDENT_TIMELINE in sees else (),
        open_alerts=alerts_seen_by(view.open_alerts, sees),
        sees=sees,
    )


def _count(session: Session, status: str) -> int:
    return session.exec(select(func.count()).select_from(Owed).where(Owed.status == status)).one()
