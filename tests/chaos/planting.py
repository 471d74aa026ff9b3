"""What an earlier shift left: people at work on incidents, and of every kind of timer one that comes due in the story.

The shift went through the same operations as every door, by a clock that is moved; its timers fired in time until then.
"""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from sqlmodel import Session, select

from analysis.detection.alerts import Alert
from analysis.detection.report import Report
from analysis.response.quiet import NOTICE, Kind
from analysis.response.walls import at
from analysis.vocabulary import Severity
from bot import keys, schedule
from bot.localslack.people import PEOPLE
from bot.operations import approvals, incidents, opening
from bot.operations.deciding import Decision
from bot.operations.doing import Request
from bot.services import SYSTEM, Services
from storage import approvals as kept
from storage import policies, timers
from storage.database import Database
from storage.tables import Alert as Raised
from storage.tables import Inbound, Incident, Model, Run, Timer
from tests.bot import rolled
from tests.chaos.stage import ROTA, Stage

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
FIRST, APART = timedelta(seconds=5), timedelta(seconds=1)  # when it comes due: the bot needs a while to start


def plant(stage: Stage, left: "Sequence[Leave] | None" = None) -> None:
    """Leave timers that are due at once, as a night without a bot would, and what is too old to be kept."""
    now = datetime.now(UTC)
    database = Database(stage.address)
    with database.write() as session:
        for timer in _overdue(session, now):
            timers.plan(session, timer)
        old = now - timedelta(days=200)
        session.add_all(Inbound(key=f"old:{n}", kind="event", received_at=old, done_at=old) for n in range(3))
    shift = Shift(stage, database)
    for number, leave in enumerate(LEFT if left is None else left):
        leave(shift, now + FIRST + number * APART)
    database.dispose()


def versions(stage: Stage) -> None:
    """Let the model have versions: one serves, one was good, and one passed its validation."""
    database = Database(stage.address)
    policy, folder = policies.read(stage.folder / "policy.yaml")[0], stage.folder / "data"
    rolled.known(Services(database, policy, folder, keys.load(folder / "keys"), lambda: datetime.now(UTC)))
    database.dispose()


def _overdue(session: Session, now: datetime) -> list[Timer]:
    digest = {"name": "daily", "channel": "ml-monitoring"}
    owed = [("digest", "daily:ml-monitoring", now, digest), ("retention", "nightly", now, {})]
    owed += [("digest", "daily:ml-monitoring", now - timedelta(days=2), digest), ("review", "baselines", now, {})]
    for one in session.exec(select(Incident)):
        owed += [("escalate", one.id, now, {"step": 1, "until": "acknowledged"})]
    return [
        Timer(key=f"{kind}:{subject}:planted:{due.date()}", kind=kind, subject=subject, due_at=due, data=data)
        for kind, subject, due, data in owed
    ]


@dataclass
class Shift:
    """Who was there before: an incident each, of a model of its own."""

    stage: Stage
    database: Database
    now: datetime = field(init=False)
    services: Services = field(init=False)
    alert: Alert = field(init=False)
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        """Take the policy, the keys and the alert of the night."""
        policy = policies.read(self.stage.folder / "policy.yaml")[0]
        folder = self.stage.folder / "data"
        self.services = Services(self.database, policy, folder, keys.load(folder / "keys"), lambda: self.now)
        self.services.directory = lambda people: None  # who they are was said just then
        with self.database.read() as session:
            run = session.exec(select(Run).where(Run.purpose == "check")).one()
        self.alert = Report.from_json(run.report).alerts[0]

    def open(self, when: datetime, severity: Severity) -> str:
        """Return the id of an incident that a check opened then."""
        self.now, model = when, f"left-{next(self.numbers)}"
        alert = dataclasses.replace(self.alert, severity=severity)
        with self.services.transaction() as session:
            session.add(Model(id=model, name=model, risk="high", registered_at=when))
            session.flush()
            run = Run(model_id=model, requested_by=SYSTEM, requested_at=when, next_at=when, status="finished")
            session.add(run)
            session.flush()
            ((opened, _),) = opening.record(opening.Result(self.services, session, run, when), [alert])
        return str(opened.incident_id)

    def do(self, verb: str, incident: str, by: str, **fields: str) -> None:
        """Let somebody do something."""
        outcome = incidents.move(self.services, Request(verb, incident, PEOPLE[by].id, fields=fields))
        assert outcome.error is None, outcome

    def taken(self, when: datetime, severity: Severity = Severity.HIGH) -> str:
        """Return the id of an incident that was opened then, and that somebody took at once."""
        opened = self.open(when, severity)
        self.do("acknowledge", opened, "oncall")
        return opened

    def live_until(self, due: datetime) -> None:
        """Let what was due before fire, each in its time."""
        while True:
            with self.database.read() as session:
                mine = select(Timer.due_at).where(Timer.status == "pending", Timer.due_at < due)
                soonest = session.exec(mine.where(Timer.subject != ROTA).order_by(Timer.due_at)).first()
            if soonest is None or soonest > due - APART / 2:
                return
            self.now = max(self.now, soonest)
            while schedule.fire(self.services):
                pass


def late(shift: Shift, due: datetime) -> None:
    """Containment, the next update and a step of the checklist are owed by then."""
    shift.taken(due - 4 * HOUR)


def late_soon(shift: Shift, due: datetime) -> None:
    """It is warned of containment and of the next update then."""
    shift.taken(due - 3 * HOUR)


def quiet_holder(shift: Shift, due: datetime) -> None:
    """Who has it has done nothing for four hours."""
    shift.taken(due - 4 * HOUR)


def no_answer(shift: Shift, due: datetime) -> None:
    """Who has it was asked, and had a quarter of an hour to answer."""
    shift.taken(due - 2 * HOUR - 15 * MINUTE, Severity.CRITICAL)
    shift.live_until(due)


def rest(shift: Shift, due: datetime) -> None:
    """A snooze ends, a wish that nobody approved lapses, an alert that flapped has calmed, a follow-up is asked for."""
    incident = shift.taken(due - shift.services.policy.approvals.expire, Severity.MEDIUM)
    shift.do("accept_risk", incident, "ml_lead", until=(due + 20 * HOUR).isoformat(), reason="It is small")
    shift.do("snooze", incident, "oncall", until=due.isoformat(), reason="The vendor looks at it")
    what = {"what": "Weigh the sample anew", "owner": PEOPLE["ml_engineer"].id, "needed": "afterwards"}
    shift.do("follow_up", incident, "ml_lead", due=(due + timedelta(days=2)).date().isoformat(), **what)
    with shift.database.write() as session:
        asked = session.exec(select(Timer).where(Timer.kind == "follow_up", Timer.status == "pending")).one()
        asked.due_at = due  # else at nine in the morning
        (alert,) = session.exec(select(Raised).where(Raised.incident_id == incident)).all()
        alert.flapping_since = shift.now
        calm = Timer(key=f"flapping_calm:{alert.id}", kind="flapping_calm", subject=alert.id, due_at=due)
        session.add_all([asked, alert, calm])


def accepted(shift: Shift, due: datetime) -> None:
    """A risk that was accepted is so for three more days."""
    incident, until = shift.taken(due - HOUR, Severity.MEDIUM), due + NOTICE[Kind.ACCEPTED_RISK]
    shift.do("accept_risk", incident, "ml_lead", until=until.isoformat(), reason="It is small")
    with shift.database.read() as session:
        (wish,) = kept.waiting(session, incident)
    approvals.decide(shift.services, Decision("approve", wish.id, PEOPLE["compliance"].id))


def watched(shift: Shift, due: datetime) -> None:
    """An incident was resolved a day ago."""
    incident = shift.taken(due - shift.services.policy.watch)
    shift.do("resolve", incident, "oncall", note="Went back to 1.0.0")


def handed_over(shift: Shift, due: datetime) -> None:
    """The rota changes hands."""
    rota = shift.services.policy.rota(ROTA)
    assert rota is not None
    due = at(due.date(), rota.at, rota.zone)
    key = f"hand_over:{ROTA}:{due.date().isoformat()}"
    with shift.database.write() as session:
        timers.plan(session, Timer(key=key, kind="hand_over", subject=ROTA, due_at=due))


Leave = Callable[[Shift, datetime], None]
LEFT: tuple[Leave, ...] = (
    no_answer, late, late_soon, quiet_holder, rest, accepted, watched, handed_over,
)  # fmt: skip
