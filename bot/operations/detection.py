"""Asks for checks, takes their results, and turns what they raised into alerts and incidents."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, select

from analysis.detection import rules
from analysis.detection.report import Report
from analysis.errors import NotAllowed, Unknown
from analysis.response import cadence, permissions
from analysis.response.permissions import Action
from analysis.vocabulary import Family, Risk
from bot.operations import (
    audits,
    evidence,
    notices,
    opening,
    recovering,
    registering,
    resetting,
    standing,
    verifying,
    watching,
)
from bot.services import Services, kept, whole
from storage import alerts, audit, baselines, inbox, leases
from storage.tables import Baseline, Model, Run

ATTEMPTS = 3  # a run whose worker died is tried again, then it failed


@dataclass(frozen=True)
class Wish:
    """Somebody, or the schedule, wants a model checked."""

    model: str
    actor: str
    answer_to: str | None = None  # channel or person that waits for the outcome
    key: str | None = None
    delivery: str | None = None


def register(services: Services) -> None:
    """Make sure that each model of the policy is known, and that one without a baseline gets its first."""
    now = services.clock()
    with services.transaction() as session:
        for watched in services.policy.models:
            model = session.get(Model, watched.id)
            if model is None:
                model = Model(id=watched.id, name=watched.name, risk=watched.risk, registered_at=now)
                audit.append(session, audit.Entry("system", "register", watched.id), now)
            model.name, model.risk = watched.name, watched.risk.value
            session.add(model)
            session.flush()
            if watched.baseline and baselines.active(session, watched.id) is None:
                _queue(session, Wish(watched.id, "system", key=f"baseline:{watched.id}:first"), "baseline", now)


@whole
def request(services: Services, wish: Wish) -> Run | None:
    """Return the queued run; None where this delivery came before. Raise Unknown or NotAllowed, audited once."""
    now = services.clock()
    error: Unknown | NotAllowed | None = None
    run: Run | None = None
    with services.transaction() as session:
        is_first = not wish.delivery or inbox.arrive(session, wish.delivery, "interaction", now)
        if not permissions.ACTIONS[Action.ANALYZE] & services.roles(session, wish.actor):
            error = NotAllowed(Action.ANALYZE, permissions.ACTIONS[Action.ANALYZE])
        elif session.get(Model, wish.model) is None:
            error = Unknown("model", wish.model, session.exec(select(Model.id).order_by(Model.id)).all())
        elif is_first:
            run = _queue(session, wish, "check", now)
        if is_first:
            outcome = "refused" if error else "done"
            audit.append(session, audit.Entry(wish.actor, "analyze", wish.model[:100], outcome), now)
    if error is not None:
        raise error
    return run


def queue_due(session: Session, model_id: str, key: str, now: datetime) -> None:
    """Queue the check that the schedule says is due; its key is the day's, so it is queued once."""
    if session.get(Model, model_id) is not None:
        _queue(session, Wish(model_id, "system", key=key), "check", now)


def _queue(session: Session, wish: Wish, purpose: str, now: datetime) -> Run | None:
    if wish.key and session.exec(select(Run).where(Run.key == wish.key)).first():
        return None
    run = Run(
        model_id=wish.model,
        purpose=purpose,
        key=wish.key,
        requested_by=wish.actor,
        requested_at=now,
        answer_to=wish.answer_to,
        next_at=now,
    )
    session.add(run)
    session.flush()
    return run


def begin(services: Services, lease: timedelta) -> tuple[Run, Baseline | None, Model] | None:
    """Return the next run to work on with its baseline, claimed; a check waits for its model's first baseline."""
    now = services.clock()
    with services.database.write() as session:  # wakes nobody: a claim gives no other loop something to do
        run = leases.claim(session, Run, leases.Lease(now, lease, "running"))
        if run is None:
            return None
        model = session.get(Model, run.model_id)
        assert model is not None
        baseline = baselines.active(session, run.model_id)
        if run.purpose == "check" and baseline is None and _baseline_is_coming(session, run):
            run.status, run.attempts, run.next_at = "queued", run.attempts - 1, now + timedelta(seconds=1)
            return None
        run.started_at = now
        session.add(run)
        return run, baseline, model


def _baseline_is_coming(session: Session, run: Run) -> bool:
    coming = select(Run).where(Run.model_id == run.model_id, Run.purpose == "baseline", Run.finished_at.is_(None))  # type: ignore[union-attr]
    return session.exec(coming).first() is not None


@kept
def baseline_made(services: Services, run: Run, made: Baseline, spec: dict[str, Any]) -> bool:
    """Activate the baseline, pin the columns of the model's log to it, and tell the gaps that it has itself."""
    now = services.clock()
    with services.transaction() as session:
        if not leases.settle(session, run, status="finished", finished_at=now):
            return False
        model = session.get(Model, run.model_id)
        assert model is not None
        model.spec = spec
        session.add(model)
        baselines.activate(session, made)
        told = standing.activated(opening.Result(services, session, run, now), made)
        data = {"version": made.version, "checksum": made.checksum, "rows": made.rows}
        data |= {"standing": len(told)} if told else {}
        audit.append(session, audit.Entry(run.requested_by, "baseline_activated", run.model_id, "done", data), now)
    return True


@kept
def finish(services: Services, run: Run, told: dict[str, Any], profile: bytes) -> bool:
    """Record the result with what the rules say, open or repeat alerts, mark those that recovered; one transaction."""
    now = services.clock()
    with services.transaction() as session:
        report = _ruled(services, session, run, Report.from_json(told))
        values = {"status": "finished", "finished_at": now, "report": report.to_json(), "profile": profile}
        window = {
            "window_from": report.window.since,
            "window_to": report.window.until,
            "baseline": report.baseline.version,
        }
        if not leases.settle(session, run, **values, **window):
            return False
        if run.purpose == verifying.PURPOSE:
            verifying.ended(services, session, run, report, now)
            return True
        if run.purpose == audits.PURPOSE:
            audits.ended(services, session, run, report, now)
            return True
        due = families_due(services, run, now)
        raised = [alert for alert in report.alerts if alert.lead.is_of_rule or alert.family in due]
        result = opening.Result(services, session, run, now)
        standing = opening.stand(result, raised)
        became = opening.record(result, standing.raised)
        opening.held_back(result, standing.held_back)
        recovered = recovering.recover(result, report, standing)
        watching.seen(services, session, run, report, became)
        notices.run_ended(session, run, became, now)
        evidence.grow(session, run.model_id, now)
        data = {"rows": report.window.rows, "alerts": len(became), "recovered": len(recovered)}
        data |= {"held_back": len(standing.held_back)} if standing.held_back else {}
        audit.append(session, audit.Entry(run.requested_by, "analyzed", run.model_id, "done", data), now)
    return True


def _ruled(services: Services, session: Session, run: Run, report: Report) -> Report:
    """Return the report with the verdicts of the policy's rules, counted on from the run before."""
    before = alerts.reports_before(session, run, 1)
    return rules.follow(report, services.policy.rules_for(run.model_id), before[-1] if before else {})


@kept
def fail(services: Services, run: Run, error: str, *, again: bool = False) -> bool:
    """Record why the run failed and tell #engineering; or queue it again where its worker merely died."""
    now = services.clock()
    retry = again and run.attempts < ATTEMPTS
    values: dict[str, Any] = {"status": "queued", "next_at": now + timedelta(seconds=5 * run.attempts)}
    if not retry:
        values = {"status": "failed", "finished_at": now, "error": error}
    with services.transaction() as session:
        if not leases.settle(session, run, **values):
            return False
        if not retry and run.purpose == verifying.PURPOSE:
            verifying.failed(services, session, run, error, now)
        if not retry and run.purpose == audits.PURPOSE:
            audits.failed(services, session, run, error, now)
        if not retry and run.purpose == resetting.PURPOSE:
            resetting.failed(services, session, run, error, now)
        elif not retry and run.purpose == registering.PURPOSE:
            registering.failed(services, session, run, error, now)
        elif not retry:
            notices.run_failed(session, run, error, services.policy.engineering, now)
        if not retry:
            audit.append(session, audit.Entry(run.requested_by, "analyzed", run.model_id, "failed"), now)
    return True


def families_due(services: Services, run: Run, now: datetime) -> frozenset[Family]:
    """Return the families this run may raise: by cadence for a scheduled run, all where somebody asked."""
    watched = services.policy.model(run.model_id)
    if run.key is None or watched is None or not run.key.startswith("check:"):
        return frozenset(Family)
    return cadence.due(Risk(watched.risk), now.date())
