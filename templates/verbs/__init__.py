"""All words of a verb, a row each: its button, its modal, what is answered, how the thread and the report tell it.

A module a subject; a new verb is a row in one of them.
"""

from templates.verbs import (
    acting,
    affected,
    approving,
    auditing,
    baselines,
    calling,
    checking,
    drifting,
    elsewhere,
    ending,
    happening,
    joining,
    judging,
    learning,
    leaving,
    people,
    progressing,
    quieting,
    registering,
    reporting,
    restraining,
    retraining,
    serving,
    telling,
    timing,
)
from templates.verbs.row import Happening, Words

# In the order in which buttons stand.
ACTING = acting.VERBS | restraining.VERBS | retraining.VERBS
VERBS: dict[str, Words] = {
    **{
        verb: ACTING[verb]
        for verb in ("acknowledge", "freeze", "export", "retrain", "escalate", "unfreeze", "cancel_retrain")
    },
    **serving.VERBS,
    **calling.VERBS,
    **progressing.VERBS,
    **ending.VERBS,
    **judging.VERBS,
    **timing.VERBS,
    **quieting.VERBS,
    **people.VERBS,
    **checking.VERBS,
    **drifting.VERBS,
    **learning.VERBS,
    **affected.VERBS,
    **telling.VERBS,
    **joining.VERBS,
}
# What the bot itself does or sees; nobody presses it.
HAPPENINGS: dict[str, Happening] = {
    **happening.HAPPENINGS,
    **restraining.HAPPENINGS,
    **retraining.HAPPENINGS,
    **serving.HAPPENINGS,
    **calling.HAPPENINGS,
    **elsewhere.HAPPENINGS,
    **timing.HAPPENINGS,
    **quieting.HAPPENINGS,
    **approving.HAPPENINGS,
    **baselines.HAPPENINGS,
    **checking.HAPPENINGS,
    **ending.HAPPENINGS,
    **auditing.HAPPENINGS,
    **joining.HAPPENINGS,
    **learning.HAPPENINGS,
    **leaving.HAPPENINGS,
    **reporting.HAPPENINGS,
    **registering.HAPPENINGS,
    **affected.HAPPENINGS,
    **telling.HAPPENINGS,
}


def past(verb: str) -> str | None:
    """Return the verb as it stands in “… by whom, when”; None where nobody knows it.

    >>> past("acknowledge"), past("recovered")
    ('acknowledged it', 'found it back within its limits')
    """
    row = VERBS.get(verb) or HAPPENINGS.get(verb)
    return row.past if row else None
