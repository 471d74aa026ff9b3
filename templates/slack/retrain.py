"""The one message of a retrain in the incident's thread: where it stands, edited as it goes; and what is said of it."""

from collections.abc import Sequence

from storage.tables import RetrainRequest
from templates import figures, names, validated
from templates.slack.blocks import Block, Message, context, section
from templates.slack.mrkdwn import code, date, quote, said

SIGN = {
    "queued": "⏳",
    "running": "🔁",
    "validating": "🔬",
    "validated_pass": "✅",
    "failed": "❌",
    "cancelled": "⏹️",
}
STANDS = {
    "queued": "will start soon",
    "running": "is running",
    "validating": "is trained; its candidate is being judged",
    "validated_pass": "made a candidate that passed",
    "failed": "failed",
    "cancelled": "was cancelled",
}
WHERE = {"command": "a command", "github": "a workflow of GitHub", "webhook": "a pipeline of your own"}
BAR = 10
LONGEST_ERROR = 300


def message(request: RetrainRequest) -> Message:
    """Return the message as things stand."""
    first = f"{SIGN.get(request.status, '🔁')} *Retrain {code(request.id)} {standing(request)}*"
    return Message(
        f"Retrain {request.id} {standing(request)}", [section(first, *_lines(request)), context(_about(request))]
    )


def standing(request: RetrainRequest) -> str:
    """Return where the request stands, in words.

    >>> standing(RetrainRequest(id="RTR-1", status="running", cancelled_by="U1"))
    'is being ended'
    """
    if request.status == "running" and request.cancelled_by:
        return "is being ended"
    if request.status == "failed" and request.candidate:
        return "made a candidate that did not pass"
    return STANDS.get(request.status, said(request.status))


def shown(request: RetrainRequest) -> Message:
    """Return the whole of a request, for who asks for it."""
    drawn = message(request)
    blocks = [*drawn.blocks, *told(request)]
    return Message(drawn.text, blocks)


def told(request: RetrainRequest) -> list[Block]:
    """Return how its candidate did, where that is known."""
    if "passes" not in request.validation:
        return []
    return [section(*validated.sentences(request.validation)), *validated.table(request.validation, whole=True)]


def listed(requests: Sequence[RetrainRequest]) -> Message:
    """Return the newest requests, a line each."""
    if not requests:
        return Message("No retrain was asked for yet.", [section("No retrain was asked for yet.")])
    lines = [f"{_head(one)} of {code(one.model_id)} {standing(one)} · {date(one.requested_at)}" for one in requests]
    return Message("Retrains", [section("*Retrains*", *lines), context("One in full: `/ethix retrain RTR-1`")])


def _head(request: RetrainRequest) -> str:
    return f"{SIGN.get(request.status, '🔁')} {code(request.id)}"


def _lines(request: RetrainRequest) -> list[str]:
    if request.status == "failed":
        return [f"> {quote(request.error, LONGEST_ERROR)}"] if request.error and not request.candidate else []
    if request.status not in ("running", "validating"):
        return []
    share, stage = request.progress.get("share"), request.progress.get("stage")
    bar = _bar(share) if request.status == "running" and isinstance(share, int | float) else ""
    now = f"_{said(stage, 100)}_" if stage and request.status == "running" else ""
    line = request.progress.get("line") if request.status == "running" else None
    line = None if line == stage else line
    return list(filter(None, [" ".join(filter(None, [bar, now])), f"> {code(line, 200)}" if line else ""]))


def _bar(share: float) -> str:
    done = min(BAR, max(0, round(share * BAR)))
    return f"`{'█' * done}{'░' * (BAR - done)}` {figures.share(min(1.0, max(0.0, share)))}"


def _about(request: RetrainRequest) -> str:
    made = f"version {code(request.candidate)}" if request.candidate else ""
    held = f"held against baseline {code(request.baseline)}" if request.baseline else ""
    return " · ".join(filter(None, [names.first(WHERE.get(request.pipeline, "")), made, held, _took(request)]))


def _took(request: RetrainRequest) -> str:
    if request.started_at is None:
        return f"asked for {date(request.requested_at)}"
    if request.finished_at is None:
        return f"since {date(request.started_at)}"
    return f"took {figures.span(request.finished_at - request.started_at)}"
