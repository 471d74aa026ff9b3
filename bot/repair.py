"""What delivery does when Slack refuses a row, or another sender has it by now: all of it is rows and audit lines.

A message that a person deleted is posted once more; a critical one whose channel is gone goes to the fallback channel;
what nobody can deliver is parked, told to #engineering, and can be sent again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlmodel import Session

from analysis.response import life
from analysis.response.notifying import Reason
from analysis.vocabulary import Severity, State
from bot.operations import notices
from bot.services import SYSTEM, Services
from bot.slack.meanings import CLOSED as NO_TOKEN
from bot.slack.outward import Text
from storage import audit, outbox
from storage.tables import Incident, Owed

log = structlog.get_logger(__name__)

GONE = {"message_not_found", "thread_not_found", "cant_update_message"}
CLOSED = {"is_archived", "is_inactive", "channel_not_found", "not_in_channel", "restricted_action", "read_only_channel"}
MAIL_AFTER = timedelta(minutes=2)
AWAY_AFTER = timedelta(minutes=15)
REPEATABLE = ("update", "storm_update", "approval_update", "checklist_update", "rollout_update")
AFTER_THE_OTHER = timedelta(seconds=2)


@dataclass(frozen=True)
class Case:
    """A row that was not sent, the message it belongs to, and the transaction in which that is noted."""

    services: Services
    session: Session
    row: Owed
    parent: Owed | None
    now: datetime

    @property
    def message(self) -> Owed:
        """Return the message that it is, or belongs to."""
        return self.parent or self.row

    @property
    def incident(self) -> Incident | None:
        """Return the incident that it tells of."""
        return self.session.get(Incident, self.message.subject) if self.message.kind == "incident" else None

    @property
    def is_critical(self) -> bool:
        """Return whether it must reach people somehow."""
        incident = self.incident
        return self.message.kind == "storm" or (incident is not None and incident.severity == Severity.CRITICAL)


def refused(case: Case, says: str) -> None:
    """Do what the refusal asks for: post anew, go elsewhere, or park."""
    fallback, word = case.services.policy.fallback_channel, says.partition(":")[0]
    elsewhere = fallback if word in CLOSED and case.is_critical and fallback != case.row.channel else None
    if case.parent is not None and (says in GONE or elsewhere):
        _gone(case, says, elsewhere)
    elif elsewhere and case.row.kind in ("incident", "storm") and "posted_anew" not in case.row.data:
        data = {**case.row.data, "posted_anew": says}
        values = {"channel": elsewhere, "data": data, "last_error": says, "next_at": case.now}
        if outbox.settle(case.session, case.row, status="pending", **values):
            _tell(case, says)
            _audit(case, "rerouted", says)
    else:
        park(case, says)


def owe_mail(case: Case, says: str, *, at_once: bool = False) -> None:
    """Owe a mail for a critical alert that Slack does not take, once: for a token at once, else after two minutes."""
    row, to, incident = case.row, case.services.policy.fallback_mail, case.incident
    is_alert = row.kind == "incident" and incident is not None and incident.severity == Severity.CRITICAL
    if not (to and is_alert and (at_once or says in NO_TOKEN or case.now - row.created_at >= MAIL_AFTER)):
        return
    data = {"to": list(to), "says": says}
    outbox.owe(case.session, _after(row, f"{row.key}:mail", case.now, kind="mail", data=data, reason=Reason.NO_SLACK))


def park(case: Case, says: str) -> None:
    """Give the row up for now; it is shown in App Home, by doctor and `outbox list`, and can be sent again."""
    if outbox.settle(case.session, case.row, status="parked", last_error=says):
        log.error("parked", key=case.row.key, error=says)
        owe_mail(case, says, at_once=True)
        _tell(case, says)
        _audit(case, "parked", says)


def stays_away(case: Case, says: str) -> None:
    """Owe #engineering a line where another system does not take what is owed to it, once a day for each."""
    row, engineering = case.row, case.services.policy.engineering
    since = row.first_try_at or case.now
    if row.kind in outbox.ELSEWHERE and row.kind != "mail" and case.now - since >= AWAY_AFTER:
        facts = {"says": says, "since": since.isoformat(), "row": row.key}
        key = f"away:{row.channel}:{case.now:%Y-%m-%d}"
        notices.owe(case.session, key, engineering, case.now, about="away", **facts)


def _gone(case: Case, says: str, elsewhere: str | None) -> None:
    """The message it belongs to is not there any more: post that once more, unless nobody needs it."""
    row, incident = case.row, case.incident
    assert case.parent is not None
    parent = outbox.by_key(case.session, case.parent.key) or case.parent
    is_over = incident is not None and State(incident.state) in life.ENDED
    is_known = (parent.status, parent.remote_ts) != ("sent", case.parent.remote_ts)  # somebody else saw it first
    twice = not is_known and "posted_anew" in parent.data
    if is_over or (twice and row.kind in REPEATABLE):
        outbox.settle(case.session, row, status="dropped", reason=Reason.DELETED, last_error=says)
    elif twice:
        park(case, says)
    else:
        outbox.again(case.session, row, case.now, says, uncertain=False)
        if not is_known and outbox.post_anew(case.session, parent, case.now, says, elsewhere):
            _audit(case, "posted_anew", says)


def _tell(case: Case, says: str) -> None:
    """Owe #engineering a line, once a day for each channel and refusal; not about #engineering itself."""
    channel, engineering = case.row.channel, case.services.policy.engineering
    if channel == engineering:
        return
    key = f"undeliverable:{channel}:{says}:{case.now:%Y-%m-%d}"
    facts = {"where": channel, "says": says, "row": case.row.key}
    notices.owe(case.session, key, engineering, case.now, about="undeliverable", **facts)


def _audit(case: Case, action: str, says: str) -> None:
    data = {"says": says, "channel": case.row.channel}
    audit.append(case.session, audit.Entry(SYSTEM, action, case.row.key, "done", data), case.now)


def rest(row: Owed, number: int, text: Text, now: datetime) -> Owed:
    """Return the row of what did not fit into the message: the next line of its thread."""
    return _after(
        row,
        f"{row.key}:{number}",
        now,
        kind="more",
        thread_of=row.thread_of or row.key,
        data={"text": text.text, "blocks": text.blocks},
        reason=Reason.CONTINUED,
    )


def too_late(row: Owed, values: dict[str, Any], now: datetime) -> list[Owed]:
    """Return what a sender owes that did its work after its claim had gone to another.

    An old edit may stand over a newer one: it is drawn again. A post may stand twice: the one that does not count is
    taken back.
    """
    if row.kind in REPEATABLE:
        more: dict[str, Any] = {
            "kind": row.kind,
            "coalesce": row.coalesce,
            "thread_of": row.thread_of,
            "reason": Reason.REPAIRED,
        }
        return [_after(row, f"{row.key}:anew:{row.attempts}", now, subject=row.subject, **more)]
    if "remote_ts" in values:
        at = {"channel": values["remote_channel"], "ts": values["remote_ts"]}
        more = {"kind": "withdraw", "subject": row.key, "data": at, "reason": Reason.REPAIRED}
        return [_after(row, f"{row.key}:withdraw:{row.attempts}", now + AFTER_THE_OTHER, **more)]
    return []


def _after(row: Owed, key: str, now: datetime, **more: Any) -> Owed:  # noqa: ANN401
    common = {"subject": row.subject, "channel": row.channel, "priority": row.priority}
    return Owed(**{"key": key, "next_at": now, "created_at": now, **common, **more})
