"""Versions are registered once, looked at again and again, and may not serve once they are not what they were."""

import hashlib
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlmodel import select

from analysis.errors import Missing, NotAllowed, Unknown
from analysis.response.checksums import State
from bot import checksums, schedule
from bot.checksums import Unreadable
from bot.demo import demo
from bot.integrations.registry.port import Found
from bot.operations import registering, versions
from bot.operations.registering import Seen
from bot.operations.versions import Parts, Wish
from bot.runner import Runner
from bot.services import Services
from storage import audit, policies, registry
from storage.tables import Alert, AliasChange, AuditRow, Incident, Model, ModelVersion, Owed, Run, TimelineEntry
from tests.contracts.test_every_job import Clock

MODEL, LEAD, ENGINEER = demo.MODEL, "lead@example.org", "engineer@example.org"


@pytest.fixture
def services(database, tmp_path):
    text = demo.policy_text(tmp_path, demo.DATA)
    policy = policies.parse(text, "test").model_copy(update={"roles": {"ml_lead": (LEAD,), "ml_engineer": (ENGINEER,)}})
    made = Services(database, policy, tmp_path, None, Clock())
    with database.write() as session:
        session.add(Model(id=MODEL, name="Income", risk="high", registered_at=made.clock()))
    return made


@pytest.fixture
def artefact(tmp_path):
    path = tmp_path / "model.bin"
    path.write_bytes(b"weights")
    return path


def register(services, artefact, version="2.0.0", by=LEAD):
    parts = Parts(str(artefact), checksums.of(str(artefact)))
    return versions.register(services, Wish(by, MODEL, version), parts)


def rows(services, table):
    with services.database.read() as session:
        return list(session.exec(select(table)))


def row(services, version="2.0.0"):
    with services.database.read() as session:
        return registry.version(session, MODEL, version)


def test_a_checksum_is_that_of_sha256sum(tmp_path):
    folder = tmp_path / "model"
    (folder / "sub dir").mkdir(parents=True)
    (folder / "sub dir" / "b").write_bytes(b"2" * 3_000_000)
    (folder / "a.txt").write_bytes(b"1")
    (folder / "ä").write_bytes(b"")
    command = r"find -L . -type f | LC_ALL=C sort | xargs -d '\n' sha256sum | sha256sum"
    listed = subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, text=True, check=True).stdout
    assert checksums.of(str(folder)) == listed.split()[0]
    assert checksums.of(f"file://{folder}/a.txt") == hashlib.sha256(b"1").hexdigest()
    assert checksums.of(str(folder / "gone")) is None


@pytest.mark.parametrize("place", ["models:/income/3", "mlflow-artifacts:/0/x", "/dev/zero", "kafka://x"])
def test_what_has_no_end_or_no_way_there_is_not_read(place):
    with pytest.raises(Unreadable):
        checksums.of(place)


def test_a_version_is_registered_once_and_never_changed(services, artefact):
    assert register(services, artefact)
    assert not register(services, artefact)
    artefact.write_bytes(b"other weights")
    with pytest.raises(Missing, match="other checksums"):
        register(services, artefact)
    with pytest.raises(NotAllowed):
        register(services, artefact, "3.0.0", by=ENGINEER)
    with pytest.raises(Unknown):
        versions.register(services, Wish(LEAD, "nix", "1"), Parts("x", "y"))
    assert [(one.version, one.registered_by) for one in rows(services, ModelVersion)] == [("2.0.0", LEAD)]
    told = [one.outcome for one in rows(services, AuditRow) if one.action == "version_registered"]
    assert told == ["done", "done", "refused", "refused", "refused"]


def test_an_alias_stands_for_what_is_registered_and_may_serve(services, artefact):
    register(services, artefact)
    register(services, artefact, "2.1.0")
    assert versions.point(services, Wish(LEAD, MODEL, "2.0.0", "the first"), "champion") is None
    assert versions.point(services, Wish(LEAD, MODEL, "2.0.0", "again"), "champion") == "2.0.0"
    with pytest.raises(Missing, match="promotion or rollback"):
        versions.point(services, Wish(LEAD, MODEL, "2.1.0"), "champion")
    with pytest.raises(NotAllowed):
        versions.point(services, Wish(ENGINEER, MODEL, "2.1.0"), "fallback")
    with pytest.raises(Unknown):
        versions.point(services, Wish(LEAD, MODEL, "9"), "fallback")
    with pytest.raises(Unknown):
        versions.point(services, Wish(LEAD, MODEL, "2.1.0"), "canary")
    assert [(one.alias, one.version, one.by, one.reason) for one in rows(services, AliasChange)] == [
        ("champion", "2.0.0", LEAD, "the first")
    ]


def test_a_changed_artefact_is_one_critical_security_incident_until_it_is_right_again(services, artefact):
    register(services, artefact)
    versions.point(services, Wish(LEAD, MODEL, "2.0.0"), "champion")
    assert registering.verify(services, MODEL, "2.0.0").is_proved
    artefact.write_bytes(b"poison")
    for _ in range(2):
        look = registering.verify(services, MODEL, "2.0.0")
    assert (look.mismatch, look.is_proved) == ("artefact differs", False)
    (incident,) = rows(services, Incident)
    (alert,) = rows(services, Alert)
    assert (incident.severity, incident.family, alert.repeats) == ("critical", "security", 2)
    assert alert.details["cause"]["facts"]["serves"] is True
    with pytest.raises(Missing, match="may not serve: artefact differs"):
        versions.point(services, Wish(LEAD, MODEL, "2.0.0"), "fallback")
    artefact.unlink()
    assert registering.verify(services, MODEL, "2.0.0").mismatch == "artefact gone"
    artefact.write_bytes(b"weights")
    assert registering.verify(services, MODEL, "2.0.0").is_proved
    assert rows(services, Alert)[0].state == "recovered"
    assert row(services).mismatch is None
    assert [one.verb for one in rows(services, TimelineEntry) if one.verb == "recovered"] == ["recovered"]
    with services.database.read() as session:
        assert not audit.verify(session)[1]


def test_who_cannot_read_it_knows_nothing_and_says_so_once_a_day(services, artefact):
    register(services, artefact)
    with services.database.write() as session:
        changed = registry.version(session, MODEL, "2.0.0")
        changed.artefact = "models:/income/2"
        session.add(changed)
    for _ in range(2):
        look = registering.verify(services, MODEL, "2.0.0")
    assert [one.state for one in look.parts] == [State.UNREAD, State.UNREGISTERED]
    assert not look.is_proved
    assert not rows(services, Incident)
    assert [one.data["about"] for one in rows(services, Owed)] == ["unread"]


def test_the_schedule_looks_where_there_is_something_to_look_at(services, artefact):
    schedule.plan(services)
    assert not [one for one in rows(services, Run) if one.purpose == "registry"]
    register(services, artefact)
    schedule.plan(services)
    schedule.plan(services)
    artefact.write_bytes(b"poison")
    services.clock.now += timedelta(hours=6)
    while schedule.fire(services):
        pass
    assert Runner(services).step()
    (run,) = [one for one in rows(services, Run) if one.purpose == "registry"]
    assert run.status == "finished"
    assert row(services).mismatch == "artefact differs"
    assert len(rows(services, Incident)) == 1


def seen_by(services, aliases, found=()):
    with services.database.write() as session:
        run = Run(
            model_id=MODEL, purpose="registry", status="running", attempts=1, requested_by="system",
            requested_at=services.clock(), next_at=services.clock(),
        )  # fmt: skip
        session.add(run)
        session.flush()
    services.clock.now += timedelta(seconds=1)
    return registering.looked(services, run, Seen(services.clock(), [Found(one) for one in found], aliases))


def told(services):
    return [one.data for one in rows(services, Owed) if one.kind == "notice"]


def test_what_was_there_at_the_first_look_is_known_and_not_told(services):
    assert seen_by(services, {"champion": "3", "canary": "4"}, ["3", "4"])
    assert [(one.alias, one.version, one.by) for one in rows(services, AliasChange)] == [("champion", "3", "registry")]
    assert not told(services)


def test_an_alias_moved_behind_our_back_is_followed_audited_and_told(services):
    seen_by(services, {"champion": "3"}, ["3"])
    with services.database.write() as session:
        four = ModelVersion(model_id=MODEL, version="4", registered_by=LEAD, registered_at=services.clock())
        four.blocked_by, four.blocked_why = "INC-2026-03-001", "it was rolled back"
        session.add(four)
    seen_by(services, {"champion": "4"}, ["3", "4", "5"])
    with services.database.read() as session:
        assert registry.alias(session, MODEL, "champion").version == "4"
    assert [(one["about"], one.get("version"), one.get("blocked")) for one in told(services)] == [
        ("version_appeared", "5", None), ("alias_moved", "4", "it was rolled back"),
    ]  # fmt: skip
    assert ("registry", "alias_moved") in [(one.actor, one.action) for one in rows(services, AuditRow)]
    seen_by(services, {"champion": "4"}, ["3", "4", "5"])
    assert len(told(services)) == 2


def test_an_alias_that_we_move_meanwhile_is_not_taken_for_somebody_elses(services, artefact):
    register(services, artefact)
    then = services.clock()
    services.clock.now += timedelta(seconds=1)
    versions.point(services, Wish(LEAD, MODEL, "2.0.0"), "champion")
    with services.database.write() as session:
        run = Run(model_id=MODEL, purpose="registry", status="running", attempts=1, requested_by="system",
                  requested_at=then, next_at=then)  # fmt: skip
        session.add(run)
        session.flush()
    registering.looked(services, run, Seen(then, [], {}))
    assert [one.by for one in rows(services, AliasChange)] == [LEAD]


def test_two_who_name_at_once_are_one_after_the_other(services, artefact):
    register(services, artefact, "1")
    register(services, artefact, "2")
    with ThreadPoolExecutor(1) as other:
        with services.transaction() as session:
            first = AliasChange(model_id=MODEL, alias="fallback", sequence=0, version="1", by=LEAD, reason="",
                                at=services.clock())  # fmt: skip
            registry.point(session, first)
            second = other.submit(versions.point, services, Wish(LEAD, MODEL, "2"), "fallback")
            with pytest.raises(TimeoutError):
                second.result(0.2)
        assert second.result() == "1"
    assert [(one.sequence, one.version) for one in rows(services, AliasChange)] == [(1, "1"), (2, "2")]


def test_a_look_that_was_taken_over_writes_nothing(services):
    with services.database.write() as session:
        run = Run(model_id=MODEL, purpose="registry", status="running", attempts=2, requested_by="system",
                  requested_at=services.clock(), next_at=services.clock())  # fmt: skip
        session.add(run)
        session.flush()
        session.expunge(run)
    run.attempts = 1
    assert not registering.looked(services, run, Seen(services.clock(), [], {"champion": "3"}))
    assert not rows(services, AliasChange)


def test_a_registry_that_does_not_answer_is_told_after_three_tries(services):
    watched = services.policy.models[0]
    away = watched.registry.model_copy(update={"kind": "mlflow", "url": "http://127.0.0.1:9"})
    models = (watched.model_copy(update={"registry": away}),)
    services.policy = services.policy.model_copy(update={"models": models})
    schedule.plan(services)  # the first look is at once
    while schedule.fire(services):
        pass
    for _ in range(3):
        assert Runner(services).step()
        services.clock.now += timedelta(seconds=20)
    assert [one["about"] for one in told(services)] == ["registry_away"]
    assert "cannot be reached" in told(services)[0]["error"]


def test_a_version_that_was_known_keeps_what_it_was_and_gets_what_it_lacked(services):
    made = {"model_id": MODEL, "version": "3", "registered_by": LEAD, "registered_at": services.clock()}
    sums = {"artefact": "/m", "artefact_sha256": "ab", "verified_at": services.clock()}
    seen_by(services, {}, ["3"])
    for how, checksum in (("failed", "ab"), ("passed", "cd")):
        judged = {"validation": how, "judged_as": f"RTR-{how}"}
        with services.transaction() as session:
            registry.keep(session, ModelVersion(**made | sums | {"artefact_sha256": checksum}, details=judged))
        found = row(services, "3")
        assert (found.artefact_sha256, found.registered_by, found.details) == ("ab", "registry", judged)
        assert found.verified_at is not None


def test_the_registrar_looks_at_what_the_aliases_stand_for_too(services, artefact):
    for number in range(12):
        register(services, artefact, f"1.{number}")
    versions.point(services, Wish(LEAD, MODEL, "1.0"), "last_known_good")
    with services.database.read() as session:
        assert len(registering.to_look_at(session, MODEL)) == registering.MOST + 1
