"""Presses on what waits for a second person: the same operation as over HTTP and at the command line."""

from typing import Any

from slack_bolt import Ack, App, Respond
from slack_sdk import WebClient

from analysis.errors import Unknown
from analysis.response.approving import Status
from analysis.response.outcomes import Kind
from bot.operations import approvals, incidents
from bot.operations.deciding import Decision
from bot.slack import home
from bot.slack.door import APPROVAL, LONGEST_ID, Body, Door, delivery_id, submission_id, whisper
from bot.slack.modals import typed
from storage import approvals as storage
from storage import incidents as records
from templates import answers
from templates.slack import approval, modals
from templates.verbs import serving


def register(app: App, door: Door) -> None:
    """Listen to “Approve”, “Decline”, and the form that asks why."""

    @app.action(approval.APPROVE)
    def approve(ack: Ack, action: dict[str, Any], body: Body, respond: Respond, client: WebClient) -> None:
        user = body["user"]["id"]
        door.directory.know(user)
        wanted = _known(action.get("value"))
        form = _form(door, wanted)
        if form is not None:
            ack()
            client.views_open(trigger_id=body["trigger_id"], view=form)
            return
        outcome = approvals.decide(door.services, Decision("approve", wanted, user, delivery=delivery_id(body)))
        ack()
        if outcome.kind is Kind.REPEATED:  # the first was answered
            return
        if body.get("view"):  # pressed in App Home, which has no place for a whisper
            home.publish(door, user)
            client.views_open(trigger_id=body["trigger_id"], view=modals.notice("Approval", answers.sentence(outcome)))
        else:
            whisper(respond, answers.sentence(outcome))

    @app.view(approval.APPROVE)
    def typed_word(ack: Ack, body: Body) -> None:
        view, user = body["view"], body["user"]["id"]
        wanted, word = _known(view["private_metadata"]), typed(view).get("word", "")
        decision = Decision("approve", wanted, user, delivery=submission_id(body), word=word)
        _answer(ack, view, incidents.told(approvals.decide(door.services, decision)))

    @app.action(approval.DECLINE)
    def ask_why(ack: Ack, action: dict[str, Any], body: Body, client: WebClient) -> None:
        user, services, wanted = body["user"]["id"], door.services, _known(action.get("value"))
        door.directory.know(user)
        with services.database.read() as session:
            view = storage.view(session, wanted)
            is_own = view is not None and services.is_same(session, user, view.approval.requested_by)
        if view is None:
            raise Unknown("approval", wanted)
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=approval.decline(view, is_own=is_own))

    @app.view(approval.DECLINE)
    def decline(ack: Ack, body: Body) -> None:
        view, user = body["view"], body["user"]["id"]
        reason = typed(view).get("reason", "")
        decision = Decision("decline", _known(view["private_metadata"]), user, reason, submission_id(body))
        _answer(ack, view, incidents.told(approvals.decide(door.services, decision)))


def _form(door: Door, wanted: str) -> dict[str, object] | None:
    """Return the form that asks for the word, with what speaks for and against; None where a press is enough."""
    with door.services.database.read() as session:
        view = storage.view(session, wanted)
        word = approvals.word_for(view.approval.verb) if view is not None else None
        if view is None or word is None or view.approval.status != Status.PENDING:
            return None
        about = records.view(session, view.approval.subject)
    return approval.confirm(view, word, serving.before_approving(view.approval, about) if about is not None else [])


def _answer(ack: Ack, view: dict[str, Any], told: dict[str, str]) -> None:
    """Close the form, or say in it what is amiss."""
    if told["kind"] == Kind.DONE:
        ack()
    elif told["field"] in view["state"]["values"]:
        ack(response_action="errors", errors={told["field"]: told["says"]})
    else:
        ack(response_action="update", view=modals.notice("Approval", told["says"]))


def _known(value: object) -> str:
    """Return the id of a wish; raise Unknown where it, as it came, is none."""
    text = str(value)
    if not APPROVAL.fullmatch(text):
        raise Unknown("approval", text[:LONGEST_ID])
    return text
