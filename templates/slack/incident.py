"""THE message of an incident: posted once, edited in place over its whole life.

What a person woken at night needs, from the top: how bad, what, to whom, who has it and by when, what to press.
"""

from datetime import datetime

from analysis.detection.alerts import Alert as Raised
from analysis.detection.findings import Finding
from analysis.response import life
from analysis.response.checksums import METRIC
from analysis.vocabulary import Family, State
from storage.incidents import IncidentView
from storage.tables import Alert
from templates import affected as counting
from templates import figures, finding, names, origins, plain, regulation, reported, steps, words
from templates.finding import written
from templates.slack import buttons, clocks, registered, status, waiting
from templates.slack import reported as reports
from templates.slack.blocks import Block, Message, context, facts, header, section
from templates.slack.mrkdwn import code, date, day, everyone, said, stamp

MOST_CONSEQUENCES = 4
LONGEST_SENTENCE = 300
LONGEST_CONDITION = 200
ENDED = {
    State.RESOLVED: "✅ Resolved",
    State.CLOSED: "✅ Closed",
    State.ACCEPTED_RISK: "⚖️ Accepted risk",
    State.FALSE_POSITIVE: "⚪ False alarm",
}
MERGED = "🔗 Merged"


def message(view: IncidentView, now: datetime, *, to_everyone: bool = False) -> Message:
    """Return the message as the incident stands; `to_everyone` rings the channel (an edit never rings again)."""
    ended = State(view.incident.state) in life.ENDED
    first, rest = told(view)
    blocks = [
        header(title(view)),
        *_drill(view),
        section(
            f"{everyone()} " * to_everyone + f"*{said(first, LONGEST_SENTENCE)}*",
            said(rest, LONGEST_SENTENCE),
            f"👥 {_affected(view)}",
        ),
        section(*status.lines(view, now), *waiting.lines(view)),
        *([] if ended else [*measured(view), *_also(view)]),
        *_next(view),
        *buttons.rows(view),
        *([] if ended else _law(view)),
        context(_small(view)),
    ]
    return Message(notice(view, to_everyone=to_everyone), blocks)


def title(view: IncidentView) -> str:
    """Return severity, what happened in the fewest words, and the model; an ended incident says how it ended."""
    incident = view.incident
    ended = MERGED if incident.merged_into else ENDED.get(State(incident.state))
    first = ended or names.severity(incident.severity)
    drill = "🧪 Drill · " if incident.is_drill else ""
    return f"{drill}{first} · {kind(view)} · {view.model.name}"


def kind(view: IncidentView) -> str:
    """Return what kind of incident it is: what people reported it as, or the family of the check."""
    return reported.of(first_alert(view)) or names.FAMILY[Family(view.incident.family)]


def notice(view: IncidentView, *, to_everyone: bool = False) -> str:
    """Return the one line of a notification."""
    incident = view.incident
    ring = f"{everyone()} " if to_everyone else ""
    line = f"{ring}{said(title(view), 150)}: {said(happened(view), LONGEST_SENTENCE)}"
    clock = clocks.awaited(view)
    if clock is not None:
        return f"{line} Acknowledge by {stamp(clock.due_at)}. {incident.id}"
    return f"{line} {incident.id}"


def told(view: IncidentView) -> tuple[str, str]:
    """Return the one sentence that matters, and what else belongs to it; raw text."""
    alert = first_alert(view)
    return plain.told(alert) if alert else (f"{names.FAMILY[Family(view.incident.family)]}: a limit was passed.", "")


def happened(view: IncidentView) -> str:
    """Return what happened, as the analysis found it; raw text."""
    return " ".join(filter(None, told(view)))


def first_alert(view: IncidentView) -> Alert | None:
    """Return the alert that opened the incident."""
    return view.alerts[0] if view.alerts else None


def also(view: IncidentView) -> list[str]:
    """Return what else was found: consequences of the cause, and further causes; raw text, each said once."""
    raised = finding.raised(first_alert(view))
    whence = [origins.plainly(raised)] if raised and raised.origins else []
    return [*whence, *(plain.consequences(raised) if raised else []), *map(plain.alert, view.alerts[1:])]


def rules(view: IncidentView) -> list[regulation.Rule]:
    """Return the rules that the incident touches."""
    raised = finding.raised(first_alert(view))
    metrics = [one.metric for one in (raised.lead, *raised.consequences)] if raised else []
    return regulation.touched(view.incident.family, view.incident.severity, metrics)


def affected(view: IncidentView) -> str:
    """Return who is affected, as it was counted last or as far as the finding tells; raw text."""
    counted = [one for one in view.affected if one.status == "made"]
    if counted:
        return counting.sentence(counted[-1])
    if reported.reset(first_alert(view)):
        return "Nobody: what windows are compared with changes, not what the model decides."
    if reported.of(first_alert(view)):
        return "Nobody has counted yet who is affected."
    return plain.affected(view.incident.family, finding.raised(first_alert(view)), finding.report(view.report))


def _affected(view: IncidentView) -> str:
    """Return the same in Slack's markup, its times in the reader's own zone."""
    made = [one for one in view.affected if one.status == "made"]
    if not made:
        return said(affected(view), LONGEST_SENTENCE)
    return f"{said(counting.counted(made[-1]), LONGEST_SENTENCE)} (counted {counting.when(made[-1].scope, date)})."


def _drill(view: IncidentView) -> list[Block]:
    return (
        [context("🧪 *This is a drill.* Nobody is affected; act as if it were real.")] if view.incident.is_drill else []
    )


def measured(view: IncidentView) -> list[Block]:
    """Return value against limit, before, since when, on how much."""
    raised, alert = finding.raised(first_alert(view)), first_alert(view)
    if raised is None or alert is None:
        return reports.blocks(view)
    if raised.lead.metric == METRIC:
        return [facts(registered.compared(raised, alert))]
    pairs = [
        *(_ruled(raised.lead) if raised.lead.is_of_rule else _compared(view, raised.lead)),
        ("Since", _since(alert, raised)),
        ("Looked at", _looked_at(view, raised.lead)),
    ]
    return [facts(pairs)]


def _compared(view: IncidentView, lead: Finding) -> list[tuple[str, str]]:
    return [(names.first(names.metric(lead.metric).measures), _against(lead)), ("Before", _before(view, lead))]


def _ruled(lead: Finding) -> list[tuple[str, str]]:
    return [("Rule", f"*{said(lead.column)}*"), ("Its condition", code(lead.facts.get("when"), LONGEST_CONDITION))]


def _also(view: IncidentView) -> list[Block]:
    lines = [f"• {said(line, 200)}" for line in also(view)]
    more = len(lines) - MOST_CONSEQUENCES
    shown = [*lines[:MOST_CONSEQUENCES], f"• _+{more} more in the report_"] if more > 0 else lines
    return [section("*Also seen*", *shown)] if shown else []


def _against(lead: Finding) -> str:
    limit = f" · limit {written(lead, lead.limit)}" if lead.limit is not None else ""
    low, high = (written(lead, side) for side in lead.interval or (None, None))
    span = f"\n95 % sure: {low} to {high}" if lead.interval else ""
    return f"*{written(lead, lead.value)}*{limit}{span}"


def _before(view: IncidentView, lead: Finding) -> str:
    report = finding.report(view.report)
    version = f"\nbaseline {code(report.baseline.version, 40)}" if report and report.baseline.version else ""
    return said(plain.before(lead)) + version


def _since(alert: Alert, raised: Raised) -> str:
    since = date(raised.since or alert.since or alert.first_at)
    return f"{since}\nuntil {date(raised.until)}" if raised.until else f"{since}\nand still so"


def _looked_at(view: IncidentView, lead: Finding) -> str:
    report = finding.report(view.report)
    n = figures.counted(report.window.rows if report else lead.n_window, "decision")
    if report is None or report.window.since is None or report.window.until is None:
        return n
    return f"{n}\n{day(report.window.since)} to {day(report.window.until)}"


def _next(view: IncidentView) -> list[Block]:
    found = steps.following(view)
    return [section("*Next*", *(f"{number}. {line}" for number, line in enumerate(found, 1)))] if found else []


def _law(view: IncidentView) -> list[Block]:
    return [context(f"⚖️ {regulation.named(rules(view))}")]


def _small(view: IncidentView) -> str:
    incident, alert = view.incident, first_alert(view)
    parts = [code(incident.id), *(code(one.id) for one in view.alerts[:3]), f"model {code(view.model.id)}"]
    if alert and alert.repeats > 1 and alert.run_id is not None:
        parts.append(f"seen in {figures.counted(alert.repeats, 'run')}, last {date(alert.last_at)}")
    raised = finding.raised(alert)
    if raised:
        parts.append(f"measured by {said(words.NAMES.get(raised.lead.metric, raised.lead.metric))}")
    return " · ".join(parts)
