"""Looks whether versions are what was registered, and whether the registry says what we know; tells what is not so.

Checksums are counted outside any transaction. A version that is not what was registered is a critical security
incident and may not serve; once its checksum is right again the alert recovers (A11).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlmodel import Session

from analysis.errors import Unknown
from analysis.policy import Watched
from analysis.response import checksums as judging
from analysis.response.checksums import Look, Part, State
from bot import checksums
from bot.checksums import Beat, Unreadable
from bot.integrations.registry import registries
from bot.integrations.registry.builtin import Builtin
from bot.integrations.registry.port import Found, Registry
from bot.operations import gating, notices, opening, recovering
from bot.operations.doing import on_worst, tell_by_itself
from bot.operations.opening import Result
from bot.services import SYSTEM, Services, kept
from storage import alerts, audit, leases, oversight, registry, runs, timers
from storage.database import insert_once
from storage.tables import AliasChange, Model, ModelVersion, Run, Timer

PURPOSE = KIND = "registry"
BY_REGISTRY = "registry"  # who moved or made what nobody told us of
MOST = 10  # of the newest versions that are looked at, beside those that an alias stands for


@dataclass(frozen=True)
class Seen:
    """What the registry had when it was asked, and how its versions were found."""

    at: datetime
    versions: Sequence[Found]
    aliases: Mapping[str, str]
    looks: Sequence[Look] = ()


def plan(services: Services, session: Session, now: datetime) -> None:
    """Write the timer of each model's next look; the first one at another system's registry is at once."""
    for watched in services.policy.models:
        if session.get(Model, watched.id) is None or not _is_anything(session, watched):
            continue
        is_new = timers.first_due(session, KIND, watched.id) is None
        due = now if is_new and registries.is_elsewhere(watched) else _next(now, watched.registry.verify)
        timers.plan(
            session, Timer(key=f"{KIND}:{watched.id}:{due.isoformat()}", kind=KIND, subject=watched.id, due_at=due)
        )


def _is_anything(session: Session, watched: Watched) -> bool:
    """Return whether there is anything to look at."""
    return registries.is_elsewhere(watched) or bool(registry.versions(session, watched.id, 1))


def _next(now: datetime, span: timedelta) -> datetime:
    """Return the next whole multiple of the span, which is the same whoever plans it."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return start + ((now - start) // span + 1) * span


def when_due(services: Services, session: Session, timer: Timer, now: datetime) -> None:
    """Queue the look, which is work of many seconds; not twice."""
    if services.policy.model(timer.subject) is None or runs.by_key(session, timer.key) is not None:
        return
    run = Run(
        model_id=timer.subject, purpose=PURPOSE, key=timer.key, requested_by=SYSTEM, requested_at=now, next_at=now
    )
    session.add(run)
    session.flush()


def verify(services: Services, model: str, version: str, beat: Beat = checksums.nothing) -> Look:
    """Return how the version is found now, written down and told; outside any transaction. Raise Unknown."""
    with services.database.read() as session:
        row = registry.version(session, model, version)
        known = [one.version for one in registry.versions(session, model, MOST)]
    if row is None:
        raise Unknown("version", version[:80], known)
    watched = services.policy.model(model)
    look = look_at(row, registries.of(services, watched) if watched else Builtin(services), beat)
    _note(services, look)
    return look


def look_at(row: ModelVersion, there: Registry, beat: Beat = checksums.nothing) -> Look:
    """Return how the parts of the version are found, each read to its end."""
    artefact = Part("artefact", row.artefact, row.artefact_sha256)
    data = Part("training_data", row.training_data, row.training_data_sha256)
    return Look(row.model_id, row.version, tuple(_found(one, there, beat) for one in (artefact, data)))


def _found(part: Part, there: Registry, beat: Beat) -> Part:
    if part.place is None or part.registered is None:
        return part
    try:
        return judging.judged(part, there.checksum(part.place, beat))
    except Unreadable as error:
        return judging.judged(part, None, why=str(error))


def row_of(model_id: str, found: Found, at: datetime) -> ModelVersion:
    """Return what is kept of a version that nobody announced, as the registry has it."""
    return ModelVersion(
        model_id=model_id,
        version=found.version,
        artefact=found.artefact,
        artefact_sha256=found.artefact_sha256,
        training_data=found.training_data,
        training_data_sha256=found.training_data_sha256,
        details=dict(found.details),
        registered_by=BY_REGISTRY,
        registered_at=at,
    )


def to_look_at(session: Session, model_id: str) -> list[ModelVersion]:
    """Return the versions that are looked at: the newest, and those that an alias stands for."""
    newest = {one.version: one for one in registry.versions(session, model_id, MOST)}
    named = {one.version for one in registry.aliases(session, model_id).values() if one.version} - set(newest)
    return [*newest.values(), *filter(None, (registry.version(session, model_id, name) for name in sorted(named)))]


@kept
def _note(services: Services, look: Look) -> None:
    now = services.clock()
    with services.transaction() as session:
        run = Run(
            model_id=look.model, purpose=PURPOSE, status="finished", requested_by=SYSTEM, requested_at=now,
            next_at=now, started_at=now, finished_at=now,
        )  # fmt: skip
        session.add(run)
        session.flush()
        _take(Result(services, session, run, now), look)
        data = {one.name: one.state.value for one in look.parts}
        audit.append(
            session, audit.Entry(SYSTEM, "version_verified", f"{look.model}/{look.version}", "done", data), now
        )


@kept
def looked(services: Services, run: Run, seen: Seen) -> bool:
    """Record a look of the schedule in one transaction; return whether it was still ours."""
    now = services.clock()
    with services.transaction() as session:
        if not leases.settle(session, run, status="finished", finished_at=now):
            return False
        result = Result(services, session, run, now)
        is_first = not registry.versions(session, run.model_id, 1) and not registry.aliases(session, run.model_id)
        told = [*_appeared(result, seen.versions), *_moved(result, seen)]
        for one in () if is_first else told:
            _tell(result, one)
        for look in seen.looks:
            _take(result, look)
        wrong = [look.version for look in seen.looks if look.wrong]
        data = {"versions": len(seen.versions), "looked_at": len(seen.looks), "wrong": wrong, "told": len(told)}
        audit.append(session, audit.Entry(SYSTEM, "registry_looked", run.model_id, "done", data), now)
    return True


def failed(services: Services, session: Session, run: Run, error: str, now: datetime) -> None:
    """Tell #engineering that nobody could look."""
    facts = {"model": run.model_id, "error": error}
    key = f"registry_away:{run.model_id}:{run.id}"
    notices.owe(session, key, services.policy.engineering, now, about="registry_away", **facts)


def _take(result: Result, look: Look) -> None:
    """Write down how a version was found; open, count or end what that means."""
    session, row = result.session, registry.version(result.session, look.model, look.version)
    assert row is not None  # versions are never deleted
    if not look.wrong and any(one.state is State.UNREAD for one in look.parts):
        _unread(result, row, look)
        return
    was, row.mismatch, row.verified_at, row.unread = row.mismatch, look.mismatch, result.now, look.unread
    session.add(row)
    session.flush()
    raised = judging.alert(look, serves=look.version in _serving(session, look.model))
    if raised is not None:
        opening.record(result, [raised])
    else:
        known = alerts.open_with(session, opening.named(look.model, judging.fingerprint(look.version)))
        if known is not None:
            recovering.end(result, known)
    if was != row.mismatch:
        gating.tag(result.services, session, look.model, result.now)


def _serving(session: Session, model_id: str) -> set[str | None]:
    """Return the versions that answer requests now: the champion, and the fallback of a restraint that stands."""
    champion = registry.alias(session, model_id, registry.CHAMPION)
    return {champion.version if champion else None, *(one.fallback for one in oversight.standing(session, model_id))}


def _unread(result: Result, row: ModelVersion, look: Look) -> None:
    """Keep why; where it could be read before, say so once a day. Nothing is known to be wrong."""
    row.unread = look.unread
    result.session.add(row)
    result.session.flush()
    if row.verified_at is None:
        return
    parts = [{"name": one.name, "why": one.why} for one in look.parts if one.state is State.UNREAD]
    key = f"unread:{row.model_id}:{row.version}:{result.now.date().isoformat()}"
    facts = {"model": row.model_id, "version": row.version, "parts": parts}
    notices.owe(result.session, key, result.services.policy.engineering, result.now, about="unread", **facts)


def _appeared(result: Result, found: Iterable[Found]) -> list[dict[str, Any]]:
    """Return what is told of versions that nobody announced, which are known from now on."""
    known = {one.version for one in registry.versions(result.session, result.run.model_id)}
    new = [one for one in found if one.version not in known]
    kept = [one for one in new if insert_once(result.session, row_of(result.run.model_id, one, result.now))]
    return [{"about": "version_appeared", "version": one.version} for one in kept]


def _moved(result: Result, seen: Seen) -> list[dict[str, Any]]:
    """Return what is told of aliases that were moved behind our back, which our rows follow."""
    session, model = result.session, result.run.model_id
    if registry.is_being_changed(session, model):  # by us: the next look sees how it ended
        return []
    known, told = registry.aliases(session, model), []
    for name in registry.ALIASES:
        row, version = known.get(name), seen.aliases.get(name)
        was = row.version if row else None
        if version == was or (row is not None and row.at >= seen.at):
            continue
        new = AliasChange(
            model_id=model, alias=name, sequence=0, version=version, by=BY_REGISTRY, reason="", at=result.now
        )
        registry.point(session, new)
        found = registry.version(session, model, version) if version else None
        blocked = registry.why_not(found) if found else None
        told.append({"about": "alias_moved", "alias": name, "version": version, "was": was, "blocked": blocked})
        data = {"alias": name, "version": version, "was": was}
        audit.append(session, audit.Entry(BY_REGISTRY, "alias_moved", model, "done", data), result.now)
    if told:
        gating.follow(result.services, session, model, result.now)
    return told


def _tell(result: Result, what: dict[str, Any]) -> None:
    """Tell the thread of the model's worst open incident; where there is none, the channel of the digest."""
    session, model = result.session, result.run.model_id
    about, facts = what["about"], {name: fact for name, fact in what.items() if name != "about"}
    worst = on_worst(result.services, session, model, about, result.now)
    if worst is not None:
        tell_by_itself(worst, about, **facts)
        return
    key = f"{about}:{model}:{result.run_id}:{facts.get('alias', facts['version'])}"
    channel = result.services.policy.review_channel
    notices.owe(session, key, channel, result.now, about=about, model=model, **facts)
