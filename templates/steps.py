"""What a person does next: by the state of the incident, and by its family where that differs (000, 003 §3, 004)."""

from analysis.detection.findings import Reason
from analysis.response.learning import REVIEWED
from analysis.response.life import ENDED
from analysis.vocabulary import Family, Oversight, Severity, State
from storage.incidents import IncidentView
from storage.registry import CHAMPION, why_not
from templates import finding, names, reported, resets, verified
from templates.slack.mrkdwn import said

# Where to look first: one short line a family.
LOOK = {
    Family.DATA: "Find out what changed upstream: a new channel, a campaign, a season, a data source.",
    Family.FAIRNESS: "Look at the last release and at what it was trained on.",
    Family.MODEL: "Check the newest outcomes: did the world change, or the model?",
    Family.EXPLANATION: "Ask who released this version, and whether the change was meant.",
    Family.QUALITY: "Find the sender of the broken field and when it began.",
    Family.OPERATIONS: "Look at the service: is it still failing, and what was deployed before?",
    Family.SECURITY: "Revoke what leaked, keep the logs, call the Security Officer.",
}

STANDING = "Decide with Compliance: accept the risk with a reason, or remedy it before the next baseline."

# Containment by default (REQUIREMENTS, One vocabulary; 004): how far to restrain, by severity.
RESTRAIN = {
    Severity.CRITICAL: Oversight.PAUSED,
    Severity.HIGH: Oversight.REVIEW_ALL,
    Severity.MEDIUM: Oversight.INCREASED_MONITORING,
    Severity.LOW: Oversight.NORMAL,
}

NEXT = {
    State.DETECTED: ("Press *Acknowledge*: it stops the calls and shows who has it.", "{restrain}"),
    State.ACKNOWLEDGED: ("{restrain}", "{look}"),
    State.CONTAINED: ("{look}", "Press *Export evidence* before anything is changed.", "{remedy}"),
    State.INVESTIGATING: ("{look}", "{remedy}", "{cause}"),
    State.REMEDIATING: ("{retrain}", "When the fix is in, press *Verify fix*: the model is looked at anew.", "{cause}"),
    State.VERIFYING: ("{verified}",),
    State.RESOLVED: ("{unfreeze}", "{cause}", "{close}"),
    State.CLOSED: (),
    State.ACCEPTED_RISK: (),
    State.FALSE_POSITIVE: (),
}
REMEDY = {
    Family.QUALITY: "Repair the field at its source, then press *Resolve*.",
    Family.OPERATIONS: "When the service is well again, press *Resolve*.",
    Family.SECURITY: "When it is contained and understood, press *Resolve*.",
}
RETRAIN = "Press *Retrain*, or go back to the version before."
RUNNING = {
    "queued": "Wait for the retrain: the thread follows it.",
    "running": "Wait for the retrain: the thread follows it.",
    "validating": "Wait for the validation of the candidate.",
    "validated_pass": "Read in the thread how the candidate did, then have it promoted.",
    "failed": "Read in the thread why the retrain failed.",
    "cancelled": "",
}


def following(view: IncidentView) -> list[str]:
    """Return the next steps; at most three, in Slack's markup."""
    shown, level = view.incident, view.oversight.level if view.oversight else 0
    asked = reported.reset(view.alerts[0] if view.alerts else None)
    if asked:
        return [] if State(shown.state) in ENDED else [resets.following(asked)]
    words = {
        "{restrain}": _restrain(Severity(shown.severity), level),
        "{look}": STANDING if _is_standing(view) else LOOK[Family(shown.family)],
        "{remedy}": REMEDY.get(Family(shown.family), RETRAIN),
        "{retrain}": _retrain(view),
        "{cause}": _cause(view),
        "{verified}": _verified(view),
        "{close}": "Hold the review while people remember, then press *Close*." if _is_reviewed(view) else "",
        "{unfreeze}": "Press *Unfreeze* when the model may decide again." if level else "",
    }
    lines = [words.get(line, line.replace("{model}", said(view.model.id))) for line in NEXT[State(shown.state)]]
    return list(filter(None, lines))[:3]


def _retrain(view: IncidentView) -> str:
    """Return what the newest retrain asks for; nothing once its candidate serves, or may not."""
    if not view.retrains:
        return ""
    newest, serving = view.retrains[-1], view.serving
    if newest.status == "validated_pass" and newest.candidate and serving is not None:
        version = serving.versions.get(newest.candidate)
        if serving.aliases.get(CHAMPION) == newest.candidate or (version is not None and why_not(version)):
            return ""
    return RUNNING.get(newest.status, "")


def _is_reviewed(view: IncidentView) -> bool:
    return Severity(view.incident.severity) in REVIEWED


def _cause(view: IncidentView) -> str:
    return "Write down the root cause: *More…* → Root cause." if _is_reviewed(view) and not view.root_causes else ""


def _verified(view: IncidentView) -> str:
    look = next((entry for entry in reversed(view.timeline) if entry.verb in ("verified", "verify")), None)
    if look is None or look.verb == "verify":
        return "Wait for the look at the model: the thread says before and after."
    if verified.is_good(look):
        return "It is well: press *Resolve*."
    return "It is not shown to be well: go on with the remedy, then press *Look again*."


def _is_standing(view: IncidentView) -> bool:
    raised = finding.raised(view.alerts[0]) if view.alerts else None
    return raised is not None and raised.lead.reason is Reason.STANDING


def _restrain(severity: Severity, level: int) -> str:
    advised = RESTRAIN[severity]
    if level >= advised:
        return ""
    return f"Press *Freeze*: level {int(advised)} is advised ({names.LEVEL[advised].name.lower()})."
