"""What people reported, in an incident's message: who, when, how often, and the message that they quoted."""

from analysis.response.impact import Revenue
from storage.incidents import IncidentView
from storage.tables import PersonReport
from templates import figures, reported
from templates.slack.blocks import Block, context, facts, section
from templates.slack.mrkdwn import date, link, said
from templates.slack.status import plain_name
from templates.verbs.judging import REVENUE

LONGEST_QUOTE = 600
MOST_QUOTES = 2


def blocks(view: IncidentView) -> list[Block]:
    """Return who reported what, and what was quoted; nothing where a check opened the incident."""
    if not view.reports:
        return []
    first, last = view.reports[0], view.reports[-1]
    pairs = [
        ("Reported as", said(reported.kind(first.kind))),
        ("Reported by", said(plain_name(first.by, view))),
        ("First", date(first.at)),
        ("How often", _often(view, last)),
        *([("Revenue touched", REVENUE[Revenue(first.revenue)])] if first.revenue in set(Revenue) else []),
    ]
    quoted = [one for one in view.reports if one.quote]
    more = len(quoted) - MOST_QUOTES
    small = [context(f"_+{figures.counted(more, 'further quoted message')} in the evidence_")] if more > 0 else []
    return [facts(pairs), *(_quoted(one, view) for one in quoted[:MOST_QUOTES]), *small]


def _often(view: IncidentView, last: PersonReport) -> str:
    if len(view.reports) == 1:
        return "once"
    people = len({one.by for one in view.reports})
    return (
        f"{figures.counted(len(view.reports), 'time')} by {figures.counted(people, 'person', 'people')}"
        f"\nlast {date(last.at)}"
    )


def _quoted(report: PersonReport, view: IncidentView) -> Block:
    """Return the quoted message as it was then, with a link to where it stands."""
    text = said(report.quote.get("text", ""), LONGEST_QUOTE)
    return section(f"> {text}", f"_{author(report, view)}_ · {link(report.quote.get('permalink'), 'the message')}")


def author(report: PersonReport, view: IncidentView) -> str:
    """Return who wrote the quoted message, by name where it is known."""
    wrote = str(report.quote.get("author") or "")
    return said(plain_name(wrote, view)) if wrote else "an app"
