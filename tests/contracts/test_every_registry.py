"""Every kind of registry: the same cases, on our own tables and on a real MLflow server."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlmodel import select

from analysis.vocabulary import Oversight
from bot import schedule
from bot.checksums import Unreadable, digest, of_folder
from bot.demo import demo
from bot.integrations.errors import Permanent
from bot.integrations.registry import mlflow, registries, step
from bot.integrations.registry.mlflow import MLflow
from bot.integrations.registry.port import Registry
from bot.operations import gating, registering, versions
from bot.operations.versions import Parts, Wish
from bot.runner import Runner
from bot.services import Services
from storage import outbox, oversight, policies, registry
from storage.tables import AliasChange, Model, ModelVersion, OversightChange, Owed
from tests.contracts.test_every_job import Clock
from tests.mlflow import Server

pytestmark = pytest.mark.databases("sqlite")  # tests/bot/test_registering.py writes to both

MODEL, LEAD = demo.MODEL, "lead@example.org"


@pytest.fixture
def services(database, tmp_path):
    policy = policies.parse(demo.policy_text(tmp_path, demo.DATA), "test")
    return Services(database, policy.model_copy(update={"roles": {"ml_lead": (LEAD,)}}), tmp_path, None, Clock())


@dataclass
class Kind:
    """A registry with one model in it, and how its team adds a version."""

    registry: Registry
    services: Services
    model: str
    add: Callable[..., str]

    def point(self, alias: str, version: str | None) -> None:
        """Move the alias as everything does that moves one: outside, then in our own tables."""
        self.registry.point(self.model, alias, version)
        with self.services.transaction() as session:
            before = registry.alias(session, self.model, alias)
            if (before.version if before else None) != version:
                at = self.services.clock()
                new = AliasChange(
                    model_id=self.model, alias=alias, sequence=0, version=version, by="t", reason="", at=at
                )
                registry.point(session, new)

    def tags(self, version: str) -> dict[str, str]:
        (found,) = [one for one in self.registry.versions(self.model) if one.version == version]
        return dict(found.details.get("tags", {}))


def versions_come_oldest_first_with_their_checksums(kind: Kind) -> None:
    assert kind.registry.versions(kind.model) == []
    assert kind.registry.aliases(kind.model) == {}
    names = [kind.add(artefact_sha256=f"{n:064x}", training_data="d.csv", training_data_sha256="cd") for n in range(11)]
    found = kind.registry.versions(kind.model)
    assert [one.version for one in found] == names
    assert [one.artefact_sha256 for one in found] == [f"{n:064x}" for n in range(11)]
    assert {(one.training_data, one.training_data_sha256) for one in found} == {("d.csv", "cd")}
    assert all(one.artefact for one in found)


def an_alias_is_moved_and_taken_away_however_often_one_asks(kind: Kind) -> None:
    one, two = kind.add(), kind.add()
    for version in (one, one, two, two):
        kind.point("champion", version)
        assert kind.registry.aliases(kind.model)["champion"] == version
    kind.point("last_known_good", one)
    for _ in range(2):
        kind.point("champion", None)
    assert kind.registry.aliases(kind.model) == {"last_known_good": one}


def an_alias_stands_for_no_version_that_is_not_there(kind: Kind) -> None:
    kind.add()
    with pytest.raises(Permanent):
        kind.registry.point(kind.model, "champion", "99")
    assert kind.registry.aliases(kind.model) == {}


def a_tag_is_set_changed_and_taken_away_however_often_one_asks(kind: Kind) -> None:
    version, other = kind.add(), kind.add()
    before = kind.tags(version)
    for value in ("level 3", "level 3", "level 4, INC-2026-03-001"):
        kind.registry.tag(kind.model, version, "frozen", value)
        assert kind.tags(version) == before | {"frozen": value}
    assert "frozen" not in kind.tags(other)
    for _ in range(2):
        kind.registry.tag(kind.model, version, "frozen", None)
    assert kind.tags(version) == before
    with pytest.raises(Permanent):
        kind.registry.tag(kind.model, "99", "frozen", "level 4")


CASES = (
    versions_come_oldest_first_with_their_checksums,
    an_alias_is_moved_and_taken_away_however_often_one_asks,
    an_alias_stands_for_no_version_that_is_not_there,
    a_tag_is_set_changed_and_taken_away_however_often_one_asks,
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_our_own_tables(services, case):
    known(services, MODEL)

    def add(**parts: str) -> str:
        with services.transaction() as session:
            name = f"2.0.{len(registry.versions(session, MODEL))}"
            row = ModelVersion(model_id=MODEL, version=name, artefact="m.bin", registered_by="t",
                               registered_at=services.clock(), **parts)  # fmt: skip
            session.add(row)
        return name

    case(Kind(registries.of(services, services.policy.models[0]), services, MODEL, add))


def test_a_real_mlflow(services, mlflow_server, monkeypatch):
    """One test, so that one worker starts one server."""
    monkeypatch.setattr(mlflow, "PAGE", 4)  # several pages
    for case in CASES:
        name = f"it's {case.__name__}"
        mlflow_server.call("POST", "registered-models/create", name=name)
        known(services, name)
        case(
            Kind(MLflow(mlflow_server.url), services, name, lambda name=name, **parts: mlflow_server.add(name, **parts))
        )
    with pytest.raises(Permanent, match="not found"):
        MLflow(mlflow_server.url).aliases("nobody made it")
    what_lies_inside_is_read_through_it(mlflow_server)
    it_is_kept_in_step(services, mlflow_server)


def what_lies_inside_is_read_through_it(there: Server) -> None:
    """Count a folder with another in it, a file, what is gone, what lies elsewhere."""
    mlflow = MLflow(there.url)
    there.call("POST", "registered-models/create", name="inside")
    files = {"MLmodel": b"flavors: {}", "data/we ights+ä.bin": b"w" * 3_000_000, "data/deep/x": b""}
    version = there.log("inside", **files)
    place, sums = there.source("inside", version), {name: digest(iter([content])) for name, content in files.items()}
    assert mlflow.checksum(place) == of_folder(sums)
    assert mlflow.checksum(f"models:/inside/{version}") == of_folder(sums)
    assert mlflow.checksum(f"models:/inside/{version}/MLmodel") == sums["MLmodel"]
    assert mlflow.checksum(f"runs:/{place.split('/')[2]}/model/data") == of_folder(
        {name.removeprefix("data/"): checksum for name, checksum in sums.items() if name.startswith("data/")}
    )
    there.put(f"{place}/data/deep/x", b"poison")
    assert mlflow.checksum(place) != of_folder(sums)
    assert mlflow.checksum(f"{place}/gone") is None
    dbfs = there.add("inside")
    for elsewhere, why in (
        (f"models:/inside/{dbfs}", "dbfs: is no place"),
        ("models:/inside@champion", "another version tomorrow"),
        ("models:/inside/99", "not found"),
        ("runs:/nothing/model", "not found"),
        ("mlflow-artifacts://other.example:80/x", "another MLflow, other.example"),
    ):
        with pytest.raises(Unreadable, match=why):
            mlflow.checksum(elsewhere)


def it_is_kept_in_step(services: Services, there: Server) -> None:
    """Follow what the team does there; show there what we know: a freeze, a block, an alias."""
    known(services, MODEL)
    there.call("POST", "registered-models/create", name="income")
    one, two = there.add("income", artefact_sha256="ab"), there.add("income")
    there.call("POST", "registered-models/alias", name="income", alias="champion", version=one)
    watched = services.policy.models[0]
    told = watched.registry.model_copy(update={"kind": "mlflow", "url": there.url, "name": "income"})
    models = (watched.model_copy(update={"registry": told}),)
    services.policy = services.policy.model_copy(update={"models": models})

    look(services)
    assert [(change.alias, change.version, change.by) for change in changes(services)] == [
        ("champion", one, "registry")
    ]
    freeze(services, Oversight.PAUSED)
    deliver(services)
    assert there.tags("income", one) == {"artefact_sha256": "ab", "frozen": "level 4"}
    assert "frozen" not in there.tags("income", two)

    there.call("POST", "registered-models/alias", name="income", alias="champion", version=two)
    look(services)
    deliver(services)
    assert changes(services)[-1].version == two
    assert (there.tags("income", one), there.tags("income", two)) == ({"artefact_sha256": "ab"}, {"frozen": "level 4"})
    freeze(services, Oversight.NORMAL)
    versions.point(services, Wish(LEAD, MODEL, one, "as it was"), "fallback")
    versions.register(services, Wish(LEAD, MODEL, two), Parts("/gone", "cd"))
    look(services)  # the move of the alias is still on its way: nobody else's
    deliver(services)
    assert there.tags("income", two) == {"blocked": "artefact gone"}
    assert MLflow(there.url).aliases("income") == {"champion": two, "fallback": one}
    assert [change.by for change in changes(services)] == ["registry", "registry", LEAD]


def known(services: Services, model: str) -> None:
    with services.transaction() as session:
        session.add(Model(id=model, name=model, risk="high", registered_at=services.clock()))


def look(services: Services) -> None:
    """Let the next look of the schedule happen."""
    with services.transaction() as session:
        registering.plan(services, session, services.clock())
    services.clock.now += timedelta(hours=6)
    while schedule.fire(services):
        pass
    while Runner(services).step():
        pass


def changes(services: Services) -> list[AliasChange]:
    with services.database.read() as session:
        return list(session.exec(select(AliasChange).where(AliasChange.model_id == MODEL).order_by(AliasChange.id)))


def freeze(services: Services, level: Oversight) -> None:
    with services.transaction() as session:
        new = OversightChange(model_id=MODEL, sequence=0, level=level, reason="r", by="U1", at=services.clock())
        oversight.change(session, new)
        gating.follow(services, session, MODEL, services.clock())


def deliver(services: Services) -> None:
    """Send what is owed to the registry, as delivery does; an alias before the tags that depend on it."""
    with services.database.read() as session:
        rows = [row for row in outbox.listed(session, ("pending",)) if row.kind == "registry"]
    for row in rows:
        assert step.keep(services, row) == {}
    with services.transaction() as session:
        for row in session.exec(select(Owed).where(Owed.kind == "registry")):
            row.status = "sent"
            session.add(row)
