"""What models left to people: listed, opened one at a time, decided; the next one is a press away."""

import difflib
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient

from analysis.errors import Refused, Unknown
from analysis.response.permissions import View
from bot.operations import cases, incidents, viewing
from bot.operations.cases import Wish
from bot.slack.door import LONGEST_ID, Body, Door, delivery_id, submission_id
from bot.slack.modals import typed
from storage import cases as stored
from storage.cases import CaseView, Queue
from storage.tables import ReviewItem
from templates import answers
from templates.slack import cases as shown
from templates.slack import modals
from templates.slack.blocks import Message

Draw = Callable[[str], dict[str, Any]]  # from the person to the form
NUMBER = re.compile(r"[0-9]{1,9}")
MODEL = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
WEEK = timedelta(days=7)  # over which what was decided is counted where people decide


def listed(door: Door, model: str | None) -> Message:
    """Return what waits, of one model or of all; raise Unknown."""
    services, now = door.services, door.services.clock()
    models = [one.id for one in services.policy.models]
    if model is not None and model not in models:
        raise Unknown("model", model[:80], difflib.get_close_matches(model, models, n=3, cutoff=0.5) or models[:3])
    with services.database.read() as session:
        queues = stored.queues(session, now - WEEK, model)
        found = stored.listed(session, model, "waiting", shown.MOST)
    return shown.answer(queues, found, now)


def register(app: App, door: Door) -> None:
    """Listen to the buttons that open a request, or the next one, and to the form."""

    @app.action(shown.OPEN)
    def one(ack: Ack, action: dict[str, Any], body: Body, client: WebClient) -> None:
        number = _number(action.get("value"))
        _show(door, body, (ack, client), lambda user: _form(door, cases.open_one(door.services, user, number), number))

    @app.action(shown.NEXT)
    def following(ack: Ack, action: dict[str, Any], body: Body, client: WebClient) -> None:
        model = str(action.get("value", ""))
        if not MODEL.fullmatch(model):
            raise Unknown("model", model[:LONGEST_ID])
        _show(door, body, (ack, client), lambda user: _next(door, cases.open_one(door.services, user, None, model)))

    @app.view(shown.FORM)
    def decide(ack: Ack, body: Body) -> None:
        view, user, given = body["view"], body["user"]["id"], typed(body["view"])
        door.directory.know(user)
        number = _number(view["private_metadata"])
        wish = Wish(user, number, given.get("decision", ""), given.get("note", ""), delivery=submission_id(body))
        told = incidents.told(cases.decide(door.services, wish))
        if told["field"] in view["state"]["values"]:
            ack(response_action="errors", errors={told["field"]: told["says"]})
        else:
            ack(response_action="update", view=_ended(door, number, told["says"]))


def _show(door: Door, body: Body, hands: tuple[Ack, WebClient], draw: Draw) -> None:
    """Open the form, in a form's place where it was pressed in one; say so to who may not see it."""
    ack, client = hands
    user = body["user"]["id"]
    door.directory.know(user)
    try:
        viewing.look(door.services, user, View.CASES, "reviews", delivery_id(body))
        view = draw(user)
    except Refused as error:
        view = modals.notice("Not shown", answers.refusal(error))
    ack()
    if (body.get("view") or {}).get("type") == "modal":
        client.views_update(view_id=body["view"]["id"], view=view)
    else:
        client.views_open(trigger_id=body["trigger_id"], view=view)


def _form(door: Door, view: CaseView | None, number: int) -> dict[str, Any]:
    """Return the request's form; of one that was decided meanwhile, by whom. Raise Unknown."""
    if view is None:
        raise Unknown("case", str(number))
    if view.item.decided_at is not None:
        return shown.ended(shown.decided(view), _queue(door, view.item.model_id))
    return shown.form(view.item, _about(door, view.item))


def _next(door: Door, view: CaseView | None) -> dict[str, Any]:
    if view is None:
        return modals.notice("Nothing waits", shown.NOTHING)
    return shown.form(view.item, _about(door, view.item))


def _about(door: Door, item: ReviewItem) -> shown.About:
    watched = door.services.policy.model(item.model_id)
    if watched is None:
        return shown.About(item.model_id)
    return shown.About(watched.name, watched.gate.outcomes, watched.not_shown, watched.gate.confidence)


def _ended(door: Door, number: int, sentence: str) -> dict[str, Any]:
    with door.services.database.read() as session:
        item = stored.get(session, number)
    return shown.ended(sentence, _queue(door, item.model_id if item else ""))


def _queue(door: Door, model: str) -> Queue:
    services = door.services
    with services.database.read() as session:
        return stored.of_model(session, model, services.clock() - WEEK)


def _number(value: object) -> int:
    """Return the number of a request; raise Unknown where a button or form, as it came, has none."""
    text = str(value)
    if not NUMBER.fullmatch(text):
        raise Unknown("case", text[:LONGEST_ID])
    return int(text)
