"""Who is on call, read in a transaction: rotas of the policy, overrides that are kept, people who are active."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from analysis.policy import Policy
from analysis.response import oncall
from analysis.response.oncall import Duty, Gap
from analysis.rotas import ON_CALL, Place, Rota
from storage import oncall as kept
from storage import people
from storage.tables import Override

BEFORE = timedelta(days=31)  # overrides that ended since are read too: when the shift of now began hangs on them


@dataclass(frozen=True)
class Roster:
    """A rota at a moment."""

    rota: Rota
    now: datetime
    taken: tuple[Override, ...]
    known: dict[str, str]  # Slack id by id and e-mail address, of the active people

    def who(self, name: str) -> str | None:
        """Return the Slack id of a person whom the rota names, if they are active."""
        return self.known.get(name)

    def on_now(self, place: Place) -> str | None:
        """Return the Slack id of who has the place now."""
        duty = oncall.on_duty(self.rota, place, self.taken, self.now)
        return self.who(duty.person) if duty and duty.person else None

    def duties(self, place: Place, span: timedelta) -> list[Duty]:
        """Return who has the place from now on, for so long."""
        return oncall.duties(self.rota, place, self.taken, self.now, self.now + span)

    def gaps(self, span: timedelta) -> list[Gap]:
        """Return where a call may find nobody from now on, for so long."""
        return oncall.gaps(self.rota, self.taken, self.now, self.now + span, self.who)


def told(gap: Gap) -> dict[str, Any]:
    """Return the gap as facts of a message."""
    one = gap.duty
    span = {"from": one.starts_at.isoformat(), "to": one.ends_at.isoformat()}
    return {"fault": gap.fault.value, "place": one.place.value, "person": one.person, **span}


def roster(session: Session, rota: Rota, now: datetime) -> Roster:
    """Return the rota as it is now."""
    taken = tuple(kept.taken(session, now - BEFORE, rota.name))
    names = rota.people() | {one.person for one in taken}
    return Roster(rota, now, taken, people.reachable(session, names))


def is_named(session: Session, policy: Policy, actor: str, now: datetime) -> bool:
    """Return whether the person stands in a rota, or has taken over a shift."""
    return any(actor in roster(session, rota, now).known.values() for rota in policy.rotas)


def on_call(session: Session, policy: Policy, now: datetime) -> list[str] | None:
    """Return the Slack ids of who holds the role On-call by its rota, primary first; None where there is none."""
    rota = policy.rota(ON_CALL)
    if rota is None:
        return None
    seen = roster(session, rota, now)
    return [one for place in Place if (one := seen.on_now(place)) is not None]
