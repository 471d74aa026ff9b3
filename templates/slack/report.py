"""The whole story of an incident in blocks, for a modal: the message's facts, all that was found, the timeline."""

from datetime import datetime

from storage.incidents import IncidentView
from templates.documents import story
from templates.slack import clocks, incident, status, thread
from templates.slack.blocks import Block, context, divider, header, section
from templates.slack.mrkdwn import code, date, link, said

MOST_LINES, MOST_ENTRIES = 25, 40


def blocks(view: IncidentView, now: datetime) -> list[Block]:
    """Return the story, at most 100 blocks with room to spare."""
    return [
        header(incident.title(view)),
        context(" · ".join(filter(None, [code(view.incident.id), _where(view)]))),
        section(f"*{said(incident.happened(view), 500)}*", f"👥 {said(incident.affected(view), 500)}"),
        *incident.measured(view),
        *_part("Where it stands", status.lines(view, now)),
        *_part("Clocks", clocks.history(view, now)),
        *_part("What was measured", [f"• {said(line, 300)}" for line in story.exact(view)]),
        *_part("Rules touched", [f"• *{rule.name}*: {rule.asks}" for rule in incident.rules(view)]),
        *_timeline(view),
    ]


def _where(view: IncidentView) -> str:
    return link(view.permalink, "open its message") if view.permalink else ""


def _part(title: str, lines: list[str]) -> list[Block]:
    if not lines:
        return []
    more = [f"_and {len(lines) - MOST_LINES} more in the evidence_"] if len(lines) > MOST_LINES else []
    return [divider(), section(f"*{title}*", *lines[:MOST_LINES], *more)]


def _timeline(view: IncidentView) -> list[Block]:
    entries = view.timeline[-MOST_ENTRIES:]
    left_out = len(view.timeline) - len(entries)
    first = [context(f"_{left_out} earlier entries are in the evidence_")] if left_out else []
    lines = [section(f"{date(entry.at)}\n{thread.line(entry, view).text}") for entry in entries]
    return [divider(), section("*Timeline*"), *first, *lines]
