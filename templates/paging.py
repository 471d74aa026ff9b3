"""An incident in the few words that fit a pager's screen or a short message; plain text."""

from analysis.vocabulary import Severity
from storage.incidents import IncidentView
from templates import names
from templates.slack import incident
from templates.slack.limits import fit
from templates.slack.mrkdwn import one_line, stamp

LONGEST, LONGEST_SHORT = 500, 300  # two SMS


def summary(view: IncidentView, most: int = LONGEST) -> str:
    """Return how bad, what and which model, in one line; what happened as far as it fits."""
    shown = view.incident
    severity = names.SEVERITY[Severity(shown.severity)]
    line = f"{shown.id} · {severity} · {incident.kind(view)}: {view.model.name}. {incident.happened(view)}"
    return fit(one_line(line), most)


def short(view: IncidentView) -> str:
    """Return the same for a telephone, with where to go."""
    link = f" {view.permalink}" if view.permalink else ""
    return summary(view, LONGEST_SHORT - len(link)) + link


def details(view: IncidentView) -> dict[str, str]:
    """Return what a pager shows beneath."""
    shown = view.incident
    told = {
        "incident": shown.id,
        "model": f"{view.model.name} ({view.model.id})",
        "severity": names.SEVERITY[Severity(shown.severity)],
        "kind": incident.kind(view),
        "affected": incident.affected(view),
        "opened": stamp(shown.opened_at),
        "alerts": ", ".join(alert.id for alert in view.alerts),
    }
    return {name: one_line(text) for name, text in told.items()}
