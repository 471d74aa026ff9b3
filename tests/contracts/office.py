"""What the contracts of clocks and calls share: an office with people and a policy, where a test opens an incident."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlmodel import col, select

from analysis.policy import Policy
from analysis.vocabulary import Family, Severity, State
from bot import keys, schedule
from bot.demo import demo
from bot.localslack.people import PEOPLE
from bot.operations import clocks, escalation, incidents
from bot.operations.doing import Doing, Request
from bot.services import SYSTEM, Services
from storage.database import Database
from storage.tables import Incident, Model, Person, TimelineEntry, Timer

INCIDENT = "INC-2026-03-001"
# Half past midnight UTC in the nights in which summer time begins, and ends, in Europe.
NIGHTS = {"spring": datetime(2026, 3, 29, 0, 30, tzinfo=UTC), "autumn": datetime(2026, 10, 25, 0, 30, tzinfo=UTC)}
INSTANT = timedelta(seconds=1)


@dataclass
class Office:
    """A bot without Slack: its timers fire when a test lets time go by; what it has in memory is lost each time."""

    database: Database
    policy: Policy
    folder: Path
    now: datetime
    opened_at: datetime = field(init=False)
    services: Services = field(init=False)

    def __post_init__(self) -> None:
        """Start it for the first time, with everybody of the workspace."""
        self.opened_at, self.kept = self.now, keys.load(self.folder / "keys")
        self.start()
        with self.services.database.write() as session:
            session.add(Model(id=demo.MODEL, name="Income", risk="high", registered_at=self.now))
            for one in PEOPLE.values():
                person = Person(id=one.id, handle=one.handle, name=one.name, email=one.email, checked_at=self.now)
                session.add(person)

    def start(self) -> None:
        """Start it again, as after a crash: of what it knew there is only the database."""
        self.database.dispose()
        self.services = Services(self.database, self.policy, self.folder, self.kept, self.clock)

    def clock(self) -> datetime:
        """Return the time."""
        return self.now

    def open(self, severity: Severity, family: Family = Family.DATA) -> None:
        """Open an incident as a check does, with its calls and its clocks."""
        self.opened_at = self.now
        with self.services.transaction() as session:
            about = {"family": family.value, "severity": severity.value, "state": State.DETECTED.value}
            where = {"model_id": demo.MODEL, "channel": "ethixai-incidents", "opened_at": self.now}
            incident = Incident(id=INCIDENT, **about, **where)
            session.add(incident)
            session.flush()
            escalation.begin(self.services, session, incident, self.now)
            clocks.follow(Doing(self.services, session, incident, Request("opened", INCIDENT, SYSTEM), self.now), None)

    def do(self, verb: str, by: str, **fields: str) -> None:
        """Let a person of the workspace do something, which has to go through."""
        outcome = incidents.move(self.services, Request(verb, INCIDENT, PEOPLE[by].id, fields=fields))
        assert outcome.error is None, outcome

    def due(self) -> list[datetime]:
        """Return when something is due, soonest first."""
        with self.services.database.read() as session:
            return list(session.exec(select(Timer.due_at).where(Timer.status == "pending").order_by(col(Timer.due_at))))

    def fire(self) -> None:
        """Let all that is due fire in a bot that was just started."""
        self.start()
        while schedule.fire(self.services):
            pass

    def until(self, end: datetime) -> None:
        """Let time go by, a look at each moment at which something is due."""
        while (due := self.due()) and due[0] <= end:
            self.now = max(self.now, due[0])
            self.fire()
        self.now = end
        self.fire()

    def told(self, *verbs: str) -> list[TimelineEntry]:
        """Return the lines of the timeline with those verbs."""
        with self.services.database.read() as session:
            query = select(TimelineEntry).where(col(TimelineEntry.verb).in_(verbs)).order_by(col(TimelineEntry.id))
            return list(session.exec(query))
