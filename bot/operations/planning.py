"""The calls of an escalation as rows: whom each calls was decided when it was planned, whatever the policy says now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from analysis.response import escalation as deciding
from analysis.response.escalation import Call
from analysis.vocabulary import Family, Severity
from bot.operations import quietness
from bot.operations.doing import Doing
from bot.services import Services
from storage import timers
from storage.tables import Incident, Timer

KIND = "escalate"


@dataclass(frozen=True)
class Planned:
    """A call, and the timer that makes it."""

    call: Call
    timer: Timer

    @property
    def number(self) -> int:
        """Return its place in the order of time."""
        return self.call.number

    @property
    def step(self) -> int:
        """Return the step that it is of."""
        return self.call.step

    @property
    def is_until_resolved(self) -> bool:
        """Return whether it is made although somebody has the incident."""
        return self.call.until == "resolved"


def plan(doing: Doing, start: datetime) -> bool:
    """Return whether the policy names a path; each of its calls is a row from now on."""
    incident = doing.incident
    path = doing.services.policy.path(Severity(incident.severity), Family(incident.family))
    if path is None:
        return False
    common = {"plan": doing.now.isoformat(), **quietness.terms(path)}
    for call in deciding.calls(path, Family(incident.family)):
        data = {"number": call.number, "step": call.step, "turn": call.turn, "until": call.until, "to": list(call.to)}
        data |= common | {"after_s": int(call.after.total_seconds())}
        _write(doing, call.number, start + call.after, data)
    return True


def anew(doing: Doing) -> list[Planned]:
    """Return the calls as the policy has them now, none of them waiting: the rows there were are no longer kept."""
    if plan(doing, doing.now):
        timers.cancel(doing.session, doing.incident.id, [KIND])
    return of(doing.services, doing.session, doing.incident)


def calls(services: Services, session: Session, incident: Incident) -> list[Call]:
    """Return the calls of the plan that holds; where its rows are no longer kept, those of the policy."""
    path = services.policy.path(Severity(incident.severity), Family(incident.family))
    planned = [one.call for one in of(services, session, incident)]
    return planned or list(deciding.calls(path, Family(incident.family)) if path else ())


def again(doing: Doing, held: Sequence[Planned], since: Planned) -> None:
    """Plan the calls behind one that is made now anew, as far from it as they were."""
    for one in held:
        if one.number > since.number and not one.is_until_resolved:
            due = doing.now + (one.call.after - since.call.after)
            _write(doing, one.number, due, one.timer.data | {"resumed": doing.now.isoformat()})


def _write(doing: Doing, number: int, due: datetime, data: dict[str, Any]) -> None:
    key = f"{KIND}:{doing.incident.id}:{doing.now.isoformat()}:{number}"
    timers.plan(doing.session, Timer(key=key, kind=KIND, subject=doing.incident.id, due_at=due, data=data))


def of(services: Services, session: Session, incident: Incident) -> list[Planned]:
    """Return the calls of the plan that holds, in the order of time, each as it was planned last."""
    rows = timers.of(session, incident.id, KIND)
    newest = max((row.data.get("plan", "") for row in rows), default="")
    held = [Planned(_call(services, incident, row), row) for row in rows if row.data.get("plan", "") == newest]
    last = {one.number: one for one in held}
    return [last[number] for number in sorted(last)]


def _call(services: Services, incident: Incident, row: Timer) -> Call:
    data = row.data
    step = int(data["step"])
    to = data["to"] if "to" in data else _as_the_policy_says(services, incident, step)
    after = timedelta(seconds=data.get("after_s", 0))
    number = int(data.get("number", step))
    return Call(number, step, int(data.get("turn", 0)), after, tuple(to), str(data.get("until", "acknowledged")))


def _as_the_policy_says(services: Services, incident: Incident, step: int) -> tuple[str, ...]:
    """Return whom a step calls that was planned before calls kept it."""
    path = services.policy.path(Severity(incident.severity), Family(incident.family))
    return path.steps[min(step, len(path.steps) - 1)].to if path else ()
