"""What people report opens an incident like a finding does; what is reported again joins the one that is open."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session

from analysis.errors import Missing, Refused, Unknown
from analysis.response import fields, life, permissions, recurrence, reports
from analysis.response.outcomes import Kind as Ended
from analysis.response.outcomes import Outcome
from analysis.response.permissions import Action
from analysis.response.recurrence import Recurrence
from analysis.response.reports import Kind
from analysis.vocabulary import Severity, State
from bot.operations import assessing, beginning, reopening
from bot.operations.doing import Doing, Request, tell
from bot.services import Services, whole
from storage import audit, counters, inbox, incidents
from storage import reports as kept
from storage.tables import Alert, Incident, Model, PersonReport

VERB = "report"


@dataclass(frozen=True)
class Wish:
    """Somebody reports something: what they filled in, and which message they quoted."""

    actor: str
    fields: dict[str, str]
    delivery: str
    submission: str
    quote: str = ""  # the delivery that brought the quoted message

    def field(self, name: str) -> str:
        """Return what was given for the field, trimmed."""
        return self.fields.get(name, "").strip()


@dataclass(frozen=True)
class Reporting:
    """A report under way."""

    services: Services
    session: Session
    wish: Wish
    now: datetime
    quote: dict[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> Kind:
        """Return what kind of report it is."""
        return Kind(self.wish.field("kind"))

    @property
    def severity(self) -> Severity:
        """Return how severe it is by itself."""
        return reports.severity(self.kind, self.wish.field("severity"), self.wish.field("revenue"))

    @property
    def fingerprint(self) -> str:
        """Return the name of what it is about: reports of one kind about one model are one cause."""
        return hashlib.sha256("\0".join([self.wish.field("model"), "report", self.kind]).encode()).hexdigest()


@whole
def begin(services: Services, actor: str, delivery: str, quote: dict[str, Any] | None = None) -> None:
    """Keep the quoted message until the form comes back; raise NotAllowed for who may not report. Audited once."""
    now, refused = services.clock(), None
    with services.transaction() as session:
        try:
            permissions.permit(Action.REPORT, services.roles(session, actor))
        except Refused as error:
            refused = error
        if inbox.arrive(session, delivery, "interaction", now):
            outcome = "refused" if refused else "done"
            audit.append(session, audit.Entry(actor, "report_form", "report", outcome, _whence(quote)), now)
            if quote and not refused:
                inbox.arrive(session, _key(delivery), "quote", now)
                inbox.answered(session, _key(delivery), quote)
    if refused is not None:
        raise refused


@whole
def linked(services: Services, delivery: str, permalink: str) -> None:
    """Add where the quoted message stands, which Slack was asked for meanwhile."""
    with services.transaction() as session:
        quote = inbox.answer(session, _key(delivery))
        if quote:
            inbox.answered(session, _key(delivery), quote | {"permalink": permalink})


@whole
def report(services: Services, wish: Wish) -> Outcome:
    """Return what became of the report; whatever that is, it has an audit line."""
    now = services.clock()
    with services.transaction() as session:
        if not inbox.arrive(session, wish.delivery, "interaction", now):
            return Outcome(Ended.REPEATED, VERB, inbox.answer(session, wish.delivery))
        if inbox.answer(session, wish.submission):
            return Outcome(Ended.REPEATED, VERB, inbox.answer(session, wish.submission))
        try:
            with session.begin_nested():
                outcome = _take(Reporting(services, session, wish, now, inbox.answer(session, _key(wish.quote))))
        except Refused as error:
            outcome = Outcome(Ended.REFUSED, VERB, {}, error)
        _record(services, session, wish, outcome, now)
    return outcome


def _record(services: Services, session: Session, wish: Wish, outcome: Outcome, now: datetime) -> None:
    if outcome.error is None:  # one that was refused is still open in front of the person, and may come again
        inbox.arrive(session, wish.submission, "interaction", now)
        for key in (wish.submission, wish.delivery):
            inbox.answered(session, key, dict(outcome.facts))
    said = {"why": outcome.error.reason} if outcome.error else dict(outcome.facts)
    said["description_hmac"] = services.keys.hashed(wish.field("description"))
    entity = str(outcome.facts.get("incident", "report"))
    audit.append(session, audit.Entry(wish.actor, VERB, entity, outcome.kind, said), now)


def _take(reporting: Reporting) -> Outcome:
    """Return the outcome; the steps: may they, is all given, is it about something that is open, open or join."""
    services, session, wish = reporting.services, reporting.session, reporting.wish
    permissions.permit(Action.REPORT, services.roles(session, wish.actor))
    for asked in reports.ASKS:
        fields.check(VERB, asked, wish.field(asked.rstrip("?")))
    if services.policy.model(wish.field("model")) is None or session.get(Model, wish.field("model")) is None:
        raise Unknown("model", wish.field("model")[:80], [one.id for one in services.policy.models])
    if wish.quote and not reporting.quote:
        raise Missing(VERB, "description", "quotes a message that is not kept any more: use the shortcut again")
    known = kept.newest(session, reporting.fingerprint)
    incident = session.get(Incident, known.incident_id) if known is not None and known.incident_id else None
    if known is None or incident is None:
        return _opened(reporting)
    if State(incident.state) in life.OPEN:
        return _joined(reporting, known, incident)
    return _after_the_end(reporting, known, incident)


def _opened(reporting: Reporting) -> Outcome:
    """Open an incident of its own."""
    services, session, severity = reporting.services, reporting.session, reporting.severity
    alert = Alert(
        id=counters.alert_id(session),
        fingerprint=reporting.fingerprint,
        model_id=reporting.wish.field("model"),
        family=reports.MEANS[reporting.kind].family.value,
        severity=severity.value,
        first_at=reporting.now,
        last_at=reporting.now,
        since=reporting.now,
        details=_details(reporting),
    )
    session.add(alert)
    session.flush()
    _keep(reporting, alert)
    channel = services.policy.routes[severity].channel or services.policy.engineering
    whence = {"by": reporting.wish.actor, "reported": reporting.kind.value}
    incident = beginning.begin(services, session, alert, channel, reporting.now, **whence)
    return _done(reporting, alert, incident, joined=False)


def _joined(reporting: Reporting, alert: Alert, incident: Incident) -> Outcome:
    """Count it on the incident that is open; a worse one raises it."""
    doing = _doing(reporting, incident)
    was = Severity(incident.severity)
    worse = max(was, reporting.severity, key=lambda one: one.rank)
    _again(reporting, alert)
    incidents.advance(reporting.session, incident, State(incident.state), severity=worse.value)
    tell(doing, "reported_again", **_line(reporting, alert, was, worse))
    assessing.changed(doing, was)
    return _done(reporting, alert, incident, joined=True)


def _after_the_end(reporting: Reporting, alert: Alert, incident: Incident) -> Outcome:
    """Reopen what is still watched; else a person's word is a new incident, a false alarm's too."""
    policy = reporting.services.policy
    spans = recurrence.Spans(policy.watch, policy.reopen_within)
    means = recurrence.of(State(incident.state), reopening.ended_at(incident), reporting.now, spans)
    if incident.state != State.RESOLVED or means is not Recurrence.REOPENS:
        alert.state = "followed"
        reporting.session.add(alert)
        reporting.session.flush()
        return _opened(reporting)
    doing = _doing(reporting, incident)
    reopening.by_itself(doing, alert=alert.id)
    return _joined(reporting, alert, incident)


def end(doing: Doing) -> None:
    """Let reported alerts end with their incident: no check can find them well."""
    if State(doing.incident.state) not in life.ENDED:
        return
    for alert in kept.alerts_open(doing.session, doing.incident.id):
        alert.state = "ended"
        doing.session.add(alert)
    doing.session.flush()


def _again(reporting: Reporting, alert: Alert) -> None:
    worse = max(Severity(alert.severity), reporting.severity, key=lambda one: one.rank)
    alert.repeats, alert.last_at, alert.severity = alert.repeats + 1, reporting.now, worse.value
    alert.state = "open"
    reporting.session.add(alert)
    _keep(reporting, alert)


def _keep(reporting: Reporting, alert: Alert) -> None:
    wish = reporting.wish
    row = PersonReport(
        alert_id=alert.id,
        kind=reporting.kind.value,
        severity=reporting.severity.value,
        revenue=wish.field("revenue") or None,
        description=wish.field("description"),
        by=wish.actor,
        at=reporting.now,
        quote=reporting.quote,
    )
    reporting.session.add(row)
    reporting.session.flush()


def _details(reporting: Reporting) -> dict[str, Any]:
    """Return what stands in the place of a finding: what was said, and a cause that runbooks can name."""
    return {
        "reported": reporting.kind.value,
        "description": reporting.wish.field("description"),
        "cause": {"metric": f"{reports.METRIC}{reporting.kind.value}"},
    }


def _line(reporting: Reporting, alert: Alert, was: Severity, worse: Severity) -> dict[str, Any]:
    facts = {"kind": reporting.kind.value, "count": alert.repeats, "description": reporting.wish.field("description")}
    return facts | ({"severity": worse.value} if worse is not was else {})


def _doing(reporting: Reporting, incident: Incident) -> Doing:
    request = Request("reported_again", incident.id, reporting.wish.actor)
    return Doing(reporting.services, reporting.session, incident, request, reporting.now)


def _done(reporting: Reporting, alert: Alert, incident: Incident, *, joined: bool) -> Outcome:
    facts: dict[str, Any] = {"incident": incident.id, "alert": alert.id, "kind": reporting.kind.value}
    facts |= {"joined": joined, "severity": incident.severity, "channel": incident.channel, "count": alert.repeats}
    return Outcome(Ended.DONE, VERB, facts | _whence(reporting.quote))


def _whence(quote: dict[str, Any] | None) -> dict[str, Any]:
    """Return which message is quoted, for the audit log: not what it says."""
    return {name: quote[name] for name in ("channel", "ts") if quote and quote.get(name)}


def _key(delivery: str) -> str:
    return f"quote:{delivery}"
