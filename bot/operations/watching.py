"""The watch after a change of what serves: checks at a shorter cadence, recurrence told at once, its end told."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from analysis.detection.report import Report
from analysis.response import verifying
from analysis.response.restraint import Restraint
from analysis.response.rollouts import Kind
from analysis.response.serving import Rollback
from analysis.response.verifying import Window
from analysis.vocabulary import Oversight
from bot.operations import asking, evidence, oversight
from bot.operations.doing import Doing, Request, tell_by_itself
from bot.services import SYSTEM, Services
from storage import audit, runs, timers
from storage import oversight as restraining
from storage import rollouts as stored
from storage.tables import Alert, Incident, Rollout, Run, Timer

CHECK, OVER = "rollout_check", "rollout_watched"
WATCH = "watch"  # in `rollout.steps`: what was seen meanwhile


def begin(doing: Doing, row: Rollout) -> None:
    """Plan the first check and the end of the watch."""
    how = _how(doing.services, row.model_id)
    row.watched_until = doing.now + how.watch
    doing.session.add(row)
    doing.session.flush()
    _plan(doing.session, row, CHECK, doing.now + how.watch_every)
    _plan(doing.session, row, OVER, row.watched_until)


def when_to_check(services: Services, session: Session, timer: Timer, now: datetime) -> None:
    """Queue a check of the model, and plan the next one within the watch."""
    row = stored.get(session, timer.subject)
    if row is None or row.watched_until is None or stored.watched(session, row.model_id, now) != row:
        return
    if not _is_there(session, timer.key):
        session.add(
            Run(
                model_id=row.model_id, purpose="check", key=timer.key, requested_by=SYSTEM, requested_at=now,
                next_at=now,
            )
        )  # fmt: skip
    following = now + _how(services, row.model_id).watch_every
    if following < row.watched_until:
        _plan(session, row, CHECK, following)


def seen(services: Services, session: Session, run: Run, report: Report, became: Sequence[tuple[Alert, str]]) -> None:
    """Note what a check during the watch saw; what the incident is about, found among newer decisions, is told."""
    now = services.clock()
    row = stored.watched(session, run.model_id, now)
    if row is None or row.finished_at is None:
        return
    window = _window(services, session, row, report)
    known: dict[str, Any] = row.steps.get(WATCH, {})
    back = [alert.id for alert, what in became if window is Window.AFTER or (what, window) == ("opened", Window.MIXED)]
    new = [one for one in back if one not in known.get("back", [])]
    held = {"checks": known.get("checks", 0) + 1, "window": window.value, "back": [*known.get("back", []), *new]}
    row.steps = {**row.steps, WATCH: {**known, **held}}
    session.add(row)
    session.flush()
    if new:
        doing = _of(services, session, row, now)
        _say(doing, "rollout_recurred", row, alerts=new, by=row.requested_by, approver=row.approved_by)
        data = {"rollout": row.id, "alerts": len(new)}
        audit.append(session, audit.Entry(SYSTEM, "rollout_recurred", doing.incident.id, "done", data), now)


def when_over(services: Services, session: Session, timer: Timer, now: datetime) -> None:
    """Say how the watch went; where nothing came back the model decides as before the incident."""
    row = stored.get(session, timer.subject)
    newest = stored.newest(session, row.model_id) if row is not None else None
    if row is None or newest is None or newest.id != row.id:  # another change has one of its own
        return
    doing, seen = _of(services, session, row, now), row.steps.get(WATCH, {})
    is_well = bool(seen.get("checks")) and not seen.get("back")
    facts = {"checks": seen.get("checks", 0), "back": seen.get("back", []), "window": seen.get("window")}
    lifted = is_well and _lift(doing, row)
    _say(doing, OVER, row, **facts, lifted=lifted, timer=timer.key)
    data = {"rollout": row.id, "checks": facts["checks"], "back": len(facts["back"]), "lifted": lifted}
    evidence.follow(session, doing.incident, now)
    audit.append(session, audit.Entry(SYSTEM, OVER, doing.incident.id, "done", data), now)


def _lift(doing: Doing, row: Rollout) -> bool:
    """Return whether the increased monitoring of the watch ended: nobody has set anything else since."""
    held = restraining.current(doing.session, row.model_id)
    if held is None or held.id != row.steps.get(WATCH, {}).get("restraint"):
        return False
    oversight.put(doing, Restraint(Oversight.NORMAL), f"the watch of {row.id} is over, and went well")
    asking.sweep(doing)
    return True


def _window(services: Services, session: Session, row: Rollout, report: Report) -> Window:
    """Return whether the check looked at decisions of the version that serves now; a log in parcels is behind."""
    watched = services.policy.model(row.model_id)
    assert row.finished_at is not None  # it is being watched
    is_behind = watched is not None and watched.source.ends == "latest"
    newest = runs.newest_seen(session, row.model_id, row.finished_at) if is_behind else None
    return verifying.window(report, newest or row.finished_at)


def _say(doing: Doing, verb: str, row: Rollout, **facts: Any) -> None:  # noqa: ANN401
    about = {"rollout": row.id, "kind": Kind(row.kind).value, "version": row.to_version, "was": row.from_version}
    tell_by_itself(doing, verb, **about, **facts)


def _of(services: Services, session: Session, row: Rollout, now: datetime) -> Doing:
    incident = session.get(Incident, row.incident_id)
    assert incident is not None
    return Doing(services, session, incident, Request(OVER, incident.id, SYSTEM), now)


def _how(services: Services, model_id: str) -> Rollback:
    watched = services.policy.model(model_id)
    return watched.rollback if watched is not None else Rollback()


def _plan(session: Session, row: Rollout, kind: str, at: datetime) -> None:
    timers.plan(session, Timer(key=f"{kind}:{row.id}:{at.isoformat()}", kind=kind, subject=row.id, due_at=at))


def _is_there(session: Session, key: str) -> bool:
    return session.exec(select(Run.id).where(col(Run.key) == key)).first() is not None
