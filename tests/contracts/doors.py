"""The three doors of a bot, each of which takes a move and gives the answer that its person sees, as plain words."""

import json
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any

from fastapi.testclient import TestClient
from sqlmodel import select

from analysis.errors import Refused
from analysis.response import fields, life
from analysis.response.fields import Form
from analysis.vocabulary import Role, State
from bot import receive
from bot.http import local, server
from bot.operations import incidents, tokens
from bot.operations.doing import Request
from bot.operations.tokens import Wish
from bot.services import Services
from bot.slack import app as slack_app
from bot.slack.door import Door
from bot.slack.outward import Outward
from bot.slack.people import Directory
from storage.incidents import IncidentView
from storage.tables import AuditRow, Incident, TimelineEntry
from templates import answers
from templates.slack.mrkdwn import plainly
from templates.verbs import VERBS

INCIDENT, ADMIN = "INC-2026-03-001", "U0ADMINS01"
WHO = "U0MLLEAD01"  # who acts; which roles they hold is what the tests turn
OTHER = "U0MLENGI01"
TOKENS = 10  # each may call thirty times at once
TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.+]+|\d{9,}\.\d+")


@dataclass(frozen=True)
class Answer:
    """What became of it: `done`, `requested`, `already`, `stale` or `refused`, and what was said."""

    kind: str
    says: str


@dataclass
class Doors:
    """The doors, on one database that is put back as often as a test wants."""

    services: Services
    http: TestClient = field(init=False)
    _tokens: Iterator[str] = field(init=False)
    _presses: int = 0
    _before: sqlite3.Connection = field(init=False)

    def __post_init__(self) -> None:
        """Open them."""
        web = slack_app.client("xoxb-1", "http://127.0.0.1:9/api/", 1)  # nobody answers there
        door = Door(self.services, Directory(self.services, Outward(web)))
        door.directory._known |= {WHO, OTHER}
        self.slack = slack_app.build(door, web)
        self.http = TestClient(server.build(self.services, self.slack, None), raise_server_exceptions=False)
        self._tokens = cycle([tokens.create(self.services, Wish(ADMIN), WHO, 90) for _ in range(TOKENS)])
        self.keep()

    def keep(self) -> None:
        """Remember the database as it is."""
        self._before = sqlite3.connect(":memory:", check_same_thread=False)
        with self.services.database.engine.connect() as connection:
            connection.connection.driver_connection.backup(self._before)

    def put_back(self) -> None:
        """Put the database back to what was remembered."""
        with self.services.database.engine.connect() as connection:
            self._before.backup(connection.connection.driver_connection)

    def hold(self, *roles: Role) -> None:
        """Let who acts hold these roles and no other."""
        held = dict.fromkeys(roles, (WHO,))
        told = {
            **held,
            Role.ADMIN: (ADMIN, *held.get(Role.ADMIN, ())),
            Role.PRODUCT_OWNER: (*held.get(Role.PRODUCT_OWNER, ()), OTHER),
        }
        self.services.policy = self.services.policy.model_copy(update={"roles": told})

    def set(self, **columns: str) -> None:
        """Change the incident past everything."""
        with self.services.database.write() as session:
            incident = session.get(Incident, INCIDENT)
            for name, value in columns.items():
                setattr(incident, name, value)

    def state(self) -> State:
        """Return the state that the incident is in."""
        with self.services.database.read() as session:
            return State(session.exec(select(Incident.state).where(Incident.id == INCIDENT)).one())

    def view(self) -> IncidentView:
        """Return what a form is made from."""
        self.hold(Role.ML_LEAD)
        found, _ = incidents.menu(self.services, Request("more", INCIDENT, WHO))
        assert found is not None
        return found

    def through(self, name: str, verb: str, given: dict[str, str]) -> Answer:
        """Return what the door of that name answers."""
        return {"slack": self.submit, "http": self.call, "shell": self.type}[name](verb, given)

    def submit(self, verb: str, given: dict[str, str]) -> Answer:
        """Submit the verb's modal; press its button where it has none."""
        self._presses += 1
        with self.services.database.read() as session:
            incident = session.get(Incident, INCIDENT)
            shown = f"{INCIDENT}:{incident.state}:{incident.version}"
        base = {"user": {"id": WHO}, "trigger_id": f"{self._presses}.1"}
        if not VERBS[verb].modal:
            action = {"action_id": f"move:{verb}", "type": "button", "value": f"{INCIDENT}:{incident.state}"}
            told = receive.take(self.slack, base | {"type": "block_actions", "actions": [action]})
            assert told.status == 200
            return Answer(self.last().outcome, "")  # the words go to an address where nobody listens
        values = {name: {name: entered(name, value)} for name, value in given.items()}
        view = {"id": f"V{self._presses}", "type": "modal", "callback_id": f"move:{verb}", "private_metadata": shown}
        view["state"] = {"values": values}
        return _read(receive.take(self.slack, base | {"type": "view_submission", "view": view}).body)

    def last(self) -> AuditRow:
        """Return the newest row of the audit log."""
        with self.services.database.read() as session:
            return session.exec(select(AuditRow).order_by(AuditRow.seq.desc()).limit(1)).one()

    def call(self, verb: str, given: dict[str, str]) -> Answer:
        """Call it over HTTP."""
        body, headers = {"fields": given}, {"Authorization": f"Bearer {next(self._tokens)}"}
        told = self.http.post(f"/v1/incidents/{INCIDENT}/moves/{verb}", json=body, headers=headers)
        assert told.status_code < 500, told.text
        said = told.json()
        return Answer(said.get("outcome", "refused"), said["says"] if "says" in said else said["detail"])

    def type(self, verb: str, given: dict[str, str]) -> Answer:
        """Give it as the command line does."""
        asked = {"verb": verb, "incident": INCIDENT, "by": WHO, "fields": given, "login": "somebody"}
        try:
            told = local.ASKED["incident"](self.services, asked)
        except Refused as error:
            return Answer("refused", answers.refusal(error))
        return Answer(told["kind"], told["says"])

    def timeline(self) -> list[TimelineEntry]:
        """Return what has happened, oldest first."""
        with self.services.database.read() as session:
            return list(session.exec(select(TimelineEntry).order_by(TimelineEntry.id)))

    def told(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Return the timeline, and who did what by the audit log: what the move left behind."""
        with self.services.database.read() as session:
            rows = list(session.exec(select(AuditRow).order_by(AuditRow.seq)))
        lines = [(one.actor, one.verb, _timeless(one.facts)) for one in self.timeline()]
        return lines + [
            (one.actor, one.action, {"outcome": one.outcome, "entity": one.entity})
            for one in rows
            if one.action != "token_created"
        ]


def entered(name: str, value: str) -> dict[str, Any]:
    """Return a field of a modal as Slack sends it."""
    form = fields.of(name).form
    if form is Form.CHOICE:
        return {"type": "static_select", "selected_option": {"value": value} if value else None}
    if form is Form.PERSON:
        return {"type": "users_select", "selected_user": value or None}
    if form is Form.DAY:
        return {"type": "datepicker", "selected_date": value or None}
    if form is Form.MOMENT:
        at = (
            datetime.fromisoformat(value).timestamp() if value[:2] == "20" and "+" in value else None
        )  # it lets no more
        return {"type": "datetimepicker", "selected_date_time": at and int(at)}
    return {"type": "plain_text_input", "value": value or None}


def _read(body: str) -> Answer:
    """Return what Slack is answered: nothing closes the modal, a line under a field, or a modal that says why not."""
    told = json.loads(body) if body else {}
    if not told:
        return Answer("done", "")
    if told["response_action"] == "errors":
        return Answer("refused", *told["errors"].values())
    return Answer("shown", plainly(told["view"]["blocks"][0]["text"]["text"]))


def _timeless(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: TIME.sub("then", str(value)) for name, value in facts.items()}


def good(view: IncidentView, verb: str) -> dict[str, str]:
    """Return what somebody may well fill in: of a choice the first that the incident offers."""
    return {asked.rstrip("?"): _good(view, verb, asked.rstrip("?")) for asked in life.MOVES[verb].asks}


def _good(view: IncidentView, verb: str, name: str) -> str:
    field, modal = fields.of(name), VERBS[verb].modal
    assert modal is not None
    offers = modal.fields[name].options
    if field.form is Form.CHOICE:
        return field.options[0] if field.options else offers(view)[0].value if offers and offers(view) else "nothing"
    if name == "baseline":
        return ""  # the active one; any other has to be a version there is
    opened = view.incident.opened_at
    day, moment = (opened + timedelta(days=5)).date().isoformat(), (opened + timedelta(days=2)).isoformat()
    return {
        Form.PERSON: OTHER, Form.DAY: day, Form.MOMENT: moment, Form.SEGMENT: "sex=Female", Form.RATE: "20/s",
    }.get(field.form, "Because & so")  # fmt: skip


def bad(asked: str) -> dict[str, str]:
    """Return what is amiss in a field, by what is wrong with it."""
    field = fields.of(asked.rstrip("?"))
    found = {} if fields.is_optional(asked) else {"missing": " "}
    wrong: dict[Form, dict[str, str]] = {
        Form.TEXT: {"long": "x" * (field.longest + 1)},
        Form.LINE: {"lines": "a\nb"},
        Form.CHOICE: {"unknown": "nonsense"},
        Form.SEGMENT: {"unknown": "women"},
        Form.RATE: {"unknown": "few"},
        Form.PERSON: {"unknown": "U0NOBODY99", "name": "Priya"},
        Form.DAY: {"unknown": "soon", "far": "9999-12-31", "old": "2020-01-01"},
        Form.MOMENT: {"unknown": "soon", "naive": "2026-03-05T10:00", "far": "9999-12-31T23:59:59-12:00"},
    }
    return found | wrong[field.form]
