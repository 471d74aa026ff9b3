"""The one message of a storm: how many incidents, how bad, of what kind; the worst by name."""

from collections.abc import Sequence

from analysis.vocabulary import Family, Severity, State
from storage.storms import NEWEST, StormView
from templates import figures, names
from templates.slack.blocks import Block, Message, context, header, section
from templates.slack.mrkdwn import said, stamp


def message(view: StormView) -> Message:
    """Return the message as the storm stands."""
    over = view.storm.ended_at is not None
    counted = figures.counted(view.incidents, "incident")
    many = f"{counted} on {figures.counted(view.models, 'model')}"
    title = f"✅ The storm is over: {counted}" if over else f"⛈️ Storm: {counted} at once"
    first = f"*{many} since {stamp(view.storm.began_at)}.* {_severities(view)}"
    blocks = [header(title), section(first, _whence(view)), section(*_worst(view)), *_what_now(view, over=over)]
    return Message(f"{title}. {_severities(view)}", blocks)


def _severities(view: StormView) -> str:
    parts = [f"{names.SIGN[s]} {n} {names.SEVERITY[s].lower()}" for s, n in view.by_severity.items()]
    return ", ".join(parts) + "."


def _whence(view: StormView) -> str:
    kinds = [f"{names.FAMILY[Family(family)]} {n}" for family, n in view.by_family.items()]
    hint = " So many models at once point to something they share: a feed, a join, a deployment." * (view.models > 2)
    return f"By kind: {', '.join(kinds)}.{hint}"


def _worst(view: StormView) -> Sequence[str]:
    lines = [
        f"• {names.SIGN[Severity(one.severity)]} *{one.id}* {names.FAMILY[Family(one.family)]} · {said(model)}"
        f" · {names.STATE[State(one.state)]}"
        for one, model in view.newest
    ]
    more = view.incidents - len(view.newest)
    rest = [f"and {figures.count(more)} more: `/ethix status`"] if more > 0 else []
    return [f"*The worst {len(lines)}*" if view.incidents > NEWEST else "*They are*", *lines, *rest]


def _what_now(view: StormView, *, over: bool) -> list[Block]:
    if over:
        return [context(f"{view.still_open} still open have their own messages now, the worst first.")]
    return [
        section("Look at one with `/ethix incident INC-…`."),
        context("Critical ones stand on their own too. The others get their messages when this is over."),
    ]
