"""The words of judging an incident: how severe it is."""

from analysis.vocabulary import Severity
from storage.incidents import IncidentView
from storage.tables import TimelineEntry
from templates import names
from templates.slack import status
from templates.verbs.row import Asked, Facts, Modal, Option, Words, given


def _severities(view: IncidentView) -> list[Option]:
    others = [one for one in reversed(Severity) if one != view.incident.severity]
    return [Option(one.value, names.severity(one)) for one in others]


def _severity(entry: TimelineEntry, view: IncidentView) -> str:
    was, now = str(entry.facts.get("was")), str(entry.facts.get("severity"))
    if not {was, now} <= set(Severity):
        return f"⚖️ {status.person(entry.actor, view)} judged its severity anew.{given(entry, 'reason')}"
    sign = "⬆️" if Severity(now).rank > Severity(was).rank else "⬇️"
    return (
        f"{sign} {status.person(entry.actor, view)} made it {names.severity(now)} instead of {names.severity(was)}."
        f"{given(entry, 'reason')}"
    )


def _judged(facts: Facts) -> str:
    now = facts.get("severity")
    return f"Done: it is {names.severity(str(now))} now." if now in set(Severity) else "Done."


VERBS = {
    "severity": Words(
        label="Severity",
        spoken="Severity: say how severe the incident is",
        may="judge how severe incidents are",
        past="judged its severity",
        done=_judged,
        line=_severity,
        modal=Modal(
            title="How severe is it?",
            submit="Set severity",
            does="Routes, deadlines and calls follow the new severity at once.",
            fields={
                "severity": Asked("Severity", options=_severities),
                "reason": Asked("Reason", "What you know that the bot does not"),
            },
        ),
        in_menu=False,
    ),
}
