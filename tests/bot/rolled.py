"""The night of the fairness alert with versions registered: who asks, who approves, and the steps one by one."""

import hashlib
from dataclasses import dataclass, field
from datetime import timedelta

from sqlmodel import select

from analysis.response.outcomes import Kind
from analysis.response.serving import Registered
from bot import checksums
from bot.integrations.errors import SendError
from bot.integrations.registry.port import Found
from bot.operations import approvals
from bot.operations.deciding import Decision
from bot.rollouts import Rollouts
from storage import baselines, oversight, registry
from storage.tables import AliasChange, ModelVersion, RetrainRequest, Rollout
from tests.bot.lived import ENGINEER, INCIDENT, MODEL, do

OWNER = "U0PRODOW01"
OLD, NOW, NEW, WAS = "0.9.0", "1.0.0", "1.1.0", "1.0.1"


def register(services, *versions, **aliases):
    """Register versions, and let names stand for them."""
    at = services.clock()
    with services.transaction() as session:
        for name in versions:
            made = services.data / f"model-{name}.bin"
            made.write_text(name)
            checksum = hashlib.sha256(name.encode()).hexdigest()
            about = {"artefact": str(made), "artefact_sha256": checksum, "registered_by": ENGINEER, "verified_at": at}
            session.add(ModelVersion(model_id=MODEL, version=name, registered_at=at, **about))
        for name, version in aliases.items():
            moved = AliasChange(model_id=MODEL, alias=name, sequence=0, version=version, by=ENGINEER, reason="", at=at)
            registry.point(session, moved)


def candidate(services, status="validated_pass", version=NEW, **more):
    """Let a retrain of the incident have ended so."""
    at = services.clock()
    with services.transaction() as session:
        about = {"requested_by": ENGINEER, "requested_at": at, "reason": "biased", "finished_at": at, "next_at": at}
        made = RetrainRequest(
            id="RTR-1", model_id=MODEL, incident_id=INCIDENT, status=status, candidate=version, **about, **more
        )
        session.add(made)


def known(services):
    """Let the model have three versions, of which one serves, one was good, and one passed its validation."""
    register(services, OLD, NOW, NEW, champion=NOW, last_known_good=OLD)
    candidate(services)
    return services


def rolled_back(services, *versions):
    """Let it be so some time after a rollback, with further versions registered."""
    known(services)
    register(services, *versions, WAS)
    at = services.clock()
    with services.transaction() as session:
        about = {"model_id": MODEL, "incident_id": INCIDENT, "reason": "unfair", "requested_by": ENGINEER}
        times = {"requested_at": at, "next_at": at, "finished_at": at}
        row = Rollout(id="RBK-90", kind="rollback", from_version=WAS, to_version=NOW, status="done", **about, **times)
        row.snapshot, row.step = {"steps": [], "aliases": {}, "baseline": None, "lifts": []}, 0
        session.add(row)


def approve(services, by=OWNER, word="", approval="APR-1"):
    return approvals.decide(services, Decision("approve", approval, by, word=word))


def asked(services, verb, by=ENGINEER, approval="APR-1", **fields):
    """Have it asked for and approved; return the change."""
    given = {"reason": "because", **({"candidate": "RTR-1"} if verb == "promote" else {}), **fields}
    outcome = do(services, verb, by, **given)
    assert outcome.kind is Kind.REQUESTED, (outcome, outcome.error)
    word = "PROMOTE" if verb == "promote" else ""
    done = approve(services, word=word, approval=approval)
    assert done.kind is Kind.DONE, (done, done.error)
    return newest(services)


def newest(services):
    with services.database.read() as session:
        return session.exec(select(Rollout).order_by(Rollout.requested_at.desc())).first()


def run(services, registry_of=None, rounds=200):
    """Let it go on to its end; waits are skipped."""
    loop = Rollouts(services, registry_of) if registry_of else Rollouts(services)
    for _ in range(rounds):
        if not loop.step():
            if newest(services).status not in ("queued", "running", "undoing"):
                return newest(services)
            services.clock.forward(seconds=5)
    raise AssertionError("it never came to its end")


def state(services):
    """Return what serves: names, the level and the baseline."""
    with services.database.read() as session:
        held = oversight.strictest(session, MODEL)
        active = baselines.active(session, MODEL)
        return registry.named(session, MODEL), held.level if held else 0, active.version


def with_policy(services, **rollback):
    """Let the policy say so of the rollback."""
    (watched,) = services.policy.models
    how = watched.rollback.model_copy(update={"timeout": timedelta(minutes=2), **rollback})
    services.policy = services.policy.model_copy(update={"models": (watched.model_copy(update={"rollback": how}),)})
    services.policy_version = None  # what was handed in stays


@dataclass
class Elsewhere:
    """A registry in another system; what it answers to its n-th call is what a test wants."""

    versions_of: tuple[str, ...]
    names: dict[str, str]
    wrong: dict[int, SendError] = field(default_factory=dict)  # by number of the call
    for_good: bool = False  # from that call on
    does_it: bool = False  # although it says otherwise: its answer was lost
    tags: dict[tuple[str, str], str] = field(default_factory=dict)
    calls: list[tuple[str, ...]] = field(default_factory=list)

    def versions(self, model):
        self._called("versions")
        return [Found(one) for one in self.versions_of]

    def aliases(self, model):
        self._called("aliases")
        return dict(self.names)

    def point(self, model, alias, version):
        error = self._said("point", alias, str(version))
        if error is None or self.does_it:
            self.names = {**self.names, alias: version}
        if error is not None:
            raise error

    def checksum(self, place, beat=checksums.nothing):
        return checksums.of(place, beat)

    def tag(self, model, version, name, value):
        self._called("tag", version, name)
        self.tags[version, name] = value

    def _said(self, *call):
        self.calls.append(call)
        number = len(self.calls)
        if self.for_good:
            return next((error for at, error in self.wrong.items() if number >= at), None)
        return self.wrong.get(number)

    def _called(self, *call):
        error = self._said(*call)
        if error is not None:
            raise error


def elsewhere(services, **more):
    """Let the model's versions be kept in another system."""
    (watched,) = services.policy.models
    kept = Registered(kind="mlflow", url="http://127.0.0.1:9")
    services.policy = services.policy.model_copy(update={"models": (watched.model_copy(update={"registry": kept}),)})
    return Elsewhere((OLD, NOW, NEW), {"champion": NOW, "last_known_good": OLD}, **more)
