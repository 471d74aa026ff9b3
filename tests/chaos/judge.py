"""Counts what was lost and what was doubled; pure: facts in, counts out. All zeros is a pass."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable

from analysis.response import life
from analysis.response.rollouts import Status
from bot.services import SYSTEM
from storage import incidents, outbox, retrains
from storage.registry import CHAMPION
from tests.chaos.facts import Facts
from tests.chaos.timing import doubled_timers, lost_timers, untimely

POSTED = {
    "incident", "reply", "chart", "link", "digest", "notice", "answer", "more", "storm", "proof", "checklist",
    "approval", "on_call", "follow_up", "told", "room_welcome", "rollout",
}  # fmt: skip
SAYS_NOTHING = {"chart", "reply"}  # where the record has nothing to show, the row is sent and no message stands
TOLD_BY_ID = {*life.MOVES, "escalate"}  # their audit line names the timeline entry
TOLD_BY_COUNT = {"export_made", "export_failed"}
ONCE = {"acknowledge", "resolve", "opened"}  # leads on: the incident never comes back to where it may be done again


def lost_in(facts: Facts) -> list[str]:
    """Return what was acknowledged and has left no trace, though nobody was told to try again."""
    kept, owed = {row.key: row for row in facts.inbox}, {row.key for row in facts.owed}
    excused = Counter(facts.apologies)
    lost = []
    for one in _distinct(facts):
        row = kept.get(one.key)
        if row is None and one.by and excused[one.by] > 0:
            excused[one.by] -= 1
        elif row is None or row.done_at is None:
            lost.append(f"{one.key} was not {'kept' if row is None else 'worked off'}")
        elif one.answer and one.answer not in owed and row.error is None:
            lost.append(one.answer)
    return lost


def _distinct(facts: Facts) -> Iterable:
    return {one.key: one for one in facts.asked}.values()


def lost_audit(facts: Facts) -> list[str]:
    """Return what changed without its line in the audit log, and lines without their change."""
    said = Counter(row.data.get("timeline") for row in facts.audit if row.outcome == "done" and "timeline" in row.data)
    told = [entry for entry in facts.timeline if facts.archived is None or entry.at > facts.archived]
    lost = [f"timeline {one.id} {one.verb}" for one in told if one.verb in TOLD_BY_ID and said[one.id] != 1]
    ids = {one.id for one in facts.timeline}
    lost += [f"audit of timeline {id}" for id in said if id not in ids]
    counted = Counter((one.verb, one.incident_id) for one in told if one.verb in TOLD_BY_COUNT)
    lines = Counter((row.action, row.entity) for row in facts.audit if row.action in TOLD_BY_COUNT)
    lost += [f"{verb} of {incident}" for verb, incident in {*counted, *lines} if
             counted[verb, incident] != lines[verb, incident]]  # fmt: skip
    opened = {row.entity for row in facts.audit if row.action == "opened"}
    recent = [one for one in facts.incidents if facts.archived is None or one.opened_at > facts.archived]
    lost += [f"opened {one.id}" for one in recent if one.id not in opened]
    people = [one for one in facts.oversight if one.by != SYSTEM]  # its own are told by what it does besides
    changes = [one for one in people if facts.archived is None or one.at > facts.archived]
    lines = Counter(row.action for row in facts.audit if row.outcome == "done")
    if len(changes) != lines["freeze"] + lines["unfreeze"]:
        lost.append(f"{len(changes)} oversight changes, {lines['freeze'] + lines['unfreeze']} lines")
    return lost


def lost_out(facts: Facts) -> list[str]:
    """Return the keys that are owed and stand in no message, or wait still."""
    standing = {post.key for post in facts.posts}
    files = {name for post in facts.posts for name in post.files}
    lost = [f"{row.key} ({row.status})" for row in facts.owed if row.status in outbox.WAITING]
    for row in facts.owed:
        nothing_to_say = row.kind in SAYS_NOTHING and row.remote_ts is None
        if row.status == "sent" and row.kind in POSTED and row.key not in standing and not nothing_to_say:
            lost.append(row.key)
    made = [one for one in facts.bundles if one.status == "made" and one.path]
    lost += [one.path for one in made if one.path and one.path.rsplit("/", 1)[-1] not in files]
    due = [one for one in facts.bundles if one.status != "queued" or one.next_at <= facts.now]  # others gather
    lost += [f"bundle {one.id} {one.status}" for one in due if one.status not in ("made", "failed")]
    lost += [f"run {one.id} {one.status}" for one in facts.runs if one.status not in ("finished", "failed")]
    return lost + [f"{one.id} {one.status}" for one in facts.retrains if one.status in retrains.UNDER_WAY]


def doubled(facts: Facts) -> list[str]:
    """Return every message and every effect that is there more than once."""
    once: list[Hashable] = [post.key for post in facts.posts if post.key]
    once += [("file", name) for post in facts.posts for name in post.files]
    once += [("start of", request) for request in facts.started]
    once += [("oversight", one.incident_id, one.by, one.reason) for one in facts.oversight]
    once += [("moved", one.rollout_id, one.alias, one.version) for one in facts.moves if one.rollout_id]
    once += [("did", one.incident_id, one.verb) for one in facts.timeline if one.verb in ONCE]
    once += [("made", one.incident_id, one.facts.get("version")) for one in facts.timeline if one.verb == "export_made"]
    once += [("asked", one.incident_id, one.incident_version) for one in facts.bundles if one.status != "failed"]
    return [f"{what} × {n}" for what, n in Counter(once).items() if n > 1]


def orphans(facts: Facts) -> list[str]:
    """Return the incidents for whose message nothing is owed."""
    owed = {row.key for row in facts.owed}
    return [one.id for one in facts.incidents if incidents.message_key(one.id) not in owed]


def between(facts: Facts) -> list[str]:
    """Return the promotions and rollbacks that ended neither in the old state nor in the new one, or did a step twice.

    What serves at the end is what the last of them left.
    """
    found = [f"{one.id} {one.status}" for one in facts.rollouts if one.status not in (Status.DONE, Status.UNDONE)]
    for one in facts.rollouts:
        audited = [row for row in facts.audit if (row.action, row.entity) == ("rollout_step", one.id)]
        steps = [name for name in one.snapshot["steps"] if {"done", "failed"} & set(one.steps.get(name, {}))]
        if len(audited) != len(steps):
            found.append(f"{one.id}: {len(steps)} steps, {len(audited)} lines")
    last = max(facts.rollouts, key=lambda one: (one.requested_at, one.id), default=None)
    if last is not None:
        old, new = last.snapshot["aliases"].get(CHAMPION), last.to_version
        wanted = new if last.status == Status.DONE else old
        serves = [move.version for move in facts.moves if move.alias == CHAMPION][-1:]
        found += [f"{last.id} is {last.status}, and {serves} serves"] if serves != [wanted] else []
    return found


def stale(facts: Facts) -> list[str]:
    """Return the incidents whose message does not show what has become of them."""
    shown = {post.key: post.look for post in facts.posts}
    sent = {row.key for row in facts.owed if row.status == "sent"}
    keys = {one.id: incidents.message_key(one.id) for one in facts.incidents}
    return [id for id, key in keys.items() if key in sent and shown.get(key) != facts.looks.get(id)]


def parked(facts: Facts) -> list[str]:
    """Return what delivery gave up on; no fault of a run is for good, so nothing should be."""
    return [f"{row.key}: {row.last_error}" for row in facts.owed if row.status == "parked"]


def chain(facts: Facts) -> list[str]:
    """Return where the chain of the audit log breaks."""
    return list(facts.faults)


KINDS = (lost_in, lost_audit, lost_out, doubled, orphans, between, lost_timers, doubled_timers, untimely, stale, parked,
         chain)  # fmt: skip
COUNTS: dict[str, Callable[[Facts], list[str]]] = {kind.__name__: kind for kind in KINDS}


def judge(facts: Facts) -> dict[str, list[str]]:
    """Return what each count found; a run with nothing in any of them has passed."""
    return {name: found(facts) for name, found in COUNTS.items()}
