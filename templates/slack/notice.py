"""Short lines to whoever waits for a check, and to #engineering where the bot itself has trouble."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from storage.incidents import IncidentView
from storage.tables import Run
from templates import approvals, cases, figures, finding, targets, troubles
from templates.slack import incident, lateness, oncall, registered, review, room
from templates.slack.blocks import Message, section
from templates.slack.mrkdwn import code, date, link, quote, said

Data = Mapping[str, Any]
MOST_INCIDENTS = 10


def message(data: Data, run: Run | None, views: Sequence[IncidentView] = ()) -> Message:
    """Return the line that `data["about"]` asks for; one without a row is told as it is."""
    lines = ABOUT.get(str(data.get("about")), _other)(data, run, views)
    return Message("\n".join(lines), [section(*lines)])


def _ended(data: Data, run: Run | None, views: Sequence[IncidentView]) -> list[str]:
    report = finding.report(run.report) if run else None
    rows = f": {figures.counted(report.window.rows, 'decision')} looked at" if report else ""
    model = code(run.model_id) if run else "the model"
    if report is not None and not report.is_enough:
        return [
            f"◽ Check of {model} finished{rows}. *Too little to judge*: this is neither an alarm nor an all-clear."
        ]
    if not data.get("alerts"):
        return [f"✅ Check of {model} finished{rows}. *Nothing to report*: all within limits."]
    return [f"🔎 Check of {model} finished{rows}. {_count(data['alerts'])}", *_incidents(views)]


def _count(alerts: Sequence[Data]) -> str:
    counts = {became: sum(1 for one in alerts if one.get("became") == became) for became in BECAME}
    return "; ".join(f"{figures.counted(n, 'alert')} {BECAME[became]}" for became, n in counts.items() if n) + "."


BECAME = {
    "opened": "opened an incident",
    "repeated": "seen again",
    "logged": "noted in App Home and digest",
    "silenced": "held back by a silence",
}


def _incidents(views: Sequence[IncidentView]) -> list[str]:
    unique = {view.incident.id: view for view in views}
    return [
        f"• {link(view.permalink, view.incident.id)}: {said(incident.happened(view), 200)}"
        for view in list(unique.values())[:MOST_INCIDENTS]
    ]


def _failed(data: Data, run: Run | None, views: Sequence[IncidentView]) -> list[str]:
    model = code(run.model_id) if run else "a model"
    return [
        f"⚠️ *The check of {model} failed; the model was not looked at.*",
        f"> {quote(data.get('error', ''), 500)}",
        f"Mend it, then have the model checked: {code('/ethix analyze ' + (run.model_id if run else '<model>'))}",
    ]


def _other(data: Data, run: Run | None, views: Sequence[IncidentView]) -> list[str]:
    error = f"\n> {quote(data['error'], 500)}" if data.get("error") else ""
    return [f"ℹ️ {said(str(data.get('about', 'notice')).replace('_', ' '))}{error}"]


def _undeliverable(data: Data, run: Run | None, views: Sequence[IncidentView]) -> list[str]:
    trouble = troubles.of(str(data.get("says")))
    where = said(troubles.place(str(data.get("where"))))
    return [
        f"📭 *A message for {where} could not be delivered:* {said(trouble.what)}.",
        f"{said(trouble.do, 300)}  ({code(data.get('row', ''))}, {code(data.get('says', ''))})",
    ]


def _away(data: Data, run: Run | None, views: Sequence[IncidentView]) -> list[str]:
    since = finding.moment(data.get("since"))
    when = f" since {date(since)}" if since else ""
    return [
        f"🔌 *Another system has taken nothing{when}:* {said(str(data.get('says')), 300)}.",
        f"What is owed to it waits and is tried again, for three days.  ({code(data.get('row', ''))})",
    ]


def _audit_broken(data: Data, run: Run | None, views: Sequence[IncidentView]) -> list[str]:
    return [
        "🚨 *The audit log is not what it was: somebody changed it past the bot.* No checkpoint is signed over it.",
        f"> {quote(data.get('error', ''), 800)}",
        f"{code('ethixbot audit verify --anchors slack')} names every row. Copy the database before anything else.",
    ]


def _triggers_restored(data: Data, run: Run | None, views: Sequence[IncidentView]) -> list[str]:
    return [
        "🚨 *Triggers that protect the audit log were missing when the bot started.* They stand again.",
        f"> {quote(data.get('error', ''), 500)}",
        f"See whether anything was changed meanwhile: {code('ethixbot audit verify --anchors slack')}",
    ]


def _assigned(data: Data, run: Run | None, views: Sequence[IncidentView]) -> list[str]:
    return room.instructions(data, views)


def _unreached(data: Data, run: Run | None, views: Sequence[IncidentView]) -> list[str]:
    return [
        f"📵 *{code(data.get('incident', ''))} called {targets.words(data.get('to', []))}, and reached nobody.*",
        f"Give somebody the role in the policy, or a shift: {code('/ethix oncall')} shows who is on call.",
    ]


def _policy_file(data: Data, run: Run | None, views: Sequence[IncidentView]) -> list[str]:
    return [
        f"📜 *The policy file is not what is in force* (version {data.get('version', '?')}): editing it does nothing.",
        f"To change the policy, propose it: {code('ethixbot policy propose FILE --by you --reason why')}",
    ]


def _approval(data: Data, run: Run | None, views: Sequence[IncidentView]) -> list[str]:
    what = approvals.title(str(data.get("verb", "")))
    return [f"👥 *{what}* ({code(data.get('approval', '?'))}) waits for your approval, under *Home*."]


def _rollout_failed(data: Data, run: Run | None, views: Sequence[IncidentView]) -> list[str]:
    about = f"{code(data.get('rollout', '?'))} of {code(data.get('model', '?'))} ({code(data.get('incident', '?'))})"
    return [
        f"🛑 *{about} failed half-way and could not be taken back.* The model is paused: look at once what serves.",
        f"> {quote(data.get('stuck', ''), 500)}",
    ]


def _cases_full(data: Data, run: Run | None, views: Sequence[IncidentView]) -> list[str]:
    return [f"{cases.full(data)} ({code(data.get('model', '?'))})"]


def _cases_wait(data: Data, run: Run | None, views: Sequence[IncidentView]) -> list[str]:
    return [f"{cases.wait(data)} ({code(data.get('model', '?'))})"]


ABOUT: dict[str, Callable[[Data, Run | None, Sequence[IncidentView]], list[str]]] = {
    "run_ended": _ended,
    "run_failed": _failed,
    "overdue": lateness.overdue,
    "baseline_review": review.lines,
    "skipped": lateness.skipped,
    "audit_broken": _audit_broken,
    "triggers_restored": _triggers_restored,
    "undeliverable": _undeliverable,
    "away": _away,
    "unreached": _unreached,
    "policy_file": _policy_file,
    "approval": _approval,
    "shift_taken": oncall.taken,
    "shift_back": oncall.given_back,
    "assigned": _assigned,
    "alias_moved": registered.moved,
    "version_appeared": registered.appeared,
    "registry_away": registered.away,
    "unread": registered.unread,
    "cases_full": _cases_full,
    "cases_wait": _cases_wait,
    "rollout_failed": _rollout_failed,
}
