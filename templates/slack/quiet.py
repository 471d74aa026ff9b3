"""What is quiet now, in lines: over what, until when, by whom, why, and how much it holds back."""

from collections.abc import Sequence

from analysis.response.quiet import NAMED, Kind
from analysis.vocabulary import Severity
from storage.quiet import QuietView
from storage.tables import Quiet
from templates import figures
from templates.slack import blocks
from templates.slack.blocks import Message, context, section
from templates.slack.mrkdwn import code, countdown, mention, quote, said

COMMAND = "/ethix"
SIGN = {Kind.SNOOZE: "😴", Kind.SILENCE: "🔕", Kind.MAINTENANCE: "🛠️", Kind.ACCEPTED_RISK: "⚖️"}
NAME = {
    Kind.SNOOZE: "snooze",
    Kind.SILENCE: "silence",
    Kind.MAINTENANCE: "maintenance",
    Kind.ACCEPTED_RISK: "accepted risk",
}
LONGEST_REASON = 160
MOST = 10


def over(quiet: Quiet) -> str:
    """Return what it is over."""
    if quiet.incident_id:
        return code(quiet.incident_id)
    named = [f"{name} {code(quiet.matcher[name])}" for name in NAMED if name in quiet.matcher]
    loud = ", *critical alerts too*" if quiet.matcher.get("up_to") == Severity.CRITICAL else ""
    return ", ".join(named) + loud


def line(view: QuietView) -> str:
    """Return one of them in two lines; a name rings nobody."""
    quiet = view.quiet
    kind = Kind(quiet.kind)
    who = f"*{said(view.name)}*" if view.name else said(quiet.by)
    held = f" · holds back {figures.counted(view.held, 'alert')}" if view.held else ""
    first = f"{SIGN[kind]} {code(quiet.id)} {NAME[kind]} over {over(quiet)}{held}"
    return f"{first}\nuntil {countdown(quiet.ends_at)} · {who}: {quote(quiet.reason, LONGEST_REASON)}"


def listed(found: Sequence[QuietView]) -> Message:
    """Return all that is quiet now, and how to make or end it."""
    how = (
        f"`{COMMAND} silence model=… family=data column=… for 4h <reason>` · "
        f"`{COMMAND} maintenance model=… until 2026-11-23T18:00 <reason>` · `{COMMAND} silence end QUI-7`"
    )
    if not found:
        return Message("Nothing is silenced now.", [section("Nothing is silenced now."), context(how)])
    lines = blocks.listed([line(one) for one in found], MOST)
    return Message(f"Quiet now: {figures.count(len(found))}", [*lines, context(how)])


def ahead(view: QuietView) -> Message:
    """Return the word that it ends soon, to who made it."""
    quiet = view.quiet
    held = f" It holds back {figures.counted(view.held, 'alert')}." if view.held else " It holds back nothing now."
    over_ = f"{SIGN[Kind(quiet.kind)]} {code(quiet.id)}: the {NAME[Kind(quiet.kind)]} over {over(quiet)}"
    text = f"{over_} ends {countdown(quiet.ends_at)}.{held} {mention(quiet.by)}"
    small = f"What still stands then is told. Longer? Make a new one: `{COMMAND} {quiet.kind} …` with its reason."
    return Message(text, [section(text), context(small)])


def made(quiet: Quiet) -> Message:
    """Return the answer to whoever made it quiet."""
    kind = Kind(quiet.kind)
    loud = "" if quiet.matcher.get("up_to") == Severity.CRITICAL else " A critical alert breaks through."
    text = f"{SIGN[kind]} {code(quiet.id)}: {NAME[kind]} over {over(quiet)} until {countdown(quiet.ends_at)}.{loud}"
    small = f"What still stands then is told. `{COMMAND} silence end {quiet.id}` ends it early."
    return Message(text, [section(text), context(small)])


def ended(quiet: Quiet) -> Message:
    """Return the answer to whoever ended it early."""
    text = f"🔔 {code(quiet.id)} has ended. What it held back and what still stands is told now."
    return Message(text, [section(text)])
