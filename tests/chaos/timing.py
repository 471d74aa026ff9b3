"""Counts what time did wrongly: what was due and did nothing, did it twice, late, or though it was answered; pure."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from datetime import timedelta

from analysis.response import life
from analysis.response.escalation import Why
from analysis.vocabulary import State
from bot import schedule
from storage.tables import TimelineEntry, Timer
from tests.chaos.facts import Facts

GRACE = timedelta(seconds=2)
WAITED = frozenset({Why.WAITED, Why.REPEATED})  # for nobody had acknowledged


def lost_timers(facts: Facts) -> list[str]:
    """Return the timers that are due and did nothing: neither fired, skipped nor cancelled; or fired to no effect."""
    lost = [one.key for one in facts.timers if one.status == "pending" and one.due_at < facts.now - GRACE]
    skipped = {row.entity for row in facts.audit if row.action == "skipped"}
    lost += [one.key for one in facts.timers if one.status == "skipped" and one.key not in skipped]
    fired = [one for one in facts.timers if one.status == "fired" and one.kind in EFFECTS]
    return lost + [one.key for one in fired if not EFFECTS[one.kind](facts, one)]


def _owed(facts: Facts, timer: Timer) -> bool:
    return any(row.key == timer.key for row in facts.owed)


def _run(facts: Facts, timer: Timer) -> bool:
    return any(run.key == timer.key for run in facts.runs)


def _clock(facts: Facts, timer: Timer) -> bool:
    """Return whether the clock was found late, or warned of, unless it was met, stopped or moved before."""
    (clock,) = [one for one in facts.clocks if timer.subject == f"clock:{one.id}"]
    warns = timer.kind == "clock_warn"
    if (clock.warned_at if warns else clock.breached_at) is None:
        is_over = warns and clock.due_at <= (timer.fired_at or facts.now)
        return is_over or bool(clock.met_at or clock.stopped_at or clock.paused_at)
    told = _entries(facts, "clock_warn" if warns else "clock_breached", clock.incident_id)
    return any((one.facts["clock"], one.facts["number"]) == (clock.kind, clock.number) for one in told)


def _step(facts: Facts, timer: Timer) -> bool:
    (step,) = [one for one in facts.steps if one.id == timer.data["step"]]
    return _told(facts, "step_overdue", timer) or step.done_at is not None or _has_ended(facts, step.incident_id)


def _asked(facts: Facts, timer: Timer) -> bool:
    """Return whether it was asked, or who has it had done something, so that the question was put off."""
    return _told(facts, "asked_still", timer) or _went_on(facts, timer)


def _unanswered(facts: Facts, timer: Timer) -> bool:
    return _told(facts, "escalate", timer) or _went_on(facts, timer)


def _went_on(facts: Facts, timer: Timer) -> bool:
    later = [one for one in facts.timers if one.subject == timer.subject and (one.id or 0) > (timer.id or 0)]
    return any(one.kind == "still_on_it" for one in later) or _has_ended(facts, timer.subject)


def _quiet(facts: Facts, timer: Timer) -> bool:
    (quiet,) = [one for one in facts.quiets if one.id == timer.subject]
    verb = "quiet_over" if timer.kind == "quiet_end" else "quiet_ahead"
    told = [one for one in facts.timeline if one.verb == verb and one.facts.get("quiet") == quiet.id]
    return quiet.ended_at is not None if quiet.incident_id is None else bool(told)


def _approval(facts: Facts, timer: Timer) -> bool:
    return all(one.status != "pending" for one in facts.approvals if one.id == timer.subject)


def _watch(facts: Facts, timer: Timer) -> bool:
    return _told(facts, "watch_over", timer)


def _follow_up(facts: Facts, timer: Timer) -> bool:
    (found,) = [one for one in facts.follow_ups if one.id == timer.subject]
    return _owed(facts, timer) or found.done_at is not None or timer.data["why"] == "given_up"


def _hand_over(facts: Facts, timer: Timer) -> bool:
    return any(row.kind == "on_call" and row.subject == "hand_over" for row in facts.owed)


def _calm(facts: Facts, timer: Timer) -> bool:
    return _told(facts, "calmed", timer)


def _told(facts: Facts, verb: str, timer: Timer) -> bool:
    return any(one.verb == verb and one.facts.get("timer") == timer.key for one in facts.timeline)


def _entries(facts: Facts, verb: str, incident_id: str) -> list[TimelineEntry]:
    return [one for one in facts.timeline if one.verb == verb and one.incident_id == incident_id]


def _has_ended(facts: Facts, incident_id: str) -> bool:
    return any(one.id == incident_id and State(one.state) in life.ENDED for one in facts.incidents)


# By kind of timer: whether what it fired for stands somewhere. An escalation's step may find that somebody has it.
EFFECTS: dict[str, Callable[[Facts, Timer], bool]] = {
    "digest": _owed,
    "check": _run,
    "clock_warn": _clock,
    "clock_due": _clock,
    "step_due": _step,
    "still_on_it": _asked,
    "unanswered": _unanswered,
    "quiet_end": _quiet,
    "quiet_notice": _quiet,
    "approval": _approval,
    "watch": _watch,
    "follow_up": _follow_up,
    "hand_over": _hand_over,
    "flapping_calm": _calm,
}


def doubled_timers(facts: Facts) -> list[str]:
    """Return the timers whose effect is there twice: a step called again, a skip told again, a day's work redone."""
    once: list[Hashable] = [("told", one.facts["timer"]) for one in facts.timeline if one.facts.get("timer")]
    once += [("skipped", row.entity) for row in facts.audit if row.action == "skipped"]
    once += [("digest", post.key) for post in facts.posts if post.key and post.key.startswith("digest:")]
    once += [("planned", one.key) for one in facts.timers]
    for one in facts.timeline:
        if one.verb in ("clock_warn", "clock_breached"):
            once.append((one.verb, one.incident_id, one.facts["clock"], one.facts["number"]))
        elif one.verb in ("quiet_over", "quiet_ahead"):
            once.append((one.verb, one.facts["quiet"]))
        elif one.verb == "escalate" and one.facts.get("waited") and "timer" not in one.facts:
            once.append((one.verb, one.incident_id, one.facts.get("step")))
    once += [(row.action, row.entity) for row in facts.audit if row.action == "approval_expired"]
    return [f"{what} × {n}" for what, n in Counter(once).items() if n > 1]


def untimely(facts: Facts) -> list[str]:
    """Return what was done though it was answered, though it was too late, or though a newer one stood for it."""
    return [*_though_answered(facts), *_too_late(facts), *_behind(facts)]


def _though_answered(facts: Facts) -> Iterator[str]:
    """Yield the calls that somebody's acknowledgement, or answer to “still on it?”, had stopped."""
    for incident in facts.incidents:
        holder: str | None = None
        asked = acted = 0
        mine = [one for one in facts.timeline if one.incident_id == incident.id]
        for one in sorted(mine, key=lambda one: one.id or 0):
            number, move = one.id or 0, life.MOVES.get(one.verb)
            if one.verb == "reopened":
                holder = None
            elif one.verb == "asked_still":
                asked = number
            elif one.verb == "escalate" and one.facts.get("waited"):
                why = one.facts.get("why")
                if (why in WAITED and holder is not None) or (why == Why.QUIET and acted > asked):
                    yield f"{incident.id} was called although {holder} has it ({why})"
            elif one.actor != "system" and move is not None:
                takes = one.verb in ("still_on_it", "reopen") or (move.target is not None and holder is None)
                holder = one.actor if takes else holder
                acted = number if one.actor == holder else acted


def _too_late(facts: Facts) -> Iterator[str]:
    """Yield what fired beyond its maximal lateness, and warnings of what was over."""
    for timer in facts.timers:
        latest = schedule.LATEST.get(timer.kind)
        if timer.status == "fired" and timer.fired_at and latest and timer.fired_at - timer.due_at > latest:
            yield f"{timer.key} fired {timer.fired_at - timer.due_at} late"
    for one in facts.timeline:
        if one.verb == "clock_warn" and one.at.isoformat() >= str(one.facts["due"]):
            yield f"{one.incident_id} was warned of {one.facts['clock']} that was over"


def _plan(call: Timer) -> tuple[str, str | None]:
    return call.key.rpartition(":")[0], call.data.get("until")


def _behind(facts: Facts) -> Iterator[str]:
    """Yield the calls that were made although a later one was due too, or had been made."""
    calls = [one for one in facts.timers if one.kind == "escalate" and one.status == "fired" and one.fired_at]
    for one in calls:
        for other in calls:
            same = _plan(one) == _plan(other)  # another severity makes another plan, which begins anew
            if same and one.due_at < other.due_at and (one.fired_at or facts.now) > (other.fired_at or facts.now):
                yield f"{one.key} fired behind {other.key}"
