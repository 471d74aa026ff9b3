"""Alerts into incidents: a new cause opens one, a known one counts, one that is gone says so."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from analysis.detection.alerts import Alert as Raised
from analysis.detection.persistence import Standing, follow
from analysis.response import life, recurrence
from analysis.response.notifying import Reason
from analysis.response.quiet import Kind
from analysis.response.recurrence import Recurrence
from analysis.vocabulary import Severity, State
from bot.operations import (
    assessing,
    beginning,
    flapping,
    holding,
    reopening,
)
from bot.operations.doing import Doing, Request, owe_redraw, tell
from bot.services import SYSTEM, Services
from storage import alerts, counters, incidents, outbox
from storage.tables import Alert, Incident, Owed, Run


@dataclass(frozen=True)
class Result:
    """A run whose result is being recorded."""

    services: Services
    session: Session
    run: Run
    now: datetime

    @property
    def run_id(self) -> int:
        """Return the run's id, which a stored run has."""
        assert self.run.id is not None
        return self.run.id

    def channel(self, severity: Severity) -> str | None:
        """Return the channel that the policy gives the severity."""
        return self.services.policy.routes[severity].channel


def fingerprint(model_id: str, raised: Raised) -> str:
    """Return the name of the cause: model and what the analysis says stays the same from run to run."""
    return named(model_id, raised.fingerprint)


def named(model_id: str, cause: Sequence[str]) -> str:
    """Return the name of a cause by its own fingerprint."""
    return hashlib.sha256("\0".join([model_id, *map(str, cause)]).encode()).hexdigest()


def stand(result: Result, raised: Sequence[Raised]) -> Standing:
    """Return what the policy makes of this run after those before it: told, held back, recovered."""
    rule = result.services.policy.checks.persistence
    most = max(rule.open_of, rule.clear, rule.medium_becomes_high_after)
    before = [
        {tuple(one["fingerprint"]): Severity(one["severity"]) for one in report["alerts"]}
        for report in alerts.reports_before(result.session, result.run, most)
    ]
    still = [one for one in alerts.open_of(result.session, result.run.model_id) if not alerts.is_standing(one)]
    return follow(raised, before, frozenset(tuple(alert.details["fingerprint"]) for alert in still), rule)


def record(result: Result, raised: Sequence[Raised]) -> list[tuple[Alert, str]]:
    """Return each alert with what became of it: `opened`, `repeated`, `logged`."""
    return [_one(result, one) for one in raised]


def _one(result: Result, raised: Raised) -> tuple[Alert, str]:
    session, now = result.session, result.now
    name = fingerprint(result.run.model_id, raised)
    known = alerts.open_with(session, name)
    known = known or _back(result, name)
    if known is not None:
        _repeat(result, known, raised)
        return known, "repeated"
    alert = Alert(
        id=counters.alert_id(session),
        fingerprint=name,
        model_id=result.run.model_id,
        run_id=result.run_id,
        family=raised.family.value,
        severity=raised.severity.value,
        first_at=now,
        last_at=now,
        since=raised.since,
        details=raised.to_json(),
    )
    session.add(alert)
    session.flush()
    channel = result.channel(raised.severity)
    if channel is None:
        _withheld(result, alert.id, "", Reason.LOG_ONLY)
        return alert, "logged"
    if _is_silenced(result, alert, channel):
        return alert, "silenced"
    beginning.begin(result.services, session, alert, channel, now)
    return alert, "opened"


def _back(result: Result, name: str) -> Alert | None:
    """Return the alert of that cause that had recovered and stands again, where its incident is still the same."""
    alert = alerts.recovered_with(result.session, name)
    incident = result.session.get(Incident, alert.incident_id) if alert and alert.incident_id else None
    if alert is None or incident is None:
        return None
    if not flapping.is_same(result.services, incident, reopening.ended_at(incident), result.now):
        return None
    request = Request("came_back", incident.id, SYSTEM)
    flapping.came_back(Doing(result.services, result.session, incident, request, result.now), alert)
    return alert


def _is_silenced(result: Result, alert: Alert, channel: str, *, rose: bool = False) -> bool:
    """Return whether a silence or a maintenance window holds the alert back; then it says by its row why."""
    held = holding.holds(result.session, alert, result.now, rose=rose)
    alert.quiet_id = held.id if held else None
    result.session.add(alert)
    if held is not None:
        _withheld(result, alert.id, channel, Reason.SILENCED, quiet=held.id)
    return held is not None


def count(doing: Doing) -> None:
    """Let the message count what was seen again; nobody waits for that."""
    incidents.advance(doing.session, doing.incident, State(doing.incident.state))
    owe_redraw(doing.session, doing.incident, doing.now, soon=False)


def held_back(result: Result, seen: Sequence[Raised]) -> None:
    """Note what was found and not told, for it was seen too seldom so far."""
    for one in seen:
        name = fingerprint(result.run.model_id, one)
        channel = result.channel(one.severity) or ""
        _withheld(result, f"{result.run.model_id}:{name[:16]}", channel, Reason.HELD_BACK, severity=one.severity.value)


def _withheld(result: Result, subject: str, channel: str, reason: Reason, **facts: str) -> None:
    owed = Owed(
        key=f"run:{result.run_id}:{subject}",
        kind="alert",
        subject=subject,
        channel=channel,
        data=dict(facts),
        reason=reason,
        status="withheld",
        next_at=result.now,
        created_at=result.now,
    )
    outbox.owe(result.session, owed)


def _repeat(result: Result, alert: Alert, raised: Raised) -> None:
    """Count it; a rise in severity is told, and an incident that had ended begins again."""
    services, session, now = result.services, result.session, result.now
    rose = raised.severity.rank > Severity(alert.severity).rank
    alert.repeats, alert.last_at, alert.run_id = alert.repeats + 1, now, result.run_id
    alert.details, alert.severity = raised.to_json(), max(alert.severity, raised.severity, key=_rank)
    session.add(alert)
    session.flush()
    incident = session.get(Incident, alert.incident_id) if alert.incident_id else None
    channel = result.channel(raised.severity)
    if incident is None:
        if channel is not None and not _is_silenced(result, alert, channel, rose=rose):
            beginning.begin(services, session, alert, channel, now)
        return
    doing = Doing(services, session, incident, Request("repeat", incident.id, SYSTEM), now)
    was = Severity(incident.severity)
    worse = max(was, Severity(alert.severity), key=_rank) if rose else was  # what people judged holds until it rises
    state = State(incident.state)
    if state is State.ACCEPTED_RISK and holding.is_accepted(raised):
        _withheld(result, alert.id, incident.channel, Reason.RISK_ACCEPTED)
        count(doing)
    elif state in life.ENDED and channel is not None and _is_silenced(result, alert, channel, rose=rose):
        count(doing)
    elif state in life.ENDED:
        _again(doing, alert, raised, rose=rose)
    elif worse is not was:
        incidents.advance(session, incident, state, severity=worse.value)
        tell(doing, "severity_rose", severity=worse.value)
        assessing.changed(doing, was)
    else:
        count(doing)


def _again(doing: Doing, alert: Alert, raised: Raised, *, rose: bool) -> None:
    """Let the incident, which had ended, begin again, or a new one take its place; or only count."""
    incident, policy = doing.incident, doing.services.policy
    spans = recurrence.Spans(policy.watch, policy.reopen_within)
    ended = reopening.ended_at(incident)
    means = recurrence.of(State(incident.state), ended, doing.now, spans, rose=rose, over_at=raised.until)
    channel = policy.routes[raised.severity].channel
    if incident.state == State.ACCEPTED_RISK:
        _break_through(doing, alert)
    elif means is Recurrence.REOPENS:
        reopening.by_itself(doing, alert=alert.id)
    elif means is Recurrence.OPENS and channel is not None:
        beginning.begin(doing.services, doing.session, _successor(doing, alert), channel, doing.now)
    else:
        count(doing)


def _break_through(doing: Doing, alert: Alert) -> None:
    """Open an incident whose accepted risk has become worse; as severe as it is now."""
    was, worse = Severity(doing.incident.severity), Severity(alert.severity)
    holding.broken(doing, Kind.ACCEPTED_RISK)
    reopening.by_itself(doing, alert=alert.id)
    if worse.rank > was.rank:
        incidents.advance(doing.session, doing.incident, State.DETECTED, severity=worse.value)
        tell(doing, "severity_rose", severity=worse.value)
        assessing.changed(doing, was)


def _successor(doing: Doing, alert: Alert) -> Alert:
    """Return an alert of the same cause for a new incident; the one there was stays with the incident that ended."""
    session = doing.session
    kept = alert.model_dump(exclude={"id", "incident_id", "repeats", "first_at"})
    alert.state = "followed"
    session.add(alert)
    session.flush()
    new = Alert(id=counters.alert_id(session), first_at=doing.now, **kept)
    session.add(new)
    session.flush()
    return new


def _rank(severity: str) -> int:
    return Severity(severity).rank
