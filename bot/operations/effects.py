"""What each move of an incident does besides moving it: one row a verb."""

from collections.abc import Callable

from analysis.response.outcomes import Outcome
from bot.operations import (
    affected,
    answering,
    assessing,
    drift,
    ending,
    escalation,
    evidence,
    followups,
    informing,
    involving,
    joining,
    learning,
    oversight,
    progressing,
    quieting,
    reopening,
    resting,
    retraining,
    rollouts,
    runbooks,
    telling,
    verifying,
)
from bot.operations.doing import Doing, Effect


def acknowledge(doing: Doing) -> Effect:
    """Say who has it; the calls stop (`escalation.follow`)."""
    columns = {"acknowledged_at": doing.now, "acknowledged_by": doing.request.actor}
    return Effect(columns, involving.by_acknowledging(doing))


EFFECTS: dict[str, Callable[[Doing], Effect | Outcome]] = {
    "acknowledge": acknowledge,
    "freeze": oversight.freeze,
    "unfreeze": oversight.unfreeze,
    "export": evidence.ask,
    "retrain": retraining.ask,
    "cancel_retrain": retraining.cancel,
    "promote": rollouts.promote,
    "rollback": rollouts.roll_back,
    "reverse": rollouts.reverse,
    "escalate": escalation.by_hand,
    "update": informing.update,
    "snooze": quieting.snooze,
    "accept_risk": quieting.accept_risk,
    "pause_clock": resting.pause,
    "resume_clock": resting.resume,
    "confirm": informing.confirm,
    "notify_regulator": informing.notify_regulator,
    "still_on_it": answering.still,
    "severity": assessing.assess,
    "tick": runbooks.tick,
    "runbook": runbooks.change,
    "assign": involving.assign,
    "release": involving.release,
    "contain": progressing.contain,
    "investigate": progressing.investigate,
    "remediate": progressing.remediate,
    "verify": verifying.verify,
    "resolve": ending.resolve,
    "close": ending.close,
    "false_positive": ending.false_positive,
    "reopen": reopening.reopen,
    "merge": joining.merge,
    "split": joining.split,
    "impact": assessing.impact,
    "tell": telling.release,
    "affected": affected.ask,
    "draft": affected.draft,
    "remedy": affected.remedy,
    "decide": drift.decide,
    "root_cause": learning.root_cause,
    "follow_up": followups.add,
    "follow_up_done": followups.finish,
    "review": learning.review,
}
