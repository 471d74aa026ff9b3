"""Which version serves: promotion, rollback, and its reverse; what they lead to, and the watch after them."""

from collections.abc import Mapping
from datetime import timedelta

from analysis.response import rollouts as deciding
from analysis.response.rollouts import Kind, Status
from storage.incidents import IncidentView
from storage.registry import CHAMPION, LAST_KNOWN_GOOD
from storage.rollouts import Serving
from storage.tables import Approval, RetrainRequest, TimelineEntry
from templates import figures, finding, names, plain, rollouts, validated
from templates.slack import status
from templates.slack.mrkdwn import code, date, group, mention, said
from templates.verbs.row import Asked, Facts, Happening, Modal, Option, Words, given, number

LONGEST_ERROR = 300
MOST_SENTENCES = 4
NOTHING = Serving({}, {})
DAY = timedelta(days=1)
SECOND = "👥 The Product Owner has to approve this; they are asked in the thread."


def _begun(entry: TimelineEntry, view: IncidentView) -> str:
    kind = rollouts.kind(entry.verb)
    title = rollouts.title(kind, _id(entry.facts), _to(entry.facts), _was(entry.facts))
    return f"{rollouts.SIGN[kind]} {status.person(entry.actor, view)} began it: {title}.{given(entry, 'reason')}"


def _done(facts: Facts) -> str:
    return f"{code(_id(facts))} has begun; the thread follows it, step by step."


def _id(facts: Facts) -> str:
    return str(facts.get("rollout", "?"))


def _to(facts: Facts) -> str:
    return str(facts.get("version", "?"))


def _was(facts: Facts) -> str | None:
    return str(facts["was"]) if facts.get("was") else None


def _between(facts: Facts) -> rollouts.Between:
    good = facts.get("good")
    return rollouts.Between(_to(facts), _was(facts), str(good) if good else None)


def _serves(view: IncidentView) -> str:
    now = _serving(view).aliases.get(CHAMPION)
    return f"Serves now: {code(now)}." if now else "Nothing is registered as serving now."


def _serving(view: IncidentView) -> Serving:
    return view.serving or NOTHING


def _thaws(view: IncidentView) -> str:
    """Return what becomes of the freeze, where this incident has frozen the model."""
    mine = [one for one in view.restraints if one.incident_id == view.incident.id]
    return "❄️ The freeze of this incident then gives way to increased monitoring." if mine else ""


def _only(view: IncidentView) -> str | None:
    offered = _candidates(view)
    return offered[0].value if len(offered) == 1 else None


def _candidates(view: IncidentView) -> list[Option]:
    """Return what may be promoted now: it has passed, is as registered and not blocked, and does not serve."""
    serving = _serving(view)
    return [
        _candidate(one)
        for one in serving.passed
        if one.candidate != serving.aliases.get(CHAMPION)
        and deciding.against(deciding.checks(serving.versions.get(str(one.candidate)))) is None
    ]


def _candidate(retrain: RetrainRequest) -> Option:
    when = f", {retrain.finished_at:%d %b %Y}" if retrain.finished_at else ""
    return Option(retrain.id, f"{retrain.candidate} · {retrain.id}", f"Passed its validation{when}")


def _before_promoting(view: IncidentView) -> list[str]:
    serving, offered = _serving(view), _candidates(view)
    first = next((one for one in serving.passed if offered and one.id == offered[0].value), None)
    looked = _looked_at(serving, first) if first else []
    second = "👥 The Product Owner has to approve this by typing PROMOTE; they are asked in the thread."
    after = [_thaws(view), f"👁️ {rollouts.watch(serving)}"]
    return [_serves(view), *looked, f"⏱️ {rollouts.lasts(serving)}", *after, second]


def _looked_at(serving: Serving, retrain: RetrainRequest) -> list[str]:
    """Return what speaks for the candidate, and how it did beside the one that served then."""
    version = str(retrain.candidate)
    did = validated.sentences(retrain.validation)[:MOST_SENTENCES]
    return [f"*Looked at, for {code(version)}*", *rollouts.checklist(serving, version), *did]


def before_approving(approval: Approval, view: IncidentView) -> list[str]:
    """Return what the form says in which the Product Owner types the word: the version, and what was looked at."""
    serving, given = _serving(view), approval.fields.get("candidate")
    wanted = next((one for one in serving.passed if given in (one.id, one.candidate)), None)
    if wanted is None:
        return []
    return [_serves(view), *_looked_at(serving, wanted), _thaws(view), f"👁️ {rollouts.watch(serving)}"]


def _before_rolling_back(view: IncidentView) -> list[str]:
    serving = _serving(view)
    good = serving.aliases.get(LAST_KNOWN_GOOD)
    looked = (
        rollouts.checklist(serving, good) if good else ["❌ Nothing is registered as last known good: name a version."]
    )
    title = f"*Looked at, for {code(good)}, the last known good version*" if good else "*Looked at*"
    if good is not None and good == serving.began_with:
        looked.append(f"⚠️ {code(good)} served when this incident began: it may be what it is about. Name another one.")
    return [
        _serves(view),
        title,
        *looked,
        f"👥 {_users(view, good)}",
        f"⏱️ {rollouts.lasts(serving)}",
        _thaws(view),
        f"👁️ {rollouts.watch(serving)} For 24 hours the rollback can be reversed.",
        SECOND,
    ]


def _users(view: IncidentView, to: str | None) -> str:
    """Return what it means for those about whom the model decides."""
    serving, report = _serving(view), finding.report(view.report)
    now, then = serving.aliases.get(CHAMPION), code(to) if to else "the earlier version"
    stays = f" What {code(now)} decided stays as it is." if now else ""
    if report is None or report.window.since is None or report.window.until is None or not report.window.rows:
        return f"Every request is then decided by {then}.{stays}"
    days = max((report.window.until - report.window.since) / DAY, 1)
    return f"Every request, about {figures.count(report.window.rows / days)} a day, is then decided by {then}.{stays}"


def _before_reversing(view: IncidentView) -> list[str]:
    last = _serving(view).newest
    back = str(last.from_version) if last is not None else ""
    looked = rollouts.checklist(_serving(view), back, lifts=view.incident.id) if back else []
    raised, report = finding.raised(view.alerts[0] if view.alerts else None), finding.report(view.report)
    harm = plain.affected(view.incident.family, raised, report)
    return [
        _serves(view),
        f"{code(back)} would serve again, which this incident is about." if back else "",
        *looked,
        f"👥 Concerned by this incident: {said(harm, LONGEST_ERROR)}",
        SECOND,
    ]


def _can_be_reversed(view: IncidentView) -> bool:
    last = _serving(view).newest
    return last is not None and (last.kind, last.status) == (Kind.ROLLBACK, Status.DONE)


def _over(entry: TimelineEntry, view: IncidentView) -> str:
    kind, facts = rollouts.kind(entry.facts.get("kind")), entry.facts
    until = finding.moment(facts.get("watched_until"))
    watched = f" The model is watched until {date(until)}." if until else ""
    was, good = (code(one or "–") for one in (_was(facts), _between(facts).good or _was(facts)))
    return f"{rollouts.SIGN[kind]} *{DONE[kind].format(to=code(_to(facts)), was=was, good=good)}*{watched}"


DONE: Mapping[Kind, str] = {
    Kind.PROMOTE: "{to} serves now; {good} is kept as last known good.",
    Kind.ROLLBACK: "{to} serves again; {was} is blocked until this incident is resolved.",
    Kind.REVERSE: "The rollback is reversed: {to} serves again.",
}


def _undone(entry: TimelineEntry, view: IncidentView) -> str:
    kind = rollouts.kind(entry.facts.get("kind"))
    still = f" {code(_was(entry.facts))} serves as before." if _was(entry.facts) else ""
    name = f"{rollouts.NAME[kind]} {code(_id(entry.facts))}"
    return f"↩️ *{name} did not go through, and was taken back.*{still}{given(entry, 'error', LONGEST_ERROR)}"


def _failed(entry: TimelineEntry, view: IncidentView) -> str:
    kind, facts = rollouts.kind(entry.facts.get("kind")), entry.facts
    words = rollouts.step(str(facts.get("step")), _between(facts), done=False)
    name = f"{rollouts.NAME[kind]} {code(_id(facts))}"
    return (
        f"🛑 *{name} failed half-way and could not be taken back.* {_rung(facts)} Look at once which version serves:"
        f" it hangs at “{words}”. The model is paused.{given(entry, 'stuck', LONGEST_ERROR)}"
    )


def _hangs(entry: TimelineEntry, view: IncidentView) -> str:
    kind, facts = rollouts.kind(entry.facts.get("kind")), entry.facts
    words = rollouts.step(str(facts.get("step")), _between(facts), done=False)
    what = f"taking back “{words}”" if facts.get("undoing") else f"“{words}”"
    since = finding.moment(facts.get("since"))
    waited = f" for {figures.span(entry.at - since)}" if since else ""
    return (
        f"🚧 *{rollouts.NAME[kind]} {code(_id(facts))} does not get on.* {_rung(facts)} look what is in its way, and"
        f" which version serves. It is at {what}{waited}, and tried again each minute."
        f"{given(entry, 'error', LONGEST_ERROR)}"
    )


def _rung(facts: Facts) -> str:
    """Return those who asked for it and approved it, and who is on call: they are rung."""
    people = [str(one) for one in (facts.get("by"), facts.get("approver")) if one and one != status.SYSTEM]
    people += map(str, facts.get("people", []))
    rung = [*map(mention, dict.fromkeys(people)), *(group(str(one)) for one in facts.get("groups", []))]
    return " ".join(rung) + ":" if rung else ""


def _frozen(entry: TimelineEntry, view: IncidentView) -> str:
    instead = f" Served instead: {code(entry.facts['fallback'])}." if entry.facts.get("fallback") else ""
    return f"❄️ The model was *paused* because {code(_id(entry.facts))} did not go through.{instead}"


def _recurred(entry: TimelineEntry, view: IncidentView) -> str:
    alerts = names.listed([code(one) for one in entry.facts.get("alerts", [])])
    kind = rollouts.NAME[rollouts.kind(entry.facts.get("kind"))].lower()
    return (
        f"🔴 *It is there again after the {kind}:* {alerts}, among decisions of {code(_to(entry.facts))}."
        f" {_rung(entry.facts)} does the freeze have to come back?"
    )


def _watched(entry: TimelineEntry, view: IncidentView) -> str:
    facts, checks = entry.facts, number(entry, "checks") or 0
    over = f"The watch of {code(_id(facts))} is over"
    looked = f"{figures.counted(checks, 'check')} during it"
    if facts.get("back"):
        return f"🔴 {over}: {looked} found {names.listed([code(one) for one in facts['back']])} again."
    if not checks:
        return f"⚠️ {over}, and no check came to its end during it: look by hand."
    lifted = " Increased monitoring has ended." if facts.get("lifted") else ""
    return f"👁️ {over}: {looked} found nothing new.{lifted}{OLD.get(str(facts.get('window')), '')}"


OLD = {
    "before": " They looked at decisions from before the change alone, so they prove nothing yet.",
    "mixed": " Decisions from before the change were among those they looked at.",
}

VERBS = {
    "promote": Words(
        label="Promote",
        spoken="Promote: put a candidate that passed its validation into service",
        may="promote candidates",
        past="began a promotion",
        done=_done,
        line=_begun,
        modal=Modal(
            title="Promote a candidate",
            submit="Ask for it",
            does="Lets a candidate that passed its validation serve. What serves now is kept as last known good,"
            " unless the incident is high or critical and there is another one.",
            fields={
                "candidate": Asked("Candidate", options=_candidates, chosen=_only),
                "reason": Asked("Reason", "Why it should serve now"),
            },
            about=_before_promoting,
        ),
        offered=lambda view: bool(_candidates(view)),
        in_menu=False,
    ),
    "rollback": Words(
        label="Roll back",
        spoken="Roll back: let the last known good version serve again",
        may="roll models back",
        past="began a rollback",
        done=_done,
        line=_begun,
        modal=Modal(
            title="Roll back",
            submit="Ask for it",
            does="Lets an earlier version serve again; what serves now is blocked until this incident is resolved.",
            fields={
                "version": Asked("Version", "1.0.0", "Left empty: the last known good one."),
                "reason": Asked("Reason", "Why what serves now must not go on"),
            },
            about=_before_rolling_back,
        ),
        offered=lambda view: CHAMPION in _serving(view).aliases,
        in_menu=False,
    ),
    "reverse": Words(
        label="Reverse the rollback",
        spoken="Reverse the rollback: let what served before it serve again",
        may="reverse rollbacks",
        past="began to reverse the rollback",
        done=_done,
        line=_begun,
        modal=Modal(
            title="Reverse the rollback",
            submit="Ask for it",
            does="Lets what served before the rollback serve again.",
            fields={"reason": Asked("Reason", "Why the rollback was wrong")},
            about=_before_reversing,
        ),
        offered=_can_be_reversed,
    ),
}
HAPPENINGS = {
    "promoted": Happening("finished the promotion", _over),
    "rolled_back": Happening("finished the rollback", _over, buttons=("reverse",)),
    "reversed": Happening("finished reversing the rollback", _over),
    "rollout_undone": Happening("took the change back", _undone),
    "rollout_failed": Happening("could not take the change back", _failed),
    "rollout_hangs": Happening("found that the change does not get on", _hangs),
    "frozen_by_rollout": Happening("paused the model", _frozen),
    "rollout_recurred": Happening("found it again during the watch", _recurred),
    "rollout_watched": Happening("ended the watch", _watched),
}
