"""What a person is told became of their wish: done, somebody was first, too late, or no and why.

`refusal` gives raw text, fit for a field of a modal; `sentence` gives Slack's markup, names and dates live.
"""

from collections.abc import Callable, Mapping
from typing import Any

from analysis.errors import Full, Missing, NotAllowed, NotNow, NotSure, NotYou, Refused, StillHere, Taken, Unknown
from analysis.response.outcomes import Kind, Outcome
from analysis.vocabulary import State
from templates import approvals, cases, figures, finding, names, resets, verbs, words
from templates.slack.mrkdwn import code, date, mention, said

Facts = Mapping[str, Any]

BUSY = "That did not go through: the records were busy for a moment. Nothing was changed; please press again."
MALFORMED = "I could not read that request, so nothing was changed."
UNHEARD = "I do not know that button, form or command any more. Nothing was changed."
NOT_SURE = (
    "Slack does not say right now which roles you hold, and this is too dangerous to do without knowing."
    " Nothing was changed; please try again in a moment."
)
REPEATED = "That press came twice; it counted once."
SAID = {**approvals.SAID, **resets.SAID, **cases.SAID}  # what is no move of an incident


def trouble(reference: str) -> str:
    """Return what is said after a fault of our own; the reference leads to it in the log."""
    return (
        f"Something went wrong on our side; nothing was changed. Please give the team this reference: {code(reference)}"
    )


def sentence(outcome: Outcome) -> str:
    """Return the answer to a request, in Slack's markup."""
    if outcome.error is not None:
        return said(refusal(outcome.error), 1_000)
    own = SAID.get((outcome.verb, outcome.kind))
    return own(outcome) if own else KINDS[outcome.kind](outcome)


def refusal(error: Refused) -> str:
    """Return why it cannot be done and what would help; raw text, one or two sentences."""
    kind = next((one for one in type(error).__mro__ if one in REFUSALS), Refused)
    return REFUSALS[kind](error)


def _done(outcome: Outcome) -> str:
    row = verbs.VERBS.get(outcome.verb)
    return row.done(outcome.facts) if row else "Done."


def _ask(outcome: Outcome) -> str:
    return "Please fill in what the form asks for."


def _already(outcome: Outcome) -> str:
    facts = outcome.facts
    if facts.get("is_asked"):
        return f"{approvals.asked_before(facts)} Nothing was changed."
    row = ALREADY.get(outcome.verb)
    if row is not None:
        return f"{row(facts)} Nothing was changed."
    return f"{_first(facts, outcome.verb)} Nothing was changed."


ALREADY: dict[str, Callable[[Facts], str]] = {
    "export": lambda facts: (
        f"This evidence {'is already in the thread' if facts.get('status') == 'made' else 'is already being gathered'}"
        f" (version {facts.get('version', 1)}, asked for by {_who(facts)}{_when(facts)})."
    ),
    "retrain": lambda facts: (
        f"Retrain {code(facts['retrain'])} is already under way, asked for by {_who(facts)}{_when(facts)}."
        if "retrain" in facts
        else _first(facts, "retrain")
    ),
    **dict.fromkeys(
        ("promote", "rollback", "reverse"),
        lambda facts: (
            f"{code(facts['rollout'])} of this model is under way, asked for by {_who(facts)}{_when(facts)}."
            if "rollout" in facts
            else _first(facts, "promote")
        ),
    ),
}


def _stale(outcome: Outcome) -> str:
    facts = outcome.facts
    state = facts.get("state")
    now = f" It is {names.STATE[State(state)]} now." if state in set(State) else ""
    did = verbs.past(str(facts.get("did")))
    moved = f"{_who(facts)} {did}{_when(facts)}." if did else "The incident has moved on."
    return f"Nothing was changed: the message you pressed was out of date. {moved}{now} Look again before you press."


def _first(facts: Facts, verb: str) -> str:
    did = verbs.past(str(facts.get("did", verb))) or "did it"
    return f"{_who(facts)} was first: {did}{_when(facts)}."


def _who(facts: Facts) -> str:
    by = facts.get("by")
    return "The policy" if by in (None, "system") else mention(str(by))


def _when(facts: Facts) -> str:
    at = finding.moment(facts.get("at"))
    return f" {date(at)}" if at else ""


KINDS: dict[Kind, Callable[[Outcome], str]] = {
    Kind.DONE: _done,
    Kind.ASK: _ask,
    Kind.REQUESTED: approvals.requested,
    Kind.ALREADY: _already,
    Kind.STALE: _stale,
    Kind.REFUSED: lambda outcome: "That cannot be done. Nothing was changed.",
    Kind.REPEATED: lambda outcome: REPEATED,
}

# What is no move of an incident, as it stands in “You may not …”.
MAY = {
    "approve": "approve this",
    "decline": "decline this",
    "analyze": "start checks",
    "silence": "silence that",
    "maintenance": "declare that maintenance",
    "report": "report incidents",
    "baseline_create": "make baselines",
    "baseline_reset": "reset baselines",
    "baseline_activate": "activate baselines",
    "outbox_retry": "send messages again",
    "outbox_drop": "give messages up",
    "erase": "erase people",
    "restore": "restore a backup",
    "policy": "change the policy",
    "token": "give out tokens",
    "review_case": "decide what a model left to people",
    "review_held": "say that this review was held",
    "registry": "register versions and name them",
    "oncall_override": "plan the shifts of others",
    "oncall_swap": "swap the shifts of others",
    "oncall_cancel": "give back the shifts of others",
    "be_on_call": "be on call",
    "view:drift_overview": "see the overview",
    "view:fairness_monitor": "see fairness figures",
    "view:model_health": "see the health of models",
    "view:incident_timeline": "see incidents",
    "view:audit_log": "see the audit log",
    "view:on_call": "see who is on call",
    "view:cases": "see what a model left to people",
    "view:policy": "see the policy",
}


def _verb(name: str) -> str:
    row = verbs.VERBS.get(name)
    return row.may if row else MAY.get(name, name.replace("_", " ").replace("view:", "see the "))


def _not_allowed(error: Any) -> str:  # noqa: ANN401
    return f"Your role does not let you {_verb(error.verb)}. This needs one of: {_needs(error)}."


def _needs(error: Any) -> str:  # noqa: ANN401
    return names.listed([names.ROLE[role] for role in error.needs], "or")


def _not_now(error: Any) -> str:  # noqa: ANN401
    possible = names.listed([f"“{state.replace('_', ' ')}”" for state in error.possible_in], "or")
    return (
        f"Not possible while the incident is “{error.state.replace('_', ' ')}”. It is possible when it is {possible}."
    )


def _not_you(error: Any) -> str:  # noqa: ANN401
    return (
        f"This needs a second person: you did the first part, so somebody else has to {_verb(error.verb)} here."
        f" It can be: {_needs(error)}."
    )


# What is asked for outside a form.
FIELD = {
    "reason": "A reason",
    "word": "The word",
    "note": "A note on what was done",
    "level": "The level",
    "model": "The model",
    "pipeline": "A retrain pipeline",
    "retrain": "A retrain",
    "call": "The call",
    "notes": "The note",
    "fallback": "The fallback",
    "id": "The id",
    "until": "The end",
    "matcher": "What it is over",
    "clock": "The clock",
    "authority": "The regulator",
    "review_case:decision": "The decision",
    "review_case:note": "A note",
}


def _missing(error: Any) -> str:  # noqa: ANN401
    what = "is needed" if error.what == "is missing" else error.what
    row = verbs.VERBS.get(error.verb)
    asked = row.modal.fields.get(error.field) if row and row.modal else None
    label = f"“{asked.label}”" if asked else error.field.capitalize().replace("_", " ")
    named = FIELD.get(f"{error.verb}:{error.field}") or FIELD.get(error.field, label)
    return f"{named} {what}."


def _unknown(error: Any) -> str:  # noqa: ANN401
    nearest = f" Did you mean {names.listed(list(error.nearest)[:5], 'or')}?" if error.nearest else ""
    return f"There is no {error.kind} “{error.name}”.{nearest}"


def _taken(error: Any) -> str:  # noqa: ANN401
    return "This request was left to people before, with other content. Another request needs another name."


def _full(error: Any) -> str:  # noqa: ANN401
    return f"{figures.count(error.most)} requests of {error.model} wait for people already. This one was not taken."


def _still_here(error: Any) -> str:  # noqa: ANN401
    return f"{error.facts.get('person')} is active in Slack. Deactivate the account first; then erase the person here."


REFUSALS: dict[type, Callable[[Any], str]] = {
    NotAllowed: _not_allowed,
    NotNow: _not_now,
    NotYou: _not_you,
    NotSure: lambda error: NOT_SURE,
    StillHere: _still_here,
    Taken: _taken,
    Full: _full,
    Missing: _missing,
    Unknown: _unknown,
    Refused: words.refused,
}
