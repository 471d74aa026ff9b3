"""The few blocks that everything is drawn with, and what a message is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from templates.slack.limits import BUTTON, CONTEXT, FIELD, FIELDS, HEADER, SECTION, TEXT, fit
from templates.slack.mrkdwn import one_line

Block = dict[str, Any]


@dataclass(frozen=True)
class Message:
    """What is posted: blocks, and one line for notifications and for clients that draw no blocks."""

    text: str
    blocks: list[Block] = field(default_factory=list)


def plain(text: str, most: int = SECTION) -> Block:
    """Return a text in which nothing is markup."""
    return {"type": "plain_text", "text": fit(one_line(text), most) or "–", "emoji": True}


def mrkdwn(text: str, most: int = SECTION) -> Block:
    """Return a text in Slack's markup; `verbatim`, so that nothing in it becomes a link or a mention by itself."""
    return {"type": "mrkdwn", "text": whole(text, most) or "–", "verbatim": True}


def whole(text: str, most: int) -> str:
    """Return as many whole lines as fit: a cut inside markup would break it.

    >>> whole("<https://a|b>\\n<https://c|d>", 20)
    '<https://a|b>\\n…'
    """
    if len(text) <= most:
        return text
    kept: list[str] = []
    for line in text.split("\n"):
        if sum(len(one) + 1 for one in kept) + len(line) > most - 2:
            break
        kept.append(line)
    return "\n".join([*kept, "…"])


def header(text: str) -> Block:
    """Return the title line."""
    return {"type": "header", "text": plain(text, HEADER)}


def section(*lines: str, **more: Any) -> Block:  # noqa: ANN401
    """Return a paragraph of lines; empty ones are left out."""
    return {"type": "section", "text": mrkdwn("\n".join(filter(None, lines))), **more}


def facts(pairs: Iterable[tuple[str, str]]) -> Block:
    """Return names and values in two columns."""
    return {
        "type": "section",
        "fields": [mrkdwn(f"*{name}*\n{value}", FIELD) for name, value in list(pairs)[:FIELDS]],
    }


def context(*texts: str) -> Block:
    """Return small print."""
    return {"type": "context", "elements": [mrkdwn(text, TEXT) for text in texts if text][:CONTEXT]}


def actions(block_id: str, elements: Sequence[Block]) -> Block:
    """Return a row of buttons."""
    return {"type": "actions", "block_id": block_id, "elements": list(elements)}


def button(text: str, action_id: str, value: str) -> Block:
    """Return a button without a colour."""
    return {"type": "button", "text": plain(text, BUTTON), "action_id": action_id, "value": value}


def more(left: int) -> list[Block]:
    """Return small print that so many are not shown; nothing where all are."""
    return [context(f"_and {left} more_")] if left > 0 else []


def listed(lines: Sequence[str], most: int, total: int = 0) -> list[Block]:
    """Return a section a line, and how many are left out: of `total`, where not all are at hand."""
    return [*(section(line) for line in lines[:most]), *more(max(total, len(lines)) - most)]


def part(title: str, lines: Sequence[str], most: int, total: int = 0) -> list[Block]:
    """Return the lines under a line and a title; nothing where there are none."""
    return [divider(), section(f"*{title}*"), *listed(lines, most, total)] if lines else []


def typed(pairs: Sequence[tuple[str, str]]) -> Block:
    """Return a list of what can be typed and what it does; rich text, in which nothing is markup."""
    lines = [
        {
            "type": "rich_text_section",
            "elements": [
                {"type": "text", "text": one_line(what), "style": {"code": True}},
                {"type": "text", "text": f"  {one_line(does)}"},
            ],
        }
        for what, does in pairs
    ]
    return {"type": "rich_text", "elements": [{"type": "rich_text_list", "style": "bullet", "elements": lines}]}


def divider() -> Block:
    """Return a line."""
    return {"type": "divider"}
