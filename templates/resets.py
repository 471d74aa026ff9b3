"""What is said of a baseline that is counted anew: its causes, and what whoever asks may expect."""

from collections.abc import Callable, Mapping
from typing import Any

from analysis.response.outcomes import Kind, Outcome
from analysis.response.resets import SPAN, Cause
from analysis.vocabulary import Role
from templates import finding, names
from templates.slack.mrkdwn import code, date, mention, said

CAUSES = {
    Cause.CONCEPT_DRIFT: "the world has changed, and that is accepted",
    Cause.DATA_SOURCE: "the data comes from another source",
    Cause.REFRESH: "drift has settled: the baseline is refreshed",
}


def cause(name: object) -> str:
    """Return why a baseline is reset.

    >>> cause("data_source")
    'the data comes from another source'
    """
    return CAUSES[Cause(str(name))] if name in set(Cause) else "for another reason"


def following(asked: Mapping[str, Any]) -> str:
    """Return what comes next, as the incident says it."""
    who = names.listed([names.ROLE[Role(role)] for role in asked.get("needs", [])], "or")
    return f"When it is counted, the thread asks a second person ({who}) to approve; their answer ends this incident."


def _asked(outcome: Outcome) -> str:
    facts: Mapping[str, Any] = outcome.facts
    who = names.listed([names.ROLE[Role(role)] for role in facts["needs"]], "or")
    where = f"the thread of {code(facts['incident'])} in #{said(facts['channel'])}"
    first = f"The last {SPAN.days} days of {code(facts['model'])} are counted now."
    then = f"Then {where} says what was counted, and asks a second person to approve: {who}."
    return f"{first} {then} Until then windows are compared with {code(facts['before'])}, as before."


def _under_way(outcome: Outcome) -> str:
    facts, at = outcome.facts, finding.moment(outcome.facts.get("at"))
    who = mention(str(facts["by"])) if facts.get("by") else "Somebody"
    when = f" {date(at)}" if at else ""
    return (
        f"{who} has asked for a reset of this baseline already{when}: {code(facts['incident'])}. Nothing was changed."
    )


SAID: dict[tuple[str, Kind], Callable[[Outcome], str]] = {
    ("baseline_reset", Kind.DONE): _asked,
    ("baseline_reset", Kind.ALREADY): _under_way,
}
