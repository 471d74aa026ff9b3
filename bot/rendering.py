"""From an owed row to what is shown: loads the record as it is now and asks `templates` for words and blocks.

A new kind of message is one function and one row of `KINDS`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from sqlmodel import Session

from analysis.response import figures
from analysis.vocabulary import Severity, State
from bot import rotas
from bot.services import Services
from bot.slack.outward import Text
from bot.slack.rooms import Room
from storage import approvals, checkpoints, incidents, learning, outbox, overview, people, quiet, rollouts, storms, week
from storage import calendar as turns
from storage.incidents import IncidentView
from storage.tables import AffectedList, Bundle, Owed, RetrainRequest, Run, TimelineEntry
from templates import documents
from templates.slack import (
    approval,
    calendar,
    checklist,
    digest,
    followups,
    incident,
    link,
    notice,
    proof,
    retrain,
    rollout,
    room,
    storm,
    thread,
    told,
    troubles,
)
from templates.slack import quiet as quieted
from templates.slack.blocks import Message

# A resolved incident may come back; what is over for good needs no channel.
ROOM_ENDS = {State.CLOSED, State.ACCEPTED_RISK, State.FALSE_POSITIVE}


@dataclass(frozen=True)
class Shown:
    """What to send and how; `content` are the bytes of a picture or a file."""

    how: str  # post | edit | picture | file | room …
    text: Text
    in_thread: bool = False
    keeps_link: bool = False
    name: str = ""
    content: bytes = b""
    alt: str = ""
    room: Room | None = None  # how the incident's own channel shall be

    def with_picture(self, file_id: str) -> "Shown":
        """Return the same message with the uploaded picture in it."""
        block = {"type": "image", "slack_file": {"id": file_id}, "alt_text": self.alt}
        return replace(self, text=replace(self.text, blocks=[*self.text.blocks, block]))


def render(session: Session, services: Services, row: Owed) -> Shown | None:
    """Return what to send; None where there is nothing left to say."""
    return KINDS[row.kind](session, services, row)


def _incident(session: Session, services: Services, row: Owed) -> Shown | None:
    view = _view(session, row.subject)
    rings = view.incident.storm_id is None or storms.is_first_critical(session, view.incident)
    loud = services.policy.routes[Severity(view.incident.severity)].everyone and rings
    message = incident.message(view, services.clock(), to_everyone=loud)
    text = _text(troubles.marked(message, row.data.get("posted_anew")))
    anchor = checkpoints.latest(session)  # each alert carries proof of the audit log away from here
    return Shown("post", replace(text, carries={"checkpoint": anchor} if anchor else {}), keeps_link=True)


def _update(session: Session, services: Services, row: Owed) -> Shown | None:
    message = incident.message(_view(session, row.subject), services.clock())
    stands = outbox.by_key(session, row.thread_of) if row.thread_of else None
    return Shown("edit", _text(troubles.marked(message, stands.data.get("posted_anew") if stands else None)))


def _reply(session: Session, services: Services, row: Owed) -> Shown | None:
    entry = session.get(TimelineEntry, int(row.subject))
    if entry is None:
        return None
    return Shown("post", _text(thread.line(entry, _view(session, entry.incident_id))), in_thread=True)


def _approval(session: Session, services: Services, row: Owed) -> Shown | None:
    view = approvals.view(session, row.subject)
    return Shown("post", _text(approval.message(view)), in_thread=row.thread_of is not None) if view else None


def _approval_update(session: Session, services: Services, row: Owed) -> Shown | None:
    view = approvals.view(session, row.subject)
    return Shown("edit", _text(approval.message(view))) if view else None


def _chart(session: Session, services: Services, row: Owed) -> Shown | None:
    view = _view(session, row.subject)
    from templates import chart  # noqa: PLC0415  (loads matplotlib)

    picture = chart.of(view)
    if picture is None:
        return None
    words = Text(picture.title)
    name = f"{row.subject}.png"
    return Shown("picture", words, in_thread=True, name=name, content=picture.png, alt=picture.alt)


def _link(session: Session, services: Services, row: Owed) -> Shown | None:
    view = _view(session, row.subject)
    return Shown("post", _text(link.message(view, rings=bool(row.data.get("rings")))))


def _file(session: Session, services: Services, row: Owed) -> Shown | None:
    bundle = session.get(Bundle, int(row.subject))
    if bundle is None or bundle.path is None:
        return None
    path = Path(bundle.path)
    return Shown("file", Text(path.name), in_thread=True, name=path.name, content=path.read_bytes())


def _on_call(session: Session, services: Services, row: Owed) -> Shown | None:
    return Shown("post", _text(rotas.message(session, row, services.clock())))


def _calendar(session: Session, services: Services, row: Owed) -> Shown | None:
    rota = services.policy.rota(row.subject)
    if rota is None:
        return None
    name = f"{rota.name}.ics"
    return Shown("file", Text(name), name=name, content=rotas.file(session, rota, services.clock()))


def _document(session: Session, services: Services, row: Owed) -> Shown | None:
    name = str(row.data["name"])
    text = documents.render(name, _view(session, row.subject), services.clock())
    shown = f"{row.subject}-{name}"
    return Shown("file", Text(shown), in_thread=True, name=shown, content=text.encode())


def _told(session: Session, services: Services, row: Owed) -> Shown | None:
    audience, view = str(row.data["audience"]), _view(session, row.subject)
    contact = services.policy.contact or "the incident's channel"
    text = documents.render("notification.txt", view, services.clock(), documents.Notice(audience, contact))
    return Shown("post", _text(told.message(text, view, is_inside=audience in ("internal", "leadership"))))


def _affected(session: Session, services: Services, row: Owed) -> Shown | None:
    listed = session.get(AffectedList, int(row.subject))
    if listed is None or listed.path is None:
        return None
    path = Path(listed.path)
    return Shown("file", Text(path.name), name=path.name, content=path.read_bytes())


def _drafted(session: Session, services: Services, row: Owed) -> Shown | None:
    name, policy = str(row.data["name"]), services.policy
    is_inside = name == "notification.txt"
    contact = policy.contact or ("the incident's channel" if is_inside else "")
    notice = documents.Notice("leadership" if is_inside else "regulator", contact, appeal_url=policy.appeal_url)
    text = documents.render(name, _view(session, row.subject), services.clock(), notice)
    shown = f"{row.subject}-{name}"
    return Shown("file", Text(shown), name=shown, content=text.encode())


def _follow_up(session: Session, services: Services, row: Owed, how: str = "post") -> Shown | None:
    found = learning.follow_up(session, row.subject)
    of = incidents.get(session, found.incident_id) if found is not None else None
    if found is None or of is None:
        return None
    return Shown(how, _text(followups.message(found, of, row.data)))


def _follow_up_update(session: Session, services: Services, row: Owed) -> Shown | None:
    return _follow_up(session, services, row, "edit")


def _due_review(session: Session, services: Services, row: Owed, how: str = "post") -> Shown | None:
    turn = turns.get(session, row.subject)
    return Shown(how, _text(calendar.message(turn, row.data))) if turn is not None else None


def _due_review_update(session: Session, services: Services, row: Owed) -> Shown | None:
    return _due_review(session, services, row, "edit")


def _retrain(session: Session, services: Services, row: Owed, how: str = "post") -> Shown | None:
    request = session.get(RetrainRequest, row.subject)
    return Shown(how, _text(retrain.message(request)), in_thread=how == "post") if request is not None else None


def _retrain_update(session: Session, services: Services, row: Owed) -> Shown | None:
    return _retrain(session, services, row, "edit")


def _digest(session: Session, services: Services, row: Owed) -> Shown | None:
    now = services.clock()
    days = 7 if row.subject == "weekly" else 1
    since = now - timedelta(days=days)
    seen = overview.load(session, now, since)
    if row.subject == "weekly":
        reviewed = week.load(session, since, now)
        found = figures.measure(reviewed.seen, services.policy.clocks) if reviewed.seen else []
        seen = replace(seen, week=reviewed, figures=tuple(found))
    return Shown("post", _text(digest.DIGESTS[row.subject](seen, now)))


def _notice(session: Session, services: Services, row: Owed) -> Shown | None:
    run = session.get(Run, row.data["run"]) if "run" in row.data else None
    about = [row.data, *row.data.get("alerts", [])]
    views = [_view(session, str(one["incident"])) for one in about if one.get("incident")]
    return Shown("post", _text(notice.message(row.data, run, views)), in_thread=False)


def _quiet_ahead(session: Session, services: Services, row: Owed) -> Shown | None:
    """Return the word that a quiet ends soon; None where it has ended by now."""
    view = quiet.view(session, row.subject)
    if view is None or view.quiet.ended_at is not None:
        return None
    return Shown("post", _text(quieted.ahead(view)), in_thread=False)


def _answer(session: Session, services: Services, row: Owed) -> Shown | None:
    return Shown("post", Text(row.data["text"], row.data["blocks"]))


def _more(session: Session, services: Services, row: Owed) -> Shown | None:
    return Shown("post", Text(row.data["text"], row.data["blocks"]), in_thread=True)


def _mail(session: Session, services: Services, row: Owed) -> Shown | None:
    view = _view(session, row.subject)
    subject, _, body = documents.render("notification.txt", view, services.clock()).partition("\n\n")
    why = troubles.by_mail(str(row.data.get("says")))
    return Shown("mail", Text(f"{why}\n\n{body}"), name=subject.removeprefix("Subject: "))


def _withdraw(session: Session, services: Services, row: Owed) -> Shown | None:
    return Shown("withdraw", Text(""))


def _storm(session: Session, services: Services, row: Owed) -> Shown | None:
    return Shown("post", _text(storm.message(storms.view(session, int(row.subject)))))


def _storm_update(session: Session, services: Services, row: Owed) -> Shown | None:
    return Shown("edit", _text(storm.message(storms.view(session, int(row.subject)))))


def _proof(session: Session, services: Services, row: Owed) -> Shown | None:
    return Shown("post", replace(_text(proof.message(row.data)), carries={row.subject: row.data}))


def _room(session: Session, services: Services, row: Owed) -> Shown | None:
    view = _view(session, row.subject)
    is_private = services.policy.routes[Severity(view.incident.severity)].own_channel == "private"
    wanted = Room(
        name=room.name(view),
        topic=room.topic(view),
        people=tuple(people.ids_of(session, incidents.involved_in(view))),
        link=view.permalink,
        title=view.incident.id,
        is_private=is_private,
        is_over=State(view.incident.state) in ROOM_ENDS,
    )
    return Shown("room", Text(""), room=wanted)


def _room_welcome(session: Session, services: Services, row: Owed) -> Shown | None:
    return Shown("post", _text(room.welcome(_view(session, row.subject), services.clock())), in_thread=True)


def _checklist(session: Session, services: Services, row: Owed) -> Shown | None:
    message = checklist.message(_view(session, row.subject), services.clock())
    return Shown("post", _text(message), in_thread=True)


def _checklist_update(session: Session, services: Services, row: Owed) -> Shown | None:
    return Shown("edit", _text(checklist.message(_view(session, row.subject), services.clock())))


def _rollout(session: Session, services: Services, row: Owed, how: str = "post") -> Shown | None:
    view = rollouts.view(session, row.subject)
    return Shown(how, _text(rollout.message(view)), in_thread=how == "post") if view is not None else None


def _rollout_update(session: Session, services: Services, row: Owed) -> Shown | None:
    return _rollout(session, services, row, "edit")


KINDS: dict[str, Callable[[Session, Services, Owed], Shown | None]] = {
    "incident": _incident,
    "update": _update,
    "reply": _reply,
    "approval": _approval,
    "approval_update": _approval_update,
    "chart": _chart,
    "link": _link,
    "file": _file,
    "on_call": _on_call,
    "calendar": _calendar,
    "document": _document,
    "told": _told,
    "affected": _affected,
    "drafted": _drafted,
    "follow_up": _follow_up,
    "follow_up_update": _follow_up_update,
    "retrain": _retrain,
    "retrain_update": _retrain_update,
    "digest": _digest,
    "due_review": _due_review,
    "due_review_update": _due_review_update,
    "notice": _notice,
    "quiet_notice": _quiet_ahead,
    "answer": _answer,
    "more": _more,
    "mail": _mail,
    "withdraw": _withdraw,
    "checklist": _checklist,
    "checklist_update": _checklist_update,
    "rollout": _rollout,
    "rollout_update": _rollout_update,
    "room": _room,
    "room_look": _room,
    "room_welcome": _room_welcome,
    "storm": _storm,
    "storm_update": _storm_update,
    "proof": _proof,
}


def _view(session: Session, incident_id: str) -> IncidentView:
    view = incidents.view(session, incident_id)
    assert view is not None
    return view


def _text(message: Message) -> Text:
    return Text(message.text, message.blocks)
