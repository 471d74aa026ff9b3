"""Mails: their subjects, and both halves of their text; HTML by Jinja2 with autoescape."""

import re
from dataclasses import dataclass
from datetime import datetime
from importlib import resources

from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from storage.incidents import IncidentView
from storage.overview import Overview
from storage.tables import TimelineEntry
from templates import documents
from templates.documents import story
from templates.slack import digest, incident, lists, reply
from templates.slack.limits import fit
from templates.slack.mrkdwn import one_line, plainly

LONGEST_SUBJECT = 150
LINK = re.compile(r"<https?://[^|>]*\|([^>]*)>")


@dataclass(frozen=True)
class Written:
    """A mail as it is shown."""

    subject: str
    text: str
    html: str
    png: bytes | None = None


def of_incident(view: IncidentView, entry: TimelineEntry | None, now: datetime) -> Written:
    """Return the mail of what has just happened to the incident, with its chart."""
    from templates import chart  # noqa: PLC0415  (loads matplotlib)

    picture, news = chart.of(view), _news(view, entry)
    letter = documents.Letter(news, picture.alt if picture else "")
    text, html = (documents.render(name, view, now, letter=letter) for name in ("mail.txt", "mail.html"))
    subject = fit(one_line(f"[{view.incident.id}] {incident.title(view)}"), LONGEST_SUBJECT)
    return Written(subject, text, html, picture.png if picture else None)


def _news(view: IncidentView, entry: TimelineEntry | None) -> str:
    if entry is None or entry.verb == "opened":
        return ""
    line = story.entry(view, entry, story.plain)
    return f"{line.at}: {line.who} {line.what}"


def of_digest(name: str, seen: Overview, now: datetime) -> Written:
    """Return the day or the week."""
    title = {"daily": "Model watch: the last 24 hours", "weekly": "Model watch: the last 7 days"}[name]
    parts = [
        ("Open, most urgent first", [lists.incident_line(one, now) for one in lists.order(seen.open_incidents, now)]),
        ("Left to people", digest.left_to_people(seen)),
        ("Ended", [lists.ended_line(one) for one in seen.resolved_since]),
        ("Models", [lists.model_line(one, now) for one in seen.models]),
    ]
    shown = {
        "title": title,
        "headline": _bare(reply.headline(seen)),
        "happened": _bare(digest.happened(seen)),
        "parts": [(head, [_bare(line) for line in lines]) for head, lines in parts if lines],
    }
    text, html = (_digests(half).from_string(_source(f"digest.{half}.j2")).render(shown) for half in ("txt", "html"))
    return Written(f"{title}. {shown['headline']}", text, html)


def _bare(text: str) -> str:
    """Return a line of Slack's as mail shows it."""
    return plainly(LINK.sub(r"\1", text))


def _digests(half: str) -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, autoescape=half == "html", trim_blocks=True, lstrip_blocks=True
    )


def _source(name: str) -> str:
    return (resources.files("templates") / "mails" / name).read_text(encoding="utf-8")
