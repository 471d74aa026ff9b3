"""The steps of a promotion, a rollback and its reverse: one row a step, how it is done, and how it is taken back."""

import socket
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import httpx

from analysis.errors import Unknown
from analysis.response import life
from analysis.response import rollouts as deciding
from analysis.response.restraint import Restraint, Segment
from analysis.response.rollouts import Kind, Status, What
from analysis.vocabulary import Oversight, State
from bot import commands
from bot.integrations.errors import Lost, Permanent, TryLater
from bot.integrations.registry import registries
from bot.operations import asking, candidates, gating, oversight, registering, rollouts, watching
from bot.operations.doing import Doing
from bot.operations.rolling import Facts, Step, Work
from bot.supervise import TIMED_OUT
from storage import baselines as kept
from storage import leases, registry
from storage import oversight as restraining
from storage import rollouts as stored
from storage.registry import CHAMPION, LAST_KNOWN_GOOD
from storage.tables import ModelVersion, Rollout

HEALTH_S = 10.0
LEFT_OUT: Facts = {"left_out": True}
LEASE = timedelta(minutes=5)  # far longer than a call may take: a late one must not undo what came after it
BEAT = timedelta(minutes=1)


def _check(work: Work) -> Facts:
    """Look once more: the version is as it was registered, and the registry has what our records say."""
    rollout = work.rollout
    try:
        registering.verify(work.services, rollout.model_id, rollout.to_version, _beat(work))
    except Unknown:
        raise Permanent(f"{rollout.to_version} {rollouts.AGAINST[What.REGISTERED]}") from None
    with work.services.database.read() as session:
        version = registry.version(session, rollout.model_id, rollout.to_version)
    lifts = rollout.incident_id if rollout.kind == Kind.REVERSE else None
    amiss = deciding.against(deciding.checks(version, lifts=lifts))
    if amiss is not None:
        raise Permanent(f"{rollout.to_version} {rollouts.AGAINST[amiss.what]} {amiss.why}".strip())
    if rollout.to_version not in {one.version for one in work.registry.versions(rollout.model_id)}:
        raise Permanent(f"{rollout.to_version} {rollouts.AGAINST[What.REGISTERED]}")
    held = work.registry.aliases(rollout.model_id).get(CHAMPION)
    if held not in (rollout.from_version, rollout.to_version):  # the second: this very change, before a crash
        raise Permanent(f"the registry says that {held} serves, not {rollout.from_version}: somebody moved it")
    return _unchecked(version)


def _unchecked(version: ModelVersion | None) -> Facts:
    """Return why nobody can say whether the version is what was registered, where that is so."""
    checksum = next(one for one in deciding.checks(version) if one.what is What.CHECKSUM)
    return {"unchecked": checksum.why} if checksum.is_well is None else {}


def _beat(work: Work) -> Callable[[], None]:
    """Return what keeps the claim while a large artefact is read; it raises Lost where another has taken over."""
    clock, last = work.services.clock, [work.services.clock()]

    def beat() -> None:
        if clock() - last[0] < BEAT:
            return
        last[0] = clock()
        with work.services.database.write() as session:
            if not leases.renew(session, work.rollout, last[0] + LEASE):
                raise Lost("another process has taken the step over")

    return beat


def _keep(work: Work) -> Facts:
    return _move(work, LAST_KNOWN_GOOD, _good(work.rollout))


def _kept(doing: Doing, row: Rollout) -> None:
    stored.point(doing.session, row, LAST_KNOWN_GOOD, _good(row), doing.now)


def _good(row: Rollout) -> str | None:
    good: str | None = row.snapshot["good"]
    return good


def _keep_back(work: Work) -> Facts:
    return _move(work, LAST_KNOWN_GOOD, _was(work.rollout).get(LAST_KNOWN_GOOD))


def _kept_back(doing: Doing, row: Rollout) -> None:
    stored.point(doing.session, row, LAST_KNOWN_GOOD, _was(row).get(LAST_KNOWN_GOOD), doing.now)


def _point(work: Work) -> Facts:
    return _move(work, CHAMPION, work.rollout.to_version)


def _pointed(doing: Doing, row: Rollout) -> None:
    """Let the gate serve the version from now on, compared with a baseline of its own."""
    stored.point(doing.session, row, CHAMPION, row.to_version, doing.now)
    _compare_with(doing, row, _baseline(doing, row))
    gating.follow(doing.services, doing.session, row.model_id, doing.now)


def _point_back(work: Work) -> Facts:
    return _move(work, CHAMPION, _was(work.rollout).get(CHAMPION))


def _move(work: Work, alias: str, to: str | None) -> Facts:
    """Move the name in a registry that is another system; in ours the row that records the step moves it."""
    if registries.is_elsewhere(work.watched):
        work.registry.point(work.rollout.model_id, alias, to)
    return {}


def _pointed_back(doing: Doing, row: Rollout) -> None:
    stored.point(doing.session, row, CHAMPION, _was(row).get(CHAMPION), doing.now)
    _compare_with(doing, row, row.snapshot["baseline"])
    gating.follow(doing.services, doing.session, row.model_id, doing.now)


def _was(row: Rollout) -> Mapping[str, str]:
    """Return what each name stood for before."""
    found: Mapping[str, str] = row.snapshot["aliases"]
    return found


def _baseline(doing: Doing, row: Rollout) -> str | None:
    """Return the baseline that suits the version: of a candidate its own, of an earlier one what it had."""
    if row.kind == Kind.ROLLBACK and row.from_version is not None:
        return stored.baseline_of(doing.session, row)
    if row.kind == Kind.REVERSE:
        undone = stored.newest(doing.session, row.model_id, Kind.ROLLBACK, from_version=row.to_version)
        return undone.snapshot["baseline"] if undone is not None else None
    return candidates.baseline(doing, row)


def _compare_with(doing: Doing, row: Rollout, version: str | None) -> None:
    """Let the model be compared with that baseline, where there is one and it is another; the step says so."""
    active = kept.active(doing.session, row.model_id)
    found = kept.get(doing.session, row.model_id, version) if version is not None else None
    if found is not None and (active is None or active.version != found.version):
        kept.switch(doing.session, found)
        step = row.steps[NAMES.CHAMPION]
        row.steps = {**row.steps, NAMES.CHAMPION.value: {**step, "baseline": found.version}}
        doing.session.add(row)


def _deploy(work: Work) -> Facts | None:
    return _run(work, "deploy", work.watched.rollback.command, work.rollout.to_version)


def _deploy_back(work: Work) -> Facts | None:
    if work.rollout.from_version is None:
        raise Permanent("nothing served before, so there is nothing to deploy instead")
    return _run(work, "deploy-back", work.watched.rollback.command, work.rollout.from_version)


def _test(work: Work) -> Facts | None:
    return _run(work, "test", work.watched.rollback.test, work.rollout.to_version)


def _run(work: Work, name: str, words: tuple[str, ...], version: str) -> Facts | None:
    """Return its exit code, 0; None while it runs. Raise Permanent for any other."""
    if not words:  # the policy has changed since it began
        return LEFT_OUT
    folder = work.services.data / "rollouts" / work.rollout.id / name
    _is_here(work)
    told = {"ETHIXBOT_MODEL": work.rollout.model_id, "ETHIXBOT_VERSION": version, "ETHIXBOT_ROLLOUT": work.rollout.id}
    try:
        code = commands.follow(folder, commands.Command(words, work.watched.rollback.timeout, told=told))
    except OSError as error:
        raise TryLater(f"the command could not be started ({error})") from None
    if code is None or code == 0:
        return code if code is None else {"exit_code": code}
    how = "took longer than the policy allows" if code == TIMED_OUT else f"ended with code {code}"
    raise Permanent(f"the command {how}: {commands.last_words(folder)}")


def _is_here(work: Work) -> None:
    """Raise TryLater on another machine than the one that began the step: it would run its command once more."""
    row = work.rollout
    name = row.snapshot["steps"][row.step - 1 if row.status == Status.UNDOING else row.step]
    begun = row.steps.get(name, {})
    host, at = begun.get("host"), begun.get("begun")
    is_fresh = at is not None and work.services.clock() - datetime.fromisoformat(at) < work.watched.rollback.timeout
    if host not in (None, socket.gethostname()) and is_fresh:
        raise TryLater(f"{host} runs it", after=1)


def _health(work: Work) -> Facts:
    """Ask the service whether it is well; one that starts up is asked again."""
    address = work.watched.rollback.health
    if address is None:  # the policy has changed since it began
        return LEFT_OUT
    try:
        answer = httpx.get(address, timeout=HEALTH_S, trust_env=False)
    except httpx.HTTPError as error:
        raise TryLater(f"the service does not answer ({type(error).__name__})") from None
    if answer.status_code != 200:
        raise TryLater(f"the service answers {answer.status_code}")
    return {}


def _block(doing: Doing, row: Rollout) -> None:
    """Block what was rolled back; its incident may have ended meanwhile, and then nothing would free it."""
    if State(doing.incident.state) not in life.ENDED:
        rollouts.block(doing, row)


def _unblocked(doing: Doing, row: Rollout) -> None:
    name = row.to_version if row.kind == Kind.REVERSE else row.from_version
    version = registry.version(doing.session, row.model_id, str(name))
    if version is not None and version.blocked_by == row.incident_id:
        version.blocked_by = version.blocked_why = None
        doing.session.add(version)
        doing.session.flush()
        gating.tag(doing.services, doing.session, row.model_id, doing.now)


def _open(doing: Doing, row: Rollout) -> None:
    """Let increased monitoring take the place of what restrained the model for this incident when it was asked for."""
    still = restraining.standing(doing.session, row.model_id)
    mine = [one for one in still if one.id in row.snapshot["lifts"]]
    why = f"the watch after {row.id}"
    for one in mine:
        if one.segment:
            oversight.put(doing, Restraint(Oversight.NORMAL, Segment.parse(one.segment)), why)
    if all(one.segment or one in mine for one in still):
        oversight.put(doing, Restraint(Oversight.INCREASED_MONITORING), why)
        held = restraining.current(doing.session, row.model_id)
        row.steps = {**row.steps, watching.WATCH: {"restraint": held.id if held else None}}
        doing.session.add(row)
    if row.kind == Kind.REVERSE:
        _unblocked(doing, row)
    asking.sweep(doing)


NAMES = deciding.Step
STEPS = {
    step.name: step
    for step in (
        Step(NAMES.CHECK, do=_check),
        Step(NAMES.KEEP, do=_keep, undo=_keep_back, write=_kept, unwrite=_kept_back),
        Step(NAMES.DEPLOY, do=_deploy, undo=_deploy_back),
        Step(NAMES.CHAMPION, do=_point, undo=_point_back, write=_pointed, unwrite=_pointed_back),
        Step(NAMES.HEALTH, do=_health),
        Step(NAMES.TEST, do=_test),
        Step(NAMES.BLOCK, write=_block, unwrite=_unblocked),
        Step(NAMES.OPEN, write=_open),  # the last one: it is never taken back
    )
}
