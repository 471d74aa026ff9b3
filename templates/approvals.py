"""What is said of a wish that needs others: its name, what was given, how it ended, what a person is answered."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from analysis.response.approving import Status
from analysis.response.outcomes import Kind, Outcome
from analysis.vocabulary import Oversight, Role
from storage.tables import Approval
from templates import finding, names
from templates.slack.mrkdwn import code, date, mention, quote
from templates.verbs import VERBS

Facts = Mapping[str, Any]
LONGEST = 300

MOST_CHANGES = 12
# Of what is no move of an incident; and of a freeze, which waits for others only where it holds back less than before.
TITLES = {
    "policy": "Change the policy",
    "baseline_activate": "Activate a baseline",
    "freeze": "Restrain the model less",
}


def title(verb: str) -> str:
    """Return what is asked for, as a heading.

    >>> title("unfreeze")
    'Unfreeze the model'
    """
    row = VERBS.get(verb)
    if row is None or verb in TITLES:
        return TITLES.get(verb, names.first(verb.replace("_", " ")))
    return row.modal.title if row.modal else row.label


def given(approval: Approval) -> list[str]:
    """Return what was given for it, a quoted line each."""
    row = VERBS.get(approval.verb)
    fields = row.modal.fields if row and row.modal else {}
    labels = {name: field.label for name, field in fields.items()} or {"what": "What", "reason": "Reason"}
    lines = [
        f"> {label}: {_shown(name, str(approval.fields[name]))}"
        for name, label in labels.items()
        if approval.fields.get(name)
    ]
    return [*lines, *changes(approval.fields.get("changes", []), MOST_CHANGES)]


def _shown(name: str, value: str) -> str:
    """Return what was given as people read it: a level by its name, a time in the reader's own zone."""
    if name == "level" and value.strip().isdecimal() and int(value) in set(Oversight):
        return f"*level {int(value)}, {names.LEVEL[Oversight(int(value))].name.lower()}*"
    at = finding.moment(value) if name == "until" else None
    return date(at) if at else quote(value, LONGEST)


def changes(found: Sequence[Mapping[str, Any]], most: int) -> list[str]:
    """Return what a proposed policy changes, a line a value."""
    first = sorted(found, key=lambda one: not one["path"].startswith("roles"))  # who gains a right must not be missed
    lines = [f"• {code(one['path'], 120)} {_change(one)}" for one in first[:most]]
    rest = len(found) - most
    return [*lines, *([f"_and {rest} more: {code('/ethix policy')}_"] if rest > 0 else [])]


def _change(one: Mapping[str, Any]) -> str:
    before, after = one.get("before"), one.get("after")
    if before is None:
        return f"gets {code(after, 160)}"
    if after is None:
        return f"loses {code(before, 160)}"
    return f"from {code(before, 160)} to {code(after, 160)}"


def needs(approval: Approval) -> str:
    """Return whom it needs: one of some roles, or one of each.

    >>> needs(Approval(needs={"parts": [["ml_lead"], ["cto"]]}))
    'ML Lead and CTO, one person each'
    """
    parts = [names.listed([names.ROLE[Role(role)] for role in part], "or") for part in approval.needs["parts"]]
    return f"{names.listed(parts)}, one person each" if len(parts) > 1 else f"one of: {parts[0]}"


VOID = {
    "changed": "what it was asked of has changed since",
    "no_role": "who asked for it no longer holds a role that may",
    "already": "it was done otherwise meanwhile",
}


def ended(status: str, by: str, why: str | None) -> str:
    """Return how it ended, as a sentence's second half; `by` is drawn by the caller."""
    row = ENDED.get(status)
    return row(by, why) if row else "has ended"


ENDED: dict[str, Callable[[str, str | None], str]] = {
    Status.APPROVED: lambda by, why: f"was approved by {by}",
    Status.DECLINED: lambda by, why: f"was declined by {by}: {quote(why, LONGEST)}",
    Status.WITHDRAWN: lambda by, why: f"was taken back by {by}: {quote(why, LONGEST)}",
    Status.EXPIRED: lambda by, why: "lapsed, for nobody approved it in time",
    Status.VOID: lambda by, why: f"is void, for {VOID.get(str(why), 'it could not be done any more')}",
}


def requested(outcome: Outcome) -> str:
    """Return the answer to a wish that now waits for others."""
    facts = outcome.facts
    is_each = bool(facts.get("is_each"))
    listed = names.listed([names.ROLE[Role(role)] for role in facts.get("roles", [])], "and" if is_each else "or")
    roles = f"others, one each of {listed}" if is_each else f"a second person, {listed}"
    until = finding.moment(facts.get("until"))
    lapses = f" Without an answer it lapses {date(until)}." if until else ""
    asked = f"Asked as {code(facts.get('approval', ''))}: this needs {roles}."
    return f"{asked} They are called.{lapses} Nothing has changed yet."


def asked_before(facts: Facts) -> str:
    """Return the answer to a wish that already waits."""
    return (
        f"{_who(facts.get('by'))} has asked for this already{_when(facts)}; {code(facts['approval'])} waits for others."
    )


def _approved(outcome: Outcome) -> str:
    facts = outcome.facts
    if "did" not in facts:
        left = names.listed([names.ROLE[Role(role)] for role in facts.get("needs", [])])
        return f"Your yes counts. It still needs: {left}."
    row = VERBS.get(str(facts.get("of")))
    return f"Approved. {row.done(facts['did'])}" if row else "Approved. It holds from now on."


def _declined(outcome: Outcome) -> str:
    taken_back = outcome.facts.get("status") == Status.WITHDRAWN
    return "Taken back." if taken_back else f"Declined; {_who(outcome.facts.get('asked_by'))} is told why."


def _late(outcome: Outcome) -> str:
    facts = outcome.facts
    how = ended(str(facts.get("status")), _who(facts.get("by")), facts.get("why"))
    return f"{code(facts.get('approval', ''))} {how}{_when(facts)}. Nothing was changed."


SAID: dict[tuple[str, Kind], Callable[[Outcome], str]] = {
    ("approve", Kind.DONE): _approved,
    ("approve", Kind.ALREADY): _late,
    ("approve", Kind.STALE): _late,
    ("decline", Kind.DONE): _declined,
    ("decline", Kind.ALREADY): _late,
}


def _who(by: object) -> str:
    return "the policy" if by in (None, "system") else mention(str(by))


def _when(facts: Facts) -> str:
    at = finding.moment(facts.get("at"))
    return f" {date(at)}" if at else ""
