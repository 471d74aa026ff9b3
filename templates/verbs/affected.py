"""The words of who was affected: counting and listing them, drafting what they are told, what they are offered."""

from analysis.response.affected import AS_FOUND, PERIODS
from storage.incidents import IncidentView
from storage.tables import TimelineEntry
from templates import affected
from templates.finding import whole
from templates.slack import status
from templates.slack.mrkdwn import code, date, quote, said
from templates.verbs.row import LONGEST_REASON, Asked, Facts, Happening, Modal, Option, Words, given

DRAFTS = {
    "letter": ("Letter to people affected", "What happened and why, the remedy, how to appeal"),
    "regulator": ("Notice to the regulator", "Due within 72 hours of confirming a breach"),
    "internal": ("Notice to stakeholders", "For product, risk, legal and the executives"),
}


def _periods(view: IncidentView) -> list[Option]:
    days = [Option(one, f"The newest {one} days of the log") for one in PERIODS if one != AS_FOUND]
    return [Option(AS_FOUND, "As it was found", "The time of the finding; of a report, the newest 30 days"), *days]


def _documents(view: IncidentView) -> list[Option]:
    return [Option(name, *words) for name, words in DRAFTS.items()]


def _asked(entry: TimelineEntry, view: IncidentView) -> str:
    return f"🔢 {status.person(entry.actor, view)} asked who was affected; the count comes here."


def _counted(entry: TimelineEntry, view: IncidentView) -> str:
    counts, scope = entry.facts.get("counts"), entry.facts.get("scope")
    lines = affected.by_group(counts) if isinstance(counts, dict) else []
    when = affected.when(scope, date) if isinstance(scope, dict) else ""
    column = f" by {code(scope['column'])}" if isinstance(scope, dict) and scope.get("column") else ""
    listed = whole(counts, "listed") if isinstance(counts, dict) else None
    sha = code(str(entry.facts.get("sha256", "?"))[:12])
    to = status.person(str(entry.facts.get("by", "?")), view)
    many = f" of {listed:,}" if listed is not None else ""
    sent = f"\nThe list{many}, ids as keyed hashes, went to {to} alone ({sha}…)."
    return "\n".join([f"🔢 *Decisions in scope{column}*, {when}:", *(f"• {said(one, 300)}" for one in lines)]) + sent


def _failed(entry: TimelineEntry, view: IncidentView) -> str:
    return f"⚠️ Who was affected could not be counted.{given(entry, 'error', 300)}"


def _drafted(entry: TimelineEntry, view: IncidentView) -> str:
    what = DRAFTS.get(str(entry.facts.get("document")), ("A document",))[0]
    return f"✉️ {status.person(entry.actor, view)} had a draft made: *{what}*."


def _remedy(entry: TimelineEntry, view: IncidentView) -> str:
    to = f" to {quote(entry.facts['offered_to'])}" if entry.facts.get("offered_to") else ""
    came = entry.facts.get("outcome")
    outcome = f"\nOutcome: {quote(came, LONGEST_REASON)}" if came else "\nOutcome: _not known yet_"
    return f"🤝 {status.person(entry.actor, view)} recorded a remedy{to}.{given(entry, 'offer')}{outcome}"


def _done(facts: Facts) -> str:
    return "Counting. The thread gets the count by group, you alone get the list, as a file from me."


VERBS = {
    "affected": Words(
        label="Affected",
        spoken="Affected: count and list the decisions in scope",
        may="list who was affected",
        past="asked who was affected",
        done=_done,
        line=_asked,
        modal=Modal(
            title="Who was affected?",
            submit="Count",
            does="The thread gets the count by group; the list, with hashed ids, comes to you alone.",
            fields={"period": Asked("Which decisions", options=_periods, chosen=lambda view: AS_FOUND)},
        ),
    ),
    "draft": Words(
        label="Draft a letter",
        spoken="Draft: have a letter or a notice drafted from the record",
        may="have letters drafted",
        past="had a letter drafted",
        done=lambda facts: "The draft comes to you as a file. Read it, fill in what is marked, then send it yourself.",
        line=_drafted,
        modal=Modal(
            title="Draft a letter",
            submit="Draft",
            does="Made from the record and sent to you alone. What nobody has recorded is marked for you to fill in.",
            fields={"document": Asked("Which one", options=_documents)},
        ),
    ),
    "remedy": Words(
        label="Remedy offered",
        spoken="Remedy offered: record what people were offered",
        may="record remedies",
        past="recorded a remedy",
        done=lambda facts: "Recorded: it stands in the report and in letters drafted from now on.",
        line=_remedy,
        modal=Modal(
            title="Remedy offered",
            submit="Record",
            does="Records what people were offered and what came of it. Record it anew when you know the outcome.",
            fields={
                "offer": Asked("What was offered", "Decision reviewed by a person, reversed, a product, an apology"),
                "offered_to": Asked("To whom, how many", "312 applicants refused between …"),
                "outcome": Asked("Outcome so far", "How many accepted, how many appeals"),
            },
        ),
    ),
}

HAPPENINGS = {
    "affected_counted": Happening("counted who was affected", _counted),
    "affected_failed": Happening("could not count who was affected", _failed),
}
