"""The baselines in force, in lines: which version, from how much, by whom, and whether one is being reset."""

from collections.abc import Sequence

from analysis.response.resets import Cause
from storage.baselines import BaselineView
from templates import figures
from templates.slack import blocks
from templates.slack.blocks import Message, context, section
from templates.slack.mrkdwn import code, date, said

COMMAND = "/ethix baseline"
MOST = 20


def line(view: BaselineView) -> str:
    """Return a model's baseline in two lines; a name rings nobody."""
    active = view.active
    if active is None:
        return (
            f"📐 {code(view.model_id)} has no baseline yet: the first one is made from the log that the policy names."
        )
    who = "the policy" if active.created_by == "system" else f"*{said(view.name or active.created_by)}*"
    kept = f" · {figures.counted(view.kept, 'version')} kept" if view.kept > 1 else ""
    reset = f"\n🧮 a reset is under way: {code(view.reset)}" if view.reset else ""
    first = f"📐 {code(view.model_id)} is compared with {code(active.version)}"
    return f"{first}\n{figures.counted(active.rows, 'decision')}, made by {who} {date(active.created_at)}{kept}{reset}"


def listed(found: Sequence[BaselineView]) -> Message:
    """Return every model's baseline, and how one is reset."""
    causes = " or ".join(f"`cause={one}`" for one in Cause if one is not Cause.CONCEPT_DRIFT)
    how = f"`{COMMAND} reset <model> <reason>` counts the last 7 days anew; with {causes} where that is why"
    if not found:
        return Message("No model is watched.", [section("No model is watched."), context(how)])
    lines = blocks.listed([line(one) for one in found], MOST)
    return Message(f"Baselines of {figures.counted(len(found), 'model')}", [*lines, context(how)])


def asked(words: str) -> Message:
    """Return the answer to whoever asked for a reset."""
    return Message(words, [section(words)])
