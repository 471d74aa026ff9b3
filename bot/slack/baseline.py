"""`/ethix baseline`: which baseline each model has; ask for a reset."""

from analysis.errors import Missing
from analysis.response.resets import Cause
from bot.operations import resetting
from bot.slack.door import Door
from storage import baselines
from templates import answers
from templates.slack import baseline
from templates.slack.blocks import Message


def answer(door: Door, user: str, typed: list[str], delivery: str) -> Message:
    """Return the answer to what was typed after the subcommand; raise Missing. `delivery` was recorded as a look."""
    if not typed:
        with door.services.database.read() as session:
            return baseline.listed(baselines.views(session))
    if typed[0].lower() != "reset":
        raise Missing(
            "baseline", "what", f"“{typed[0][:50]}” is not known: say {baseline.COMMAND} reset <model> <reason>"
        )
    if len(typed) < 2:
        raise Missing("baseline", "model", f"is missing: {baseline.COMMAND} reset <model> <reason>")
    model, cause, *rest = typed[1], *_cause(typed[2:])
    wish = resetting.Wish(model, user, " ".join(rest), cause, f"{delivery}:reset")
    outcome = resetting.ask(door.services, wish)
    if outcome.error is not None:
        raise outcome.error
    return baseline.asked(answers.sentence(outcome))


def _cause(words: list[str]) -> list[str]:
    """Return the cause that was named first, or the usual one, and the words of the reason."""
    if words and words[0].lower().startswith("cause="):
        return [words[0].partition("=")[2].lower(), *words[1:]]
    return [Cause.CONCEPT_DRIFT.value, *words]
