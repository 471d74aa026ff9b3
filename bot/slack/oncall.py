"""On-call in Slack: what is typed after `/ethix oncall`, the form, the buttons; each leads to the same operation."""

import re
from typing import Any

from slack_bolt import Ack, App, Respond
from slack_sdk import WebClient

from analysis.errors import Missing, Refused, Unknown
from analysis.response.outcomes import Kind, Outcome
from analysis.rotas import ON_CALL, Place
from bot import rotas
from bot.operations import oncall, rosters
from bot.operations.oncall import Wish
from bot.slack.door import LONGEST_ID, Body, Door, delivery_id, submission_id, whisper
from bot.slack.modals import typed
from templates import answers
from templates import oncall as words
from templates.slack import modals, shifts
from templates.slack import oncall as shown
from templates.slack.blocks import Message

FORMS = {shown.FORM: "override", shown.SWAP: "swap"}  # which verb a form is for
BETWEEN = ("from", "to", "until", "for", "by")
CLOCK = re.compile(r"\d{1,2}:\d{2}")


def answer(door: Door, user: str, typed: list[str], delivery: str) -> Message:
    """Return the answer to what was typed after `oncall`; raise Refused. `delivery` was recorded as a look already."""
    services = door.services
    if not typed:
        with services.database.read() as session:
            return shown.overview(rotas.all_seen(session, services.policy, services.clock()))
    fields, rest = _rota(door, typed[1:])
    verb = typed[0].lower()
    if verb == "ics":
        rosters.calendar(services, user, fields.get("rota", ON_CALL), f"{delivery}:ics")
        return shown.only(words.FILE_COMES)
    if verb not in READERS:
        raise Unknown("subcommand of oncall", typed[0], [*READERS, "ics"])
    wish = Wish(verb, user, fields | READERS[verb](rest), delivery=f"{delivery}:oncall")
    outcome = oncall.change(services, wish)
    if outcome.error is not None:
        raise outcome.error
    return shown.only(words.sentence(outcome))


def form(door: Door, user: str, typed: list[str]) -> dict[str, Any] | None:
    """Return the form of what was typed without saying who; None where it is no verb that has one, or says more."""
    named = {verb: callback for callback, verb in FORMS.items()}
    callback = named.get(typed[0].lower()) if typed else None
    if callback is None:
        return None
    fields, rest = _rota(door, typed[1:])
    return None if rest else _drawn(door, user, callback, fields.get("rota", ""))


def _drawn(door: Door, user: str, callback: str, name: str) -> dict[str, Any]:
    """Return the form for the rota, or for the first one where none is named; raise Unknown where it is not there."""
    services, now = door.services, door.services.clock()
    known = [one.name for one in services.policy.rotas]
    first = ON_CALL if ON_CALL in known else next(iter(known), ON_CALL)
    rota = services.policy.rota(name or first)
    if rota is None:
        raise Unknown("rota", name or first, known)
    with services.database.read() as session:
        seen = rotas.seen(session, rota, now)
        if callback == shown.FORM:
            return shifts.override(seen, user)
        return shifts.swap(seen, user, rotas.to_swap(session, rota, now))


def _rota(door: Door, rest: list[str]) -> tuple[dict[str, str], list[str]]:
    """Return the rota that is named first, if one is, and the words after it."""
    if rest and door.services.policy.rota(rest[0].lower()) is not None:
        return {"rota": rest[0].lower()}, rest[1:]
    return {}, rest


def override(rest: list[str]) -> dict[str, str]:
    """Return the fields of an override: a person, perhaps a place, two moments, and the reason.

    >>> override("@sam secondary from 2026-11-23 18:00 to +8h sick child".split())["from"]
    '2026-11-23T18:00'
    """
    fields = {"person": rest.pop(0)} if rest else {}
    if rest and rest[0].lower() in set(Place):
        fields["place"] = rest.pop(0).lower()
    for name in ("from", "to"):
        fields[name] = _moment(rest)
    return fields | {"reason": " ".join(rest)}


def _moment(rest: list[str]) -> str:
    """Take the next moment off the words: a day and an hour are one."""
    while rest and rest[0].lower() in BETWEEN:
        rest.pop(0)
    first = rest.pop(0) if rest else ""
    if rest and re.fullmatch(r"\d{4}-\d{2}-\d{2}", first) and CLOCK.fullmatch(rest[0]):
        return f"{first}T{rest.pop(0).zfill(5)}"
    return first


def swap(rest: list[str]) -> dict[str, str]:
    """Return the fields of a swap: with whom, and for whom where that is somebody else."""
    names = [word for word in rest if word.lower() not in ("with", "and", "for")]
    return {"person": names[0] if names else "", "for": names[1] if len(names) > 1 else ""}


def cancel(rest: list[str]) -> dict[str, str]:
    """Return the fields of a cancellation: the number of what is given back."""
    if not rest:
        raise Missing("oncall_cancel", "number", "is missing: /ethix oncall shows the numbers")
    return {"id": rest[0]}


READERS = {"override": override, "swap": swap, "cancel": cancel}


def register(app: App, door: Door) -> None:
    """Listen to the buttons of `/ethix oncall`, to “I take it” under a gap, and to the form."""

    @app.action(re.compile("^(" + "|".join(FORMS) + ")$"))
    def ask(ack: Ack, action: dict[str, Any], body: Body, client: WebClient, respond: Respond) -> None:
        user = body["user"]["id"]
        door.directory.know(user)
        try:
            rosters.look(door.services, user, "oncall form", delivery_id(body))
            view = _drawn(door, user, action["action_id"], str(action.get("value", ""))[:LONGEST_ID])
        except Refused as error:
            ack()
            whisper(respond, answers.refusal(error))
            return
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=view)

    @app.view(re.compile("^(" + "|".join(FORMS) + ")$"))
    def submit(ack: Ack, body: Body) -> None:
        view, user = body["view"], body["user"]["id"]
        fields = typed(view) | {"rota": view["private_metadata"][:LONGEST_ID]}
        wish = Wish(FORMS[view["callback_id"]], user, fields, delivery_id(body), submission_id(body))
        outcome = oncall.change(door.services, wish)
        error = outcome.error
        if isinstance(error, Missing) and error.field in view["state"]["values"]:
            ack(response_action="errors", errors={error.field: answers.refusal(error)})
        else:
            ack(response_action="update", view=modals.notice("On call", _said(outcome)))

    @app.action(shown.TAKE)
    def take(ack: Ack, action: dict[str, Any], body: Body, respond: Respond) -> None:
        user = body["user"]["id"]
        door.directory.know(user)
        named = dict(zip(("rota", "place", "from", "to"), str(action.get("value", "")).split("|"), strict=False))
        outcome = oncall.change(door.services, Wish("override", user, named | {"person": user}, delivery_id(body)))
        ack()
        if outcome.kind is not Kind.REPEATED:
            whisper(respond, _said(outcome))

    @app.action(shown.CALENDAR)
    def export(ack: Ack, action: dict[str, Any], body: Body, respond: Respond) -> None:
        user = body["user"]["id"]
        door.directory.know(user)
        try:
            rosters.calendar(door.services, user, str(action.get("value", ""))[:LONGEST_ID], delivery_id(body))
        except Refused as error:
            ack()
            whisper(respond, answers.refusal(error))
            return
        ack()
        whisper(respond, words.FILE_COMES)


def _said(outcome: Outcome) -> str:
    return answers.sentence(outcome) if outcome.error is not None else words.sentence(outcome)
