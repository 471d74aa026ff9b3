"""What is told of a rota by itself: who hands over to whom and with what open, and where nobody will be on call."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from analysis.response import oncall
from analysis.response.notifying import Reason
from analysis.response.oncall import Duty, Gap
from analysis.rotas import Place, Rota
from analysis.vocabulary import Role, Severity
from bot import duty
from bot.duty import Roster
from bot.services import SYSTEM, Services
from storage import audit, outbox
from storage.tables import Owed, Timer

AHEAD = (timedelta(hours=1), timedelta(days=1))  # before a gap
REASONS = {"hand_over": Reason.SCHEDULED, "gap": Reason.TROUBLE}


@dataclass(frozen=True)
class Telling:
    """A line about a rota that is being written."""

    services: Services
    session: Session
    rota: Rota
    now: datetime

    def owe(self, about: str, key: str, data: dict[str, Any]) -> bool:
        """Return whether the line is new: owed to the rota's channel, and audited."""
        policy = self.services.policy
        owed = Owed(
            key=key,
            kind="on_call",
            subject=about,
            channel=self.rota.channel or policy.routes[Severity.CRITICAL].channel or policy.engineering,
            data={"rota": self.rota.name, **data},
            priority=4,
            reason=REASONS[about],
            next_at=self.now,
            created_at=self.now,
        )
        is_new = outbox.owe(self.session, owed)
        if is_new:
            entry = audit.Entry(SYSTEM, about, f"rota:{self.rota.name}", "done", data)
            audit.append(self.session, entry, self.now)
        return is_new


def when_due(services: Services, session: Session, timer: Timer, now: datetime) -> None:
    """Tell who hands over to whom, where a place changes hands; silent where the same person goes on."""
    rota = services.policy.rota(timer.subject)
    if rota is None:
        return
    seen = duty.roster(session, rota, now)
    changed = [
        _change(after, before.person and seen.who(before.person), after.person and seen.who(after.person))
        for before, after in oncall.hand_over(rota, seen.taken, timer.due_at)
    ]
    _hand_over(Telling(services, session, rota, now), timer.due_at, changed)


def changed_now(services: Services, session: Session, before: Roster) -> None:
    """Tell who has a place from this moment on, where what was just changed makes it somebody else."""
    after = duty.roster(session, before.rota, before.now)
    changed = []
    for place in Place:
        held = oncall.on_duty(after.rota, place, after.taken, after.now)
        was, now = before.on_now(place), after.on_now(place)
        if held is not None and was != now:
            changed.append(_change(held, was, now))
    _hand_over(Telling(services, session, before.rota, before.now), before.now, changed)


def _change(held: Duty, was: str | None, now: str | None) -> dict[str, Any]:
    return {"place": held.place.value, "from": was, "to": now, "until": held.ends_at.isoformat()}


def _hand_over(telling: Telling, at: datetime, changed: list[dict[str, Any]]) -> None:
    if changed:
        telling.owe("hand_over", f"hand_over:{telling.rota.name}:{at.isoformat()}", {"changed": changed})


def look_ahead(services: Services) -> int:
    """Return how many gaps were told now: each a day and an hour before it begins, to those who can fill it."""
    told = 0
    for rota in services.policy.rotas:
        now = services.clock()
        with services.database.read() as session:
            gaps = duty.roster(session, rota, now).gaps(max(AHEAD))
            new = [gap for gap in gaps if outbox.by_key(session, _key(rota, gap, now)) is None]
        if new:
            with services.transaction() as session:
                told += sum(_warn(Telling(services, session, rota, now), gap) for gap in new)
    return told


def _key(rota: Rota, gap: Gap, now: datetime) -> str:
    """Return the key of the warning that is due: one a lead; of a gap that is there already, one a day."""
    ahead = gap.duty.starts_at - now
    begins = f"{gap.duty.starts_at.isoformat()}:{next(lead for lead in AHEAD if ahead <= lead)}"
    when = begins if ahead > timedelta(0) else f"{now.date()}"
    return f"gap:{rota.name}:{gap.duty.place}:{gap.fault}:{gap.duty.person or 'nobody'}:{when}"


def _warn(telling: Telling, gap: Gap) -> bool:
    services, session = telling.services, telling.session
    fixers = services.holders(session, {Role.ML_LEAD}) or services.holders(session, {Role.ADMIN})
    return telling.owe("gap", _key(telling.rota, gap, telling.now), {"call": fixers, **duty.told(gap)})
