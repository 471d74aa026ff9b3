"""Requests that a model left to people, in words: how many wait, how they were decided, what became of a decision."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from analysis.response.cases import VERB, is_sample, shown
from analysis.response.outcomes import Kind, Outcome
from storage.cases import Queue
from storage.tables import ReviewItem
from templates import figures, finding
from templates.slack.mrkdwn import code, date, mention, one_line, said, stamp


def counts(queue: Queue) -> str:
    """Return how many were decided and how many of them otherwise than proposed; empty where none was.

    >>> counts(Queue("m", decided=40, otherwise=4))
    '40 decided by people, 4 of them (10 %) otherwise than proposed'
    """
    parts = []
    if queue.decided:
        share = f" ({figures.share(queue.otherwise / queue.decided)})" if queue.otherwise else ""
        parts.append(
            f"{figures.count(queue.decided)} decided by people, {queue.otherwise or 'none'} of them{share}"
            " otherwise than proposed"
        )
    if queue.looked_at:
        wrong = f"{queue.wrong} found wrong" if queue.wrong else "none found wrong"
        parts.append(f"{figures.counted(queue.looked_at, 'sample')} looked at, {wrong}")
    return "; ".join(parts)


def of_model(queue: Queue) -> str:
    """Return the same line with the model's name, for a list of models."""
    told = _told(queue)
    return f"📥 {code(queue.model_id)}: {told}." if told else ""


def line(queue: Queue) -> str:
    """Return how many wait and since when, and how they were decided, in one line; empty where there is nothing."""
    told = _told(queue)
    return f"📥 {told}." if told else ""


def _told(queue: Queue) -> str:
    waits = ""
    if queue.waiting:
        waits = _waiting(queue.waiting, queue.since)
    samples = f"{figures.counted(queue.samples, 'sample')} to be looked at" if queue.samples else ""
    return "; ".join(filter(None, (waits, samples, counts(queue))))


def full(facts: Mapping[str, Any]) -> str:
    """Return that no more requests are taken for people, and what helps."""
    most = figures.count(finding.whole(facts, "most") or 0)
    return (
        f"🚱 *{most} requests wait for people: more are refused, and the service has to answer them otherwise.*"
        f" Decide some ({code('/ethix reviews')}), restrain the model otherwise, or raise {code('most_cases')}."
    )


def wait(facts: Mapping[str, Any]) -> str:
    """Return that requests wait for people, since when, who is asked to decide, and where."""
    told = _waiting(finding.whole(facts, "waiting") or 0, finding.moment(facts.get("since")))
    called = " ".join(mention(str(one)) for one in facts.get("people", []))
    return f"⏳ {called + ': ' if called else ''}{told}. {code('/ethix reviews')} opens the one that waits longest."


def _waiting(many: int, since: datetime | None) -> str:
    verb, longest = ("waits", "") if many == 1 else ("wait", "the longest ")
    told = f", {longest}since {date(since)}" if since else ""
    return f"*{figures.counted(many, 'request')} {verb} for people*{told}"


def plain(item: ReviewItem, hidden: Collection[str]) -> str:
    """Return a request as a terminal shows it: what it is, then what was sent along, but for what must not count."""
    sure = f", {figures.share(item.confidence)} sure" if item.confidence is not None else ""
    what = f"proposes {item.proposal}{sure}" if item.proposal else "proposes nothing"
    stands = f"{item.decision} by {item.decided_by}" if item.decision else f"waits since {stamp(item.at)}"
    sample = "a sample, answered already" if is_sample(item.level) else ""
    first = " · ".join(filter(None, (str(item.id), item.model_id, item.request, what, stands, sample)))
    sent = ", ".join(f"{name}={value}" for name, value in shown(item.seen, hidden).items())
    return "\n    ".join(one_line(line) for line in (first, sent) if line)


def _decided(outcome: Outcome) -> str:
    facts = outcome.facts  # not the request's name: what is answered is kept, and the name may have to be erased
    what = f"☑️ Decided: *{said(facts['decision'])}*"
    if is_sample(int(facts["level"])):
        return f"{what}. {'Kept: the model was wrong here.' if facts['is_otherwise'] else 'Kept: the model was right.'}"
    return f"{what}, otherwise than the model proposed." if facts["is_otherwise"] else f"{what}."


def _decided_before(outcome: Outcome) -> str:
    return f"{before(outcome.facts)} Nothing was changed."


def before(facts: Mapping[str, Any]) -> str:
    """Return who decided it before, how and when."""
    at = finding.moment(facts.get("at"))
    when = f" {date(at)}" if at else ""
    return f"{mention(str(facts['by']))} decided this already{when}: *{said(facts['decision'])}*."


SAID: dict[tuple[str, Kind], Callable[[Outcome], str]] = {
    (VERB, Kind.DONE): _decided,
    (VERB, Kind.ALREADY): _decided_before,
}
