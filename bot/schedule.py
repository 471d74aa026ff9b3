"""What happens by itself: timers that fire, and periodic work keyed by job and local date.

APScheduler holds the ticks and nothing else; what is due stands in the `timer` table.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from apscheduler.schedulers.background import BackgroundScheduler
from sqlmodel import Session

from analysis.policy import Policy
from analysis.response.walls import at
from bot.operations import (
    answering,
    asking,
    audits,
    calendar,
    clocks,
    detection,
    elsewhere,
    ending,
    escalation,
    flapping,
    followups,
    handing_over,
    hanging,
    keeping,
    notices,
    overdue,
    oversight,
    quieting,
    registering,
    reviewing,
    runbooks,
    sealing,
    storms,
    waiting,
    watching,
)
from bot.services import SYSTEM, Services
from bot.ticking import Tick
from storage import audit, failpoints, outbox, timers
from storage.database import Busy
from storage.tables import Owed, Timer

LATEST = {"digest": timedelta(hours=12), "hand_over": timedelta(hours=12)}  # later than this: skipped, and said so
SUNDAY = 7
LEFT_FOR = timedelta(minutes=1)
REACH = 31  # days back in which a missed turn is looked for, and ahead for the next one: a month's work too


@dataclass(frozen=True)
class Occurrence:
    """One turn of a periodic job: its key is job and local date, so it happens once whatever the clock does."""

    kind: str
    subject: str
    day: date
    due_at: datetime
    data: dict[str, Any]

    @property
    def key(self) -> str:
        """Return the timer's unique key."""
        return f"{self.kind}:{self.subject}:{self.day.isoformat()}"


def checks(policy: Policy, day: date) -> list[Occurrence]:
    """Return the day's checks, one a model."""
    due = datetime.combine(day, policy.schedule.daily_at, UTC)
    return [Occurrence("check", model.id, day, due, {}) for model in policy.models]


def deep_checks(policy: Policy, day: date) -> list[Occurrence]:
    """Return the Sunday's deep checks, in which every family is raised whatever the model's risk."""
    due = datetime.combine(day, policy.schedule.weekly_at, UTC)
    return [Occurrence("deep", model.id, day, due, {}) for model in policy.models if day.isoweekday() == SUNDAY]


def watches(policy: Policy, day: date) -> list[Occurrence]:
    """Return when it is asked whether the day's checks are finished."""
    return [
        Occurrence(
            "overdue", f"{one.kind}:{one.subject}", day, one.due_at + overdue.LATE,
            {"check": one.key, "model": one.subject},
        )
        for one in (*checks(policy, day), *deep_checks(policy, day))
    ]  # fmt: skip


def digests(policy: Policy, day: date) -> list[Occurrence]:
    """Return the day's digests."""
    wanted = [d for d in policy.digests if d.weekday is None or d.weekday == day.isoweekday()]
    return [
        Occurrence(
            "digest", f"{d.name}:{d.channel}", day, at(day, d.at, d.zone), {"name": d.name, "channel": d.channel}
        )
        for d in wanted
    ]


def nights(policy: Policy, day: date) -> list[Occurrence]:
    """Return the night's retention."""
    return [Occurrence("retention", "nightly", day, datetime.combine(day, policy.retention.at, UTC), {})]


def reviews(policy: Policy, day: date) -> list[Occurrence]:
    """Return the month's review of all baselines, on its first day."""
    due = datetime.combine(day, policy.schedule.monthly_at, UTC)
    return [Occurrence("review", "baselines", day, due, {})] if day.day == 1 else []


def hand_overs(policy: Policy, day: date) -> list[Occurrence]:
    """Return the day's hand-overs of the rotas; what people take over between has timers of its own."""
    return [
        Occurrence("hand_over", rota.name, day, at(day, rota.at, rota.zone), {})
        for rota in policy.rotas
        if rota.weekday in (None, day.isoweekday()) and day >= rota.orders[0].since
    ]


def calendar_reviews(policy: Policy, day: date) -> list[Occurrence]:
    """Return the day's reviews of the calendar."""
    where = {"channel": policy.review_channel}
    return [
        Occurrence("calendar", one.name, day, datetime.combine(day, one.at, UTC), where)
        for one in policy.reviews
        if one.is_on(day)
    ]


JOBS: dict[str, Callable[[Policy, date], list[Occurrence]]] = {
    "check": checks,
    "deep": deep_checks,
    "overdue": watches,
    "digest": digests,
    "retention": nights,
    "review": reviews,
    "calendar": calendar_reviews,
    "hand_over": hand_overs,
}


def plan(services: Services) -> None:
    """Write the timer of each job's next turn, and of the last one, which downtime may have missed.

    Nothing was missed before a job's first turn was planned, so for a new one only what lies ahead is planned.
    """
    now = services.clock()
    with services.transaction() as session:
        for one in _turns(services.policy, now):
            first = timers.first_due(session, one.kind, one.subject)
            if one.due_at > (now if first is None else first):
                timer = Timer(key=one.key, kind=one.kind, subject=one.subject, due_at=one.due_at, data=one.data)
                timers.plan(session, timer)
        registering.plan(services, session, now)


def _turns(policy: Policy, now: datetime) -> list[Occurrence]:
    """Return the newest turn of each job that lies behind, and the soonest one that lies ahead."""
    days = [now.date() + timedelta(days=shift) for shift in range(-REACH, REACH + 1)]
    turns = [one for job in JOBS.values() for day in days for one in job(policy, day)]
    behind = {(one.kind, one.subject): one for one in turns if one.due_at <= now}
    ahead = {(one.kind, one.subject): one for one in reversed(turns) if one.due_at > now}
    return [*behind.values(), *ahead.values()]


def _check(services: Services, session: Session, timer: Timer, now: datetime) -> None:
    detection.queue_due(session, timer.subject, timer.key, now)


def _digest(services: Services, session: Session, timer: Timer, now: datetime) -> None:
    owed = Owed(
        key=timer.key,
        kind="digest",
        subject=timer.data["name"],
        channel=timer.data["channel"],
        priority=7,
        next_at=now,
        created_at=now,
    )
    outbox.owe(session, owed)
    elsewhere.mail_digest(services, session, owed)


HANDLERS: dict[str, Callable[[Services, Session, Timer, datetime], None]] = {
    "check": _check,
    "deep": _check,
    "overdue": overdue.when_due,
    "digest": _digest,
    "escalate": escalation.when_due,
    "still_on_it": answering.when_quiet,
    "unanswered": answering.when_unanswered,
    "storm": storms.when_due,
    "step_due": runbooks.when_due,
    "flapping_calm": flapping.when_calm,
    "quiet_end": quieting.when_over,
    "quiet_notice": quieting.when_ahead,
    "clock_warn": clocks.when_to_warn,
    "clock_due": clocks.when_due,
    "retention": keeping.when_due,
    "review": reviewing.when_due,
    "hand_over": handing_over.when_due,
    "approval": asking.when_due,
    "watch": ending.when_watched,
    "follow_up": followups.when_due,
    "bias_audit": audits.when_due,
    "calendar": calendar.when_due,
    oversight.ENDS: oversight.when_over,
    registering.KIND: registering.when_due,
    hanging.KIND: hanging.when_due,
    waiting.KIND: waiting.when_due,
    watching.CHECK: watching.when_to_check,
    watching.OVER: watching.when_over,
}


@dataclass
class Firing:
    """Fires what is due, one after the other; what fails is left for a minute, so that it holds nothing else up."""

    services: Services
    left: dict[int, datetime] = field(default_factory=dict)  # by id of the timer, until when

    def step(self) -> bool:
        """Return whether a timer was due; raise what it raised."""
        now = self.services.clock()
        self.left = {id: until for id, until in self.left.items() if until > now}
        return fire(self.services, self.left)


def fire(services: Services, left: dict[int, datetime] | None = None) -> bool:
    """Return whether a timer was due, of those that are not left; it fires in the transaction that marks it fired."""
    now = services.clock()
    with services.database.read() as session:
        if not timers.is_any_due(session, now):
            return False
    left = {} if left is None else left
    taken = -1
    try:
        with services.transaction() as session:
            timer = timers.take(session, now, left.keys())
            if timer is None or timer.id is None:
                return False
            taken = timer.id
            left[taken] = now + LEFT_FOR
            _fire(services, session, timer, now)
            failpoints.reach("timer.before_commit")
    except Busy:  # not its own fault
        left.pop(taken, None)
        raise
    del left[taken]
    failpoints.reach("timer.after_commit")
    return True


def _fire(services: Services, session: Session, timer: Timer, now: datetime) -> None:
    why = _stale(session, timer, now)
    if why is None:
        HANDLERS[timer.kind](services, session, timer, now)
    else:
        _skip(services, session, timer, why, now)


def _stale(session: Session, timer: Timer, now: datetime) -> str | None:
    """Return why the timer does not fire any more: it is too late, or a newer one of the same work is due too."""
    latest = LATEST.get(timer.kind)
    if latest is not None and now - timer.due_at > latest:
        return "late"
    return "newer" if timers.newer_due(session, timer, now) else None


def _skip(services: Services, session: Session, timer: Timer, why: str, now: datetime) -> None:
    timer.status = "skipped"
    session.add(timer)
    data = {"due": timer.due_at.isoformat(), "why": why}
    audit.append(session, audit.Entry(SYSTEM, "skipped", timer.key, "done", data), now)
    if timer.kind != "overdue":  # its check was skipped too, and that is told
        facts = data | {"kind": timer.kind, "of": timer.subject}
        notices.owe(session, f"skipped:{timer.key}", services.policy.engineering, now, about="skipped", **facts)


def ticker(services: Services, tick: Tick) -> BackgroundScheduler:
    """Return the scheduler: it wakes the loops each second, plans and seals each minute; start it, shut it down."""
    scheduler = BackgroundScheduler(timezone=UTC)
    common = {"max_instances": 1, "coalesce": True, "misfire_grace_time": None}
    scheduler.add_job(tick, "interval", seconds=1, id="tick", **common)
    for job in (plan, sealing.when_due, handing_over.look_ahead):
        scheduler.add_job(job, "interval", args=[services], seconds=60, id=job.__name__, **common)
    return scheduler


def mend(ticker: BackgroundScheduler, now: datetime) -> bool:
    """Bring forward what lies further ahead than its interval; return False, for there is nothing more to do.

    APScheduler waits by the wall clock: one that is set back by an hour would stop the ticks for as long.
    """
    for job in ticker.get_jobs() if ticker.running else ():
        if job.next_run_time - now > job.trigger.interval:
            job.modify(next_run_time=now)
    return False
