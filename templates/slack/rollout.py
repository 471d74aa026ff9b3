"""The one message that follows a promotion or a rollback in its incident's thread, and its line in the incident."""

from collections.abc import Mapping
from typing import Any

from analysis.response.rollouts import UNDER_WAY, Status
from storage.incidents import IncidentView
from storage.rollouts import RolloutView
from storage.tables import Rollout
from templates import rollouts
from templates.slack.blocks import Message, context, section
from templates.slack.mrkdwn import code, mention, quote, said

LONGEST_ERROR = 300
HOW = {
    Status.QUEUED: "begins",
    Status.RUNNING: "is under way",
    Status.UNDOING: "is being taken back",
    Status.DONE: "done",
    Status.UNDONE: "taken back: all is as it was before",
    Status.FAILED: "failed half-way, and could not be taken back",
}


def message(view: RolloutView) -> Message:
    """Return every step with how it went; rings nobody."""
    row = view.rollout
    kind = rollouts.kind(row.kind)
    title = rollouts.title(kind, row.id, row.to_version, row.from_version)
    first = f"{rollouts.SIGN[kind]} *{title}* {_how(row)}"
    lines = [_step(row, number, str(name)) for number, name in enumerate(row.snapshot["steps"])]
    asked = f"Asked for by {_person(row.requested_by, view)}"
    approved = f", approved by {_person(row.approved_by, view)}" if row.approved_by else ""
    small = [f"{asked}{approved}.", _trouble(row)]
    return Message(first, [section(first, *lines), context(*filter(None, small))])


def _how(row: Rollout) -> str:
    return f"· {HOW[Status(row.status)]}"


def _step(row: Rollout, number: int, name: str) -> str:
    """Return one step: done, under way, still to come, failed, or taken back."""
    noted: dict[str, Any] = row.steps.get(name, {})
    between = rollouts.Between(row.to_version, row.from_version, row.snapshot.get("good"))
    words = rollouts.step(name, between, done="done" in noted and not {"undone", "left_out"} & set(noted))
    if "failed" in noted:
        return f"❌ {words}\n> {quote(noted['failed'], LONGEST_ERROR)}"
    if "undone" in noted:
        return f"↩️ ~{words}~ taken back"
    if "stuck" in noted:
        return f"🛑 {words}: could not be taken back\n> {quote(noted['stuck'], LONGEST_ERROR)}"
    if "unchecked" in noted:
        return f"⚠️ {rollouts.unchecked(str(noted['unchecked']))}"
    if "done" in noted:
        return _done(words, noted)
    return f"{'⏳' if number == row.step and row.status == Status.RUNNING else '⬜'} {words}"


def _done(words: str, noted: Mapping[str, Any]) -> str:
    if "left_out" in noted:
        return f"◽ {words}: left out, the policy names none now"
    compared = f", compared with baseline {code(noted['baseline'])} from now on" if noted.get("baseline") else ""
    return f"✅ {words}{compared}"


def _trouble(row: Rollout) -> str:
    """Return what is in its way now, where it is tried again."""
    known = [noted.get("failed") for noted in row.steps.values()]
    if Status(row.status) not in UNDER_WAY or row.error is None or row.error in known:
        return ""
    return f"⚠️ Tried again soon: {said(row.error, LONGEST_ERROR)}"


def _person(actor: str | None, view: RolloutView) -> str:
    known = view.people.get(str(actor))
    return said(known.name) if known else "the policy" if actor in (None, "system") else mention(str(actor))


def line(view: IncidentView) -> str:
    """Return where the newest change of the incident stands, for its message; nothing where there was none."""
    row = view.serving.newest if view.serving else None
    if row is None:
        return ""
    kind, steps = rollouts.kind(row.kind), len(row.snapshot["steps"])
    far = f" (step {min(row.step + 1, steps)} of {steps})" if row.status == Status.RUNNING else ""
    how = f"{HOW[Status(row.status)]}{far}"
    return f"{rollouts.SIGN[kind]} {rollouts.NAME[kind]} {code(row.id)} to {code(row.to_version)}: {how}."
