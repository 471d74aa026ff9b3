"""Keeps and activates baselines: the same rules for every door (003 §4).

One person makes a baseline and, where it takes the place of another, a second one activates it (E4). A model's first
one needs no second person: there is nothing yet that it could hide.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session, select

from analysis.errors import ForeignProfile, NotAllowed, NotYou, Unknown
from analysis.profile import Profile
from analysis.response import permissions
from analysis.response.approving import Status
from analysis.response.outcomes import Kind, Outcome
from analysis.response.permissions import ACTIONS, Action
from analysis.spec import Spec
from analysis.vocabulary import Role, Severity
from bot.operations import asking, documenting, standing
from bot.operations.asking import Ended, Place, Wanted
from bot.operations.auditing import About, audited
from bot.operations.deciding import Case, Subject
from bot.operations.opening import Result
from bot.services import Services
from storage import approvals, baselines, runs
from storage.tables import Approval, Baseline, Model, Run

VERB = Action.BASELINE_ACTIVATE.value


@dataclass(frozen=True)
class Wish:
    """Somebody wants something done with a model's baselines."""

    model: str
    actor: str
    reason: str = ""
    facts: dict[str, Any] = field(default_factory=dict)  # what the door knows of the person, for the audit log


@dataclass(frozen=True)
class Activated:
    """The baseline that is active now, and the version that was before; the same where nothing changed."""

    baseline: Baseline
    before: str | None

    @property
    def is_new(self) -> bool:
        """Return whether anything changed."""
        return self.baseline.version != self.before


def ask(services: Services, wish: Wish, verb: str) -> Model:
    """Return the model, registered where only the policy knew it; raise NotAllowed, Missing or Unknown, audited."""

    def asked(session: Session, now: datetime) -> tuple[Model, dict[str, Any]]:
        _allow(services, session, wish, verb)
        return _model(services, session, wish.model, now), {"reason": wish.reason}

    return audited(services, About(wish.actor, f"{verb}_asked", wish.model, wish.facts), asked)


def keep(services: Services, wish: Wish, made: Baseline, verb: str) -> Baseline:
    """Return the baseline, stored and not active; raise ForeignProfile where its columns are not the pinned ones."""

    def kept(session: Session, now: datetime) -> tuple[Baseline, dict[str, Any]]:
        _allow(services, session, wish, verb)
        model = _model(services, session, wish.model, now)
        _fit(model, made)
        stored = baselines.keep(session, made)
        before = baselines.active(session, wish.model)
        if before is not None:
            channel = services.policy.routes[Severity.MEDIUM].channel or services.policy.engineering
            ask_second(services, session, wish, (stored, before), Place(channel))
        data = {"version": stored.version, "checksum": stored.checksum, "rows": stored.rows, "reason": wish.reason}
        return stored, data

    return audited(services, About(wish.actor, verb, wish.model, wish.facts), kept)


def activate(services: Services, wish: Wish, version: str) -> Activated:
    """Activate a stored version; raise Unknown, NotAllowed, NotYou for who made it, ForeignProfile."""

    def activated(session: Session, now: datetime) -> tuple[Activated, dict[str, Any]]:
        chosen = _version(session, wish.model, version)
        _approve(services, session, wish, chosen, baselines.active(session, wish.model))
        for approval in approvals.waiting(session, _subject(chosen)):
            asking.end(services, session, approval, Ended(Status.APPROVED, wish.actor, now))
        return _activated(services, session, wish, chosen, now)

    return audited(services, About(wish.actor, "baseline_activated", wish.model, wish.facts), activated)


def _activated(
    services: Services, session: Session, wish: Wish, chosen: Baseline, now: datetime
) -> tuple[Activated, dict[str, Any]]:
    """Return the baseline that is active now, and what belongs into the audit log."""
    model = session.get(Model, wish.model, with_for_update=True)
    before, version = baselines.active(session, wish.model), chosen.version
    data: dict[str, Any] = {"version": version, "before": before.version if before else None, "reason": wish.reason}
    if before is not None and before.version == version:
        return Activated(before, version), data
    assert model is not None
    if before is None:
        model.spec = Profile.from_bytes(chosen.profile).spec.to_json()  # the first one pins the columns
        session.add(model)
        _call_off(session, wish.model, now)
    _fit(model, chosen)
    data |= {"checksum": chosen.checksum, "rows": chosen.rows}
    switched = baselines.switch(session, chosen)
    documenting.activated(services, session, switched, wish.actor, now)
    told = standing.activated(Result(services, session, _run(session, wish, version, now), now), switched)
    data |= {"standing": len(told)} if told else {}
    return Activated(switched, before.version if before else None), data


def _subject(baseline: Baseline) -> str:
    return f"{baseline.model_id}/{baseline.version}"


def _bound_to(chosen: Baseline, before: Baseline | None) -> str:
    return f"{chosen.checksum}:{before.version if before else ''}"


def ask_second(
    services: Services, session: Session, wish: Wish, change: tuple[Baseline, Baseline], place: Place
) -> None:
    """Ask in Slack for the second person who makes the new version count."""
    chosen, before = change
    run = runs.reset_of(session, chosen.model_id, chosen.version)
    fields = {
        "model": wish.model,
        "version": chosen.version,
        "what": f"{wish.model}: {chosen.version}, {chosen.rows:,} rows, in place of {before.version}",
        "reason": wish.reason,
        **({"incident": run.incident_id} if run else {}),
    }
    parts = (_activators(session, chosen),)
    login = wish.facts.get("login")
    wanted = Wanted(VERB, _subject(chosen), _bound_to(chosen, before), parts, wish.actor, fields, login)
    approval, is_new = asking.ask(services, session, wanted, place, services.clock())
    if is_new:
        asking.tell_each(session, approval)


def _bound(_services: Services, session: Session, approval: Approval) -> str | None:
    model = str(approval.fields["model"])
    chosen = baselines.get(session, model, str(approval.fields["version"]))
    return _bound_to(chosen, baselines.active(session, model)) if chosen else None


def _perform(case: Case) -> Outcome:
    fields = case.approval.fields
    wish = Wish(str(fields["model"]), case.approval.requested_by, str(fields["reason"]))
    chosen = _version(case.session, wish.model, str(fields["version"]))
    _done, data = _activated(case.services, case.session, wish, chosen, case.now)
    return Outcome(Kind.DONE, VERB, {name: fact for name, fact in data.items() if name != "reason"})


SUBJECT = Subject(_bound, lambda _approval: ACTIONS[Action.BASELINE_CREATE], _perform)


def _call_off(session: Session, model_id: str, now: datetime) -> None:
    """End the run that waits to make the first baseline: it must not take the place of what a person chose."""
    waiting = select(Run).where(Run.model_id == model_id, Run.purpose == "baseline", Run.status == "queued")
    for run in session.exec(waiting):
        run.status, run.finished_at = "finished", now
        session.add(run)


def _run(session: Session, wish: Wish, version: str, now: datetime) -> Run:
    """Return the run that stands for the activation: what it finds belongs to it."""
    run = Run(
        model_id=wish.model,
        purpose="activation",
        requested_by=wish.actor,
        requested_at=now,
        status="finished",
        next_at=now,
        finished_at=now,
        baseline=version,
    )
    session.add(run)
    session.flush()
    return run


def _allow(services: Services, session: Session, wish: Wish, verb: str) -> None:
    permissions.permit(Action(verb), services.roles(session, wish.actor))


def _approve(services: Services, session: Session, wish: Wish, chosen: Baseline, before: Baseline | None) -> None:
    if before is None:
        _allow(services, session, wish, Action.BASELINE_CREATE)
        return
    needs = _activators(session, chosen)
    if not needs & services.roles(session, wish.actor):
        raise NotAllowed(Action.BASELINE_ACTIVATE, needs)
    if services.is_same(session, chosen.created_by, wish.actor) and chosen.version != before.version:
        raise NotYou(Action.BASELINE_ACTIVATE, needs)


def _activators(session: Session, chosen: Baseline) -> frozenset[Role]:
    """Return who may make it count in place of another: for a new source of data only the CTO (003 §4.2)."""
    return documenting.approvers(session, chosen) or ACTIONS[Action.BASELINE_ACTIVATE]


def _model(services: Services, session: Session, model_id: str, now: datetime) -> Model:
    model = session.get(Model, model_id)
    watched = services.policy.model(model_id)
    if model is None and watched is not None:
        model = Model(id=watched.id, name=watched.name, risk=watched.risk, registered_at=now)
        session.add(model)
        session.flush()
    if model is None or watched is None:
        raise Unknown("model", model_id, [one.id for one in services.policy.models])
    return model


def _version(session: Session, model_id: str, version: str) -> Baseline:
    found = baselines.get(session, model_id, version)
    if found is None:
        raise Unknown("baseline", version, [one.version for one in baselines.of(session, model_id)][-5:])
    return found


def _fit(model: Model, made: Baseline) -> None:
    """Raise ForeignProfile where the baseline was counted by other columns than the model's windows are."""
    if not model.spec:
        return
    pinned, theirs = Spec.from_json(model.spec), Profile.from_bytes(made.profile).spec
    if pinned.digest != theirs.digest:
        differ = sorted({*pinned.features, *pinned.protected} ^ {*theirs.features, *theirs.protected})
        raise ForeignProfile(model=model.id, baseline=made.version or None, columns=", ".join(differ[:5]) or None)
