"""What `/ethix …` answers, to the person alone: short lists, what needs a person first."""

from collections.abc import Sequence
from datetime import datetime

from analysis.response.permissions import View
from storage.overview import Overview
from storage.tables import Alert
from templates import figures
from templates.slack import lists
from templates.slack.blocks import Block, Message, context, divider, listed, section, typed
from templates.slack.mrkdwn import code, said

COMMAND = "/ethix"
MOST_INCIDENTS, MOST_MODELS, MOST_ALERTS = 10, 15, 15

Command = tuple[str, str, str]  # name, usage, hint


def help(commands: Sequence[Command]) -> Message:
    """Return what can be typed; the list is the one that the door listens to."""
    what = (
        "I watch models in use. When one drifts, breaks or becomes unfair, I post *one message* with what happened, "
        "who is affected and by when somebody must act, and buttons to act with."
    )
    small = "Mention me or write to me and I answer the same. My desk is under *Home*."
    return Message(
        "What I can do",
        [section(what), typed([(f"{COMMAND} {usage}", hint) for _, usage, hint in commands]), context(small)],
    )


def status(seen: Overview, now: datetime) -> Message:
    """Return what is open, what waits for somebody, and what is restrained."""
    views = lists.order(seen.open_incidents, now)
    restrained = [model for model in seen.models if model.oversight and model.oversight.level]
    blocks = [
        section(f"*{headline(seen)}*"),
        *listed([lists.incident_line(view, now) for view in views], MOST_INCIDENTS, seen.open_count),
    ]
    if View.INCIDENT_TIMELINE not in seen.sees:
        blocks += listed([lists.model_line(one, now) for one in seen.models], MOST_MODELS, seen.model_count)
    elif restrained:
        blocks += [divider(), section("*Restrained models*", *(lists.model_line(one, now) for one in restrained[:5]))]
    return Message(headline(seen), [*blocks, *parked(seen)])


def headline(seen: Overview) -> str:
    """Return the state of everything in one line."""
    if View.INCIDENT_TIMELINE not in seen.sees:
        drifting = len({alert.model_id for alert in seen.drifting})
        return f"{figures.counted(seen.model_count, 'model')} watched, {drifting or 'none'} with drift that stands."
    waiting = seen.waiting_count
    if not seen.open_count:
        return f"All quiet: no open incident, {figures.counted(seen.model_count, 'model')} watched."
    open_text = figures.counted(seen.open_count, "open incident")
    return f"{open_text}, {waiting} waiting for somebody." if waiting else f"{open_text}, all in somebody's hands."


def parked(seen: Overview) -> list[Block]:
    """Return a warning where messages could not be delivered."""
    if not seen.parked or View.MODEL_HEALTH not in seen.sees:
        return []
    return [
        context(
            f"⚠️ *{figures.counted(seen.parked, 'message')} could not be delivered.* {code('ethixbot doctor')} says why."
        )
    ]


def models(seen: Overview, now: datetime) -> Message:
    """Return the watched models."""
    if not seen.models:
        return _only("No model is watched yet. Add one under `models:` in the policy.")
    lines = [lists.model_line(model, now) for model in seen.models]
    return Message(figures.counted(seen.model_count, "model"), listed(lines, MOST_MODELS, seen.model_count))


def alerts(found: Sequence[Alert], now: datetime, *, with_incidents: bool = True) -> Message:
    """Return the newest alerts, and their incidents where those may be seen."""
    if not found:
        return _only("No alert so far.")
    still = sum(1 for alert in found if alert.state == "open")
    lines = [lists.alert_line(one, with_incident=with_incidents) for one in found]
    head = f"{figures.counted(len(found), 'alert')}, newest first; {still} still standing"
    return Message(head, [section(f"*{head}*"), *listed(lines, MOST_ALERTS)])


def analyze(model: str) -> Message:
    """Return that the check was asked for; its outcome comes as a message of its own."""
    return _only(f"🔎 Checking {code(model)} now. I tell you here when it is done.")


def refused(sentence: str) -> Message:
    """Return a refusal; raw text, escaped here."""
    return Message(
        said(sentence, 1_000),
        [section(said(sentence, 1_000)), context(f"{code(f'{COMMAND} help')} lists what I know.")],
    )


def _only(text: str) -> Message:
    return Message(text, [section(text)])
