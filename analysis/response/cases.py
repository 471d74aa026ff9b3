"""Requests that a model leaves to people: what may be decided of them, and what who decides is shown (C3; 004)."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from analysis.errors import Missing
from analysis.response.fields import LONGEST
from analysis.response.restraint import Gate
from analysis.vocabulary import Oversight

VERB = "review_case"
LONGEST_DECISION = 100


def is_sample(level: int) -> bool:
    """Return whether the model has answered, and people only look at it afterwards.

    >>> is_sample(Oversight.INCREASED_MONITORING), is_sample(Oversight.REVIEW_ALL)
    (True, False)
    """
    return level < Oversight.REVIEW_BELOW_CONFIDENCE


def most(gate: Gate, level: int) -> int:
    """Return how many of its kind may wait: samples never take the place of requests that nobody has answered."""
    return gate.most_samples if is_sample(level) else gate.most_cases


def is_otherwise(decision: str, proposal: str | None) -> bool:
    """Return whether a person decided otherwise than the model proposed.

    >>> is_otherwise("Approved", "approved"), is_otherwise("declined", "approved"), is_otherwise("declined", None)
    (False, True, False)
    """
    return proposal is not None and decision.casefold() != proposal.casefold()


def checked(decision: str, note: str, proposal: str | None, outcomes: Sequence[str]) -> str:
    """Return the decision as it is kept; raise Missing where it is none, or why it departs is not said.

    >>> checked(" APPROVED ", "", "approved", ["approved", "declined"])
    'approved'
    """
    words = outcomes or [one for one in (proposal,) if one is not None]
    known = {one.casefold(): one for one in words}
    meant = known.get(decision.strip().casefold(), decision.strip())
    if not meant:
        raise Missing(VERB, "decision")
    if outcomes and meant not in outcomes:
        raise Missing(VERB, "decision", f"“{meant[:LONGEST_DECISION]}” is none of {', '.join(outcomes)}")
    if len(meant) > LONGEST_DECISION or not meant.isprintable():
        raise Missing(VERB, "decision", f"has to be one line of {LONGEST_DECISION} characters at most")
    if len(note) > LONGEST:
        raise Missing(VERB, "note", f"is longer than {LONGEST} characters")
    if is_otherwise(meant, proposal) and not note.strip():
        raise Missing(VERB, "note", f"is needed where you decide otherwise than the model, which proposes “{proposal}”")
    return meant


def shown(seen: Mapping[str, Any], hidden: Collection[str]) -> dict[str, Any]:
    """Return what who decides may see: what must not count is kept, so that their decisions can be judged too.

    >>> shown({"income": 3, "sex": "Female"}, ["sex"])
    {'income': 3}
    """
    return {name: value for name, value in seen.items() if name not in hidden}


def entity(model_id: str, number: int | None) -> str:
    """Return what the audit log calls a request: by its number, for its name may be personal."""
    return f"{model_id}/cases/{number}"


def summary(rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Return how many of the requests wait and were decided, and how many otherwise than proposed; so of samples.

    >>> summary([{"level": 3, "decision": "approved", "is_otherwise": True}, {"level": 3, "decision": None}])
    {'waiting': 1, 'decided': 1, 'otherwise': 1, 'samples_looked_at': 0, 'samples_wrong': 0}
    """
    left = [one for one in rows if not is_sample(one["level"])]
    samples = [one for one in rows if is_sample(one["level"]) and one["decision"] is not None]
    decided = [one for one in left if one["decision"] is not None]
    return {
        "waiting": len(left) - len(decided),
        "decided": len(decided),
        "otherwise": sum(bool(one["is_otherwise"]) for one in decided),
        "samples_looked_at": len(samples),
        "samples_wrong": sum(bool(one["is_otherwise"]) for one in samples),
    }
