"""The words of judging an incident: how severe it is, and what it costs the business."""

from analysis.response.impact import LEAST, Revenue
from analysis.vocabulary import Severity
from storage.incidents import IncidentView
from storage.tables import TimelineEntry
from templates import names
from templates.slack import status
from templates.slack.mrkdwn import mention, quote
from templates.verbs.row import Asked, Facts, Modal, Option, Words, given

REVENUE = {
    Revenue.NONE: "None",
    Revenue.UNDER_5: "Less than 5 %",
    Revenue.UP_TO_20: "5 to 20 %",
    Revenue.UP_TO_50: "20 to 50 %",
    Revenue.OVER_50: "More than 50 %",
}


def _severities(view: IncidentView) -> list[Option]:
    now = Severity(view.incident.severity)
    return [Option(one.value, names.severity(one), "As it is now" if one is now else "") for one in reversed(Severity)]


def _severity(entry: TimelineEntry, view: IncidentView) -> str:
    was, now = str(entry.facts.get("was")), str(entry.facts.get("severity"))
    if not {was, now} <= set(Severity):
        return f"⚖️ {status.person(entry.actor, view)} judged its severity anew.{given(entry, 'reason')}"
    if now == was:
        return (
            f"⚖️ {status.person(entry.actor, view)} confirmed that it is {names.severity(now)}.{given(entry, 'reason')}"
        )
    sign = "⬆️" if Severity(now).rank > Severity(was).rank else "⬇️"
    told = " ".join(mention(str(one)) for one in entry.facts.get("told", []))
    heard = f"\nFor those who were called: {told}" if told else ""
    return (
        f"{sign} {status.person(entry.actor, view)} made it {names.severity(now)} instead of {names.severity(was)}."
        f"{given(entry, 'reason')}{heard}"
    )


def _revenues(view: IncidentView) -> list[Option]:
    return [Option(one.value, REVENUE[one], _least(one)) for one in Revenue]


def _least(revenue: Revenue) -> str:
    least = LEAST[revenue]
    return f"at least {names.SEVERITY[least].lower()}" if least.rank else ""


def _impact(entry: TimelineEntry, view: IncidentView) -> str:
    revenue, severity = entry.facts.get("revenue"), entry.facts.get("severity")
    what = REVENUE[Revenue(revenue)].lower() if revenue in set(Revenue) else "not said"
    customers = f" Customers: {quote(entry.facts['customers'])}." if entry.facts.get("customers") else ""
    rose = f" So it is {names.severity(str(severity))} now." if severity in set(Severity) else ""
    who = status.person(entry.actor, view)
    return f"💶 {who} assessed the impact: revenue touched: *{what}*.{customers}{rose}{given(entry, 'note')}"


def _judged(facts: Facts) -> str:
    now = facts.get("severity")
    return f"Done: it is {names.severity(str(now))} now." if now in set(Severity) else "Done."


def _assessed(facts: Facts) -> str:
    return f"Noted. {_judged(facts)}" if "severity" in facts else "Noted."


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
            does="Confirm it, or choose another one: routes, deadlines and calls follow at once.",
            fields={
                "severity": Asked("Severity", options=_severities, chosen=lambda view: view.incident.severity),
                "reason": Asked("Reason", "What you looked at, and what you know that the bot does not"),
            },
        ),
        in_menu=False,
    ),
    "impact": Words(
        label="Impact",
        spoken="Impact: say what it costs the business",
        may="assess the impact of incidents",
        past="assessed its impact",
        done=_assessed,
        line=_impact,
        modal=Modal(
            title="Business impact",
            submit="Set impact",
            does="Says what it costs. More than 5 % of revenue makes it high at least, more than 50 % critical.",
            fields={
                "revenue": Asked("Revenue that is touched", options=_revenues),
                "customers": Asked("Customers", "How many, which, and how they suffer from it"),
                "note": Asked("Note", "Operations, reputation, compliance"),
            },
        ),
    ),
}
