"""`/ethix …`: a table of subcommands, each one function from what was typed to what is shown."""

import difflib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient

from analysis.errors import Missing, Refused, Unknown
from analysis.response import figures as measuring
from analysis.response.permissions import View
from analysis.response.quiet import Kind
from bot.operations import detection, rosters, viewing
from bot.operations.detection import Wish
from bot.slack import baseline, cases, oncall, quiet, reporting
from bot.slack.door import Body, Door, delivery_id
from storage import alerts, approvals, clocks, figures, incidents, learning, overview, policies, registry, retrains
from storage import cases as stored
from templates import answers
from templates.slack import followups, modals, policy, punctual, registered, reply, retrain
from templates.slack.blocks import Message

COMMAND = "/ethix"
MONTH, LONGEST_SPAN = 30, 1_827  # days
LONGEST = 1_000  # characters that a person types
MOST_RETRAINS = 10


@dataclass(frozen=True)
class Typed:
    """What a person typed, and where."""

    door: Door
    user: str
    words: list[str]
    channel: str
    delivery: str

    def sees(self, view: View) -> frozenset[View]:
        """Return all that the person may see, recorded that they look at this; raise NotAllowed where not even this."""
        return viewing.look(self.door.services, self.user, view, " ".join(self.words), self.delivery)


@dataclass(frozen=True)
class Answer:
    """A message for the person alone, or a modal, or both."""

    message: Message | None = None
    modal: dict[str, Any] | None = None


@dataclass(frozen=True)
class Command:
    """A subcommand: how it is typed, what it does in one line, and the function."""

    name: str
    usage: str
    hint: str
    answer: Callable[[Typed], Answer]
    words: tuple[str, ...] = field(default=())


def _help(typed: Typed) -> Answer:
    viewing.hear(typed.door.services, typed.delivery)
    return Answer(reply.help([(c.name, c.usage, c.hint) for c in COMMANDS.values()]))


def _overview(typed: Typed) -> overview.Overview:
    sees = typed.sees(View.DRIFT_OVERVIEW)
    now = typed.door.services.clock()
    with typed.door.services.database.read() as session:
        return overview.seen_by(overview.load(session, now, now - timedelta(days=1)), sees)


def _status(typed: Typed) -> Answer:
    return Answer(reply.status(_overview(typed), typed.door.services.clock()))


def _models(typed: Typed) -> Answer:
    return Answer(reply.models(_overview(typed), typed.door.services.clock()))


def _model(typed: Typed) -> Answer:
    typed.sees(View.INCIDENT_TIMELINE)
    models = [model.id for model in typed.door.services.policy.models]
    if not typed.words and len(models) != 1:
        raise Missing("model", "model", f"is missing: {COMMAND} model <{' | '.join(models) or 'model'}>")
    wanted = typed.words[0] if typed.words else models[0]
    with typed.door.services.database.read() as session:
        view = registry.view(session, wanted, registered.MOST_VERSIONS)
        queue = stored.of_model(session, wanted, typed.door.services.clock() - timedelta(days=MONTH))
    if view is None:
        raise Unknown("model", wanted[:80], difflib.get_close_matches(wanted, models, n=3, cutoff=0.5) or models[:3])
    return Answer(registered.page(view, queue))


def _alerts(typed: Typed) -> Answer:
    sees = typed.sees(View.DRIFT_OVERVIEW)
    with typed.door.services.database.read() as session:
        found = overview.alerts_seen_by(alerts.recent(session, 20), sees)
    return Answer(reply.alerts(found, typed.door.services.clock(), with_incidents=View.INCIDENT_TIMELINE in sees))


def _analyze(typed: Typed) -> Answer:
    models = [model.id for model in typed.door.services.policy.models]
    if not typed.words and len(models) != 1:
        raise Missing("analyze", "model", f"is missing: {COMMAND} analyze <{' | '.join(models) or 'model'}>")
    model = typed.words[0] if typed.words else models[0]
    wish = Wish(model, typed.user, answer_to=typed.channel, delivery=typed.delivery)
    detection.request(typed.door.services, wish)
    return Answer(reply.analyze(model))


def _follow_ups(typed: Typed) -> Answer:
    typed.sees(View.INCIDENT_TIMELINE)
    with typed.door.services.database.read() as session:
        found = learning.open_ones(session)
    return Answer(followups.answer(found, typed.user, typed.door.services.clock()))


def _incident(typed: Typed) -> Answer:
    typed.sees(View.INCIDENT_TIMELINE)
    if not typed.words:
        raise Missing("incident", "id", f"is missing: {COMMAND} incident INC-2026-11-001")
    wanted = typed.words[0].upper()
    now = typed.door.services.clock()
    with typed.door.services.database.read() as session:
        view = incidents.view(session, wanted)
        known = incidents.newest_ids(session)
    if view is None:
        raise Unknown(
            "incident", typed.words[0], difflib.get_close_matches(wanted, known, n=3, cutoff=0.5) or known[:3]
        )
    return Answer(modal=modals.document(view, now))


def _report(typed: Typed) -> Answer:
    return Answer(modal=reporting.form(typed.door, typed.user, typed.delivery))


def _oncall(typed: Typed) -> Answer:
    rosters.look(typed.door.services, typed.user, "oncall", typed.delivery)
    form = oncall.form(typed.door, typed.user, typed.words)
    return Answer(modal=form) if form else Answer(oncall.answer(typed.door, typed.user, typed.words, typed.delivery))


def _retrain(typed: Typed) -> Answer:
    typed.sees(View.INCIDENT_TIMELINE)
    wanted = typed.words[0].upper()[:50] if typed.words else ""
    with typed.door.services.database.read() as session:
        newest = retrains.newest(session, MOST_RETRAINS)
        found = retrains.get(session, wanted) if wanted else None
    if wanted and found is None:
        raise Unknown("retrain", typed.words[0], [one.id for one in newest][:3])
    return Answer(retrain.shown(found) if found is not None else retrain.listed(newest))


def _reviews(typed: Typed) -> Answer:
    typed.sees(View.CASES)
    return Answer(cases.listed(typed.door, typed.words[0] if typed.words else None))


def _policy(typed: Typed) -> Answer:
    typed.sees(View.POLICY)
    with typed.door.services.database.read() as session:
        version = policies.in_force(session)
        proposed = approvals.views(session, "policy")
    assert version is not None  # installed before a door opens
    return Answer(policy.message(version, proposed))


def _baseline(typed: Typed) -> Answer:
    typed.sees(View.DRIFT_OVERVIEW)
    return Answer(baseline.answer(typed.door, typed.user, typed.words, typed.delivery))


def _silence(typed: Typed) -> Answer:
    return _quiet(typed, Kind.SILENCE)


def _maintenance(typed: Typed) -> Answer:
    return _quiet(typed, Kind.MAINTENANCE)


def _quiet(typed: Typed, kind: Kind) -> Answer:
    typed.sees(View.INCIDENT_TIMELINE)
    return Answer(quiet.answer(typed.door, typed.user, kind, typed.words, (typed.channel, typed.delivery)))


def _figures(typed: Typed) -> Answer:
    typed.sees(View.INCIDENT_TIMELINE)
    given = typed.words[0] if typed.words else str(MONTH)
    if not given.isdecimal() or not 1 <= int(given) <= LONGEST_SPAN:
        raise Missing("figures", "days", f"must be a number from 1 to {LONGEST_SPAN}")
    now, days = typed.door.services.clock(), int(given)
    since = now - timedelta(days=days)
    with typed.door.services.database.read() as session:
        seen, kept = figures.load(session, since, now), clocks.figures(session, since, now)
    measured = measuring.measure(seen, typed.door.services.policy.clocks)
    return Answer(punctual.message(kept, measured, seen, days))


COMMANDS = {
    command.name: command
    for command in (
        Command("help", "help", "what I can do", _help),
        Command("status", "status", "what is open and what waits for somebody", _status),
        Command("models", "models", "the models I watch, how restrained each is, and their last check", _models),
        Command("model", "model <id>", "one model: its versions, what serves, who restrained it when and why", _model),
        Command("analyze", "analyze <model>", "check a model now", _analyze),
        Command("retrain", "retrain [id]", "how a retrain goes, and how its candidate did: RTR-31", _retrain),
        Command("report", "report", "report an incident that you saw: complaint, bad output, security …", _report),
        Command("incident", "incident <id>", "the whole story of an incident, INC-2026-11-001", _incident),
        Command("oncall", "oncall", "who is on call now and next; take, give or swap a shift", _oncall),
        Command("followups", "followups", "what is still to be done after incidents, yours first", _follow_ups),
        Command("figures", "figures [days]", "how deadlines were kept: how fast, how many in time", _figures),
        Command("silence", "silence", "what is silenced now, and how to silence more or less", _silence),
        Command("maintenance", "maintenance", "the same for a model under maintenance", _maintenance),
        Command("baseline", "baseline", "what each model is compared with, and how that is reset", _baseline),
        Command(
            "reviews", "reviews [model]", "what models left to people, the longest waiting first; decide it", _reviews
        ),
        Command("alerts", "alerts", "the newest alerts and which still stand", _alerts),
        Command("policy", "policy", "the policy in force, and what is proposed", _policy),
    )
}


def answer(typed: Typed) -> Answer:
    """Return the answer to what was typed; a refusal is an answer too."""
    name, *words = typed.words or ["help"]
    command = COMMANDS.get(name.lower())
    try:
        if sum(map(len, typed.words)) > LONGEST:
            raise Missing("command", "command", f"may have {LONGEST} characters at most")
        if command is None:
            near = difflib.get_close_matches(name.lower(), COMMANDS, n=2, cutoff=0.5)
            raise Unknown("subcommand", name, near)
        return command.answer(Typed(typed.door, typed.user, words, typed.channel, typed.delivery))
    except Refused as error:
        viewing.hear(typed.door.services, typed.delivery)
        return Answer(reply.refused(answers.refusal(error)))


def register(app: App, door: Door) -> None:
    """Listen to the one slash command."""

    @app.command(COMMAND)
    def typed(ack: Ack, command: dict[str, Any], body: Body, client: WebClient) -> None:
        door.directory.know(command["user_id"])
        words = command.get("text", "").split()
        shown = answer(Typed(door, command["user_id"], words, command["channel_id"], delivery_id(body)))
        if shown.message is None:
            ack()
        else:
            ack(response_type="ephemeral", text=shown.message.text, blocks=shown.message.blocks)
        if shown.modal is not None:
            client.views_open(trigger_id=body["trigger_id"], view=shown.modal)
