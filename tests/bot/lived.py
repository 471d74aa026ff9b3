"""The night of the fairness alert, lived on beneath its doors: moves, checks, and time that goes by."""

import json
from collections.abc import Iterator
from datetime import timedelta

from sqlmodel import select

from bot import keys, schedule
from bot.operations import detection, incidents
from bot.operations.detection import Wish
from bot.operations.doing import Request
from bot.services import SYSTEM, Services
from storage import audit, policies
from storage.database import Database
from storage.tables import Alert, AuditRow, Incident, Run, TimelineEntry, Timer
from tests.world import Night, StillClock

MODEL, INCIDENT = "income-prequal", "INC-2026-03-001"
ONCALL, ENGINEER, LEAD, COMPLIANCE = "U0ONCALL01", "U0MLENGI01", "U0MLLEAD01", "U0COMPLY01"
CAUSE = {
    "cause_type": "model",
    "trigger": "Version 1.1.0 went live",
    "cause": "It was trained on a biased sample",
    "corrective": "Reweight the sample",
    "owner": ENGINEER,
    "due": "2026-03-20",
    "preventive": "Test parity before release",
}


def taken(night: Night) -> Iterator[Services]:
    """The night of the fairness alert; the on-call person has it."""
    address = night.address or f"sqlite:///{night.folder / 'ethixbot.db'}"
    policy, _ = policies.read(night.folder / "policy.yaml")
    kept = keys.load(night.folder / "data/keys")
    made = Services(Database(address), policy, night.folder / "data", kept, StillClock())
    made.directory = lambda people: None  # who they are was said just now
    made.clock.forward(minutes=5)  # the night had a clock of its own
    do(made, "acknowledge", ONCALL)
    yield made
    made.database.dispose()


def do(services, verb, by, incident=INCIDENT, **fields):
    """Return what came of it."""
    return incidents.move(services, Request(verb, incident, by, fields=fields))


def says(outcome):
    return incidents.told(outcome)["says"]


def report(services, *, well):
    """Return the night's report; well: as if everything was within its limits, in this week's decisions."""
    with services.database.read() as session:
        kept = json.loads(json.dumps(session.exec(select(Run.report).where(Run.purpose == "check")).first()))
    if well:
        kept["alerts"] = []
        for one in kept["results"]:
            one.update(verdict="ok", severity=None, reason="within")
    return kept


def at(kept, since, until):
    """Return the report as if it had looked at decisions of those times."""
    kept["window"] |= {"from": since.isoformat(), "to": until.isoformat()}
    return kept


def newest(services):
    """Return the time of the newest decision of the night: its log arrives in parcels, and is behind."""
    with services.database.read() as session:
        return session.exec(select(Run.window_to).where(Run.purpose == "check")).one()


def looked(services, kept):
    """Let the look at the model that waits end with that report."""
    run, _, _ = detection.begin(services, timedelta(minutes=5))
    assert detection.finish(services, run, kept, b"")
    return run


def check(services, kept):
    """Let the model be checked, with that outcome."""
    detection.request(services, Wish(MODEL, SYSTEM))
    return looked(services, kept)


def resolved(services, *, well=True):
    """Let the incident be resolved, and the look at it end."""
    assert do(services, "resolve", ONCALL, note="Went back to 1.0.0").changed
    looked(services, report(services, well=well))


def later(services, **span):
    """Let time go by; whatever is due fires, in order."""
    end = services.clock.now + timedelta(**span)
    while True:
        with services.database.read() as session:
            due = [one.due_at for one in session.exec(select(Timer).where(Timer.status == "pending"))]
        ahead = [one for one in due if one <= end]
        if not ahead:
            break
        services.clock.now = max(services.clock.now, min(ahead))
        while schedule.fire(services):
            pass
    services.clock.now = end


def found(services, incident=INCIDENT):
    with services.database.read() as session:
        return session.get(Incident, incident)


def all_incidents(services):
    with services.database.read() as session:
        return {one.id: one.state for one in session.exec(select(Incident))}


def entries(services, verb, incident=INCIDENT):
    with services.database.read() as session:
        mine = select(TimelineEntry).where(TimelineEntry.incident_id == incident, TimelineEntry.verb == verb)
        return [one.facts for one in session.exec(mine.order_by(TimelineEntry.id))]


def lesser(services, severity="medium"):
    """Let it be less severe, as if it had been found so."""
    with services.transaction() as session:
        for row in (*session.exec(select(Incident)), *session.exec(select(Alert))):
            row.severity = severity
            session.add(row)
    return services


def actions(services):
    with services.database.read() as session:
        count, faults = audit.verify(session)
        assert not faults
        return [session.get(AuditRow, number + 1).action for number in range(count)]
