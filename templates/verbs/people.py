"""The words of people on an incident: duties taken, handed over, given back."""

from analysis.vocabulary import Duty
from storage.incidents import IncidentView
from storage.tables import TimelineEntry
from templates import names
from templates.slack import status
from templates.verbs.row import Asked, Facts, Modal, Option, Words, given


def _duties(view: IncidentView) -> list[Option]:
    return [Option(duty.value, names.DUTY[duty].name, names.DUTY[duty].means) for duty in Duty]


def _first_open(view: IncidentView) -> str | None:
    taken = {one.duty for one in view.duties}
    return next((duty.value for duty in Duty if duty not in taken), None)


def _held(view: IncidentView) -> list[Option]:
    return [
        Option(str(one.id), f"{names.DUTY[Duty(one.duty)].name}: {status.plain_name(one.person, view)}")
        for one in view.duties
    ]


def _now(view: IncidentView) -> list[str]:
    return [status.duties(view) or "Nobody has a duty on this incident yet."]


def _assign(entry: TimelineEntry, view: IncidentView) -> str:
    who, to = status.person(entry.actor, view), status.person(str(entry.facts.get("person")), view)
    duty = name(entry.facts)
    was = entry.facts.get("was")
    if was:
        return f"👤 {who} handed {duty} over from {status.person(str(was), view)} to {to}.{given(entry, 'note')}"
    if entry.facts.get("person") == entry.actor:
        return f"👤 {who} is {duty} now.{given(entry, 'note')}"
    return f"👤 {who} made {to} {duty}.{given(entry, 'note')}"


def _release(entry: TimelineEntry, view: IncidentView) -> str:
    to = status.person(str(entry.facts.get("person")), view)
    return f"👤 {status.person(entry.actor, view)}: {to} is {name(entry.facts)} no more.{given(entry, 'note')}"


def name(facts: Facts) -> str:
    """Return the duty as it stands in a sentence."""
    duty = facts.get("duty")
    return names.DUTY[Duty(duty)].name.lower() if duty in set(Duty) else "somebody on it"


VERBS = {
    "assign": Words(
        label="Roles",
        spoken="Roles: say who commands, leads, tells others, advises",
        may="give duties on incidents",
        past="said who does what",
        done=lambda facts: f"Done: {name(facts)} is set, and was told what to do.",
        line=_assign,
        modal=Modal(
            title="Who does what?",
            submit="Give the duty",
            does="The person is told what the duty asks; who had it before hands it over.",
            fields={
                "duty": Asked("Duty", options=_duties, chosen=_first_open),
                "person": Asked("Who", "Choose a person", "Left empty: you take it."),
                "note": Asked("A word for them", "What they should know first; it stands in the thread too"),
            },
            about=_now,
        ),
        in_menu=False,
    ),
    "release": Words(
        label="Give a duty back",
        spoken="Give a duty back: nobody has it until somebody takes it",
        may="take duties on incidents away",
        past="gave a duty back",
        done=lambda facts: f"Done: nobody is {name(facts)} now.",
        line=_release,
        modal=Modal(
            title="Give a duty back",
            submit="Give it back",
            does="Nobody has it until somebody takes it. To hand it over, use Roles.",
            fields={
                "assignment": Asked("Duty", options=_held),
                "note": Asked("Why", "They go home, or are not needed"),
            },
        ),
        offered=lambda view: bool(view.duties),
    ),
}
