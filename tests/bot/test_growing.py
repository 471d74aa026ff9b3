"""Evidence grows: each evaluation leads to a further version, one an hour, and none is written over."""

import pytest
from sqlmodel import select

from analysis.response.outcomes import Kind
from bot.bundling import LEASE
from bot.operations import evidence, retraining
from storage import leases
from storage.tables import Bundle, ModelVersion, RetrainRequest
from tests.bot.lived import ENGINEER, INCIDENT, MODEL, actions, check, do, entries, later, looked, report, taken
from tests.bot.rolled import NEW, asked, known, run, with_policy

# What is claimed is told on both databases; the rest is the same on either.
pytestmark = pytest.mark.databases("sqlite")

AUDITOR, OFFICER = "U0AUDITO01", "U0COMPLY01"


ON_BOTH = pytest.mark.databases("sqlite", "postgresql")


@pytest.fixture
def services(night):
    """The night of the fairness alert, of which there is a bundle."""
    for made in taken(night):
        do(made, "export", AUDITOR)
        assert make(made) == [1]
        yield made


def begin(services):
    """Return the bundle that is due, claimed; None where none is."""
    with services.database.write() as session:
        found = leases.claim(session, Bundle, leases.Lease(services.clock(), LEASE, "making"))
        if found is not None:
            session.expunge(found)
        return found


def make(services):
    """Let all that is due be recorded as made; return the versions. What is in them is told elsewhere."""
    versions = []
    while (bundle := begin(services)) is not None:
        assert evidence.made(services, bundle, f"v{bundle.version}.tar.gz", "0" * 64, 1)
        versions.append(bundle.version)
    return versions


def queued(services):
    with services.database.read() as session:
        found = session.exec(select(Bundle).where(Bundle.status == "queued"))
        return [(one.version, one.requested_by, one.next_at) for one in found]


def judge(services, passes=True):
    """Let the validation of a retrain of the incident end."""
    now = services.clock()
    row = RetrainRequest(id="RTR-1", model_id=MODEL, incident_id=INCIDENT, status="validating", reason="unfair",
                         requested_by=ENGINEER, requested_at=now, next_at=now)  # fmt: skip
    with services.transaction() as session:
        session.add(row)
        session.flush()
        session.refresh(row)
        session.expunge(row)
    version = ModelVersion(model_id=MODEL, version=NEW, registered_by="system", registered_at=now)
    assert retraining.judged(services, row, {"passes": passes}, version)


def verify(services):
    do(services, "verify", ENGINEER, note="it is in")
    looked(services, report(services, well=True))


def test_a_validation_leads_to_the_next_version_at_once(services):
    judge(services, passes=False)
    assert make(services) == [2]
    assert [one["version"] for one in entries(services, "export_made")] == [1, 2]
    assert actions(services).count("export_grows") == 1


def test_what_comes_in_within_the_hour_is_in_one_version_and_so_is_a_change_of_what_serves(services):
    known(services)
    asked(services, "promote")
    assert run(services).status == "done"
    assert make(services) == [2]
    verify(services)
    check(services, report(services, well=True))
    assert make(services) == []
    ((version, by, due),) = queued(services)
    assert (version, by) == (3, "system")
    services.clock.now = due
    assert make(services) == [3]
    assert actions(services).count("export_grows") == 2


def test_the_end_of_a_watch_and_a_change_that_was_taken_back_count_too(services):
    known(services)
    with_policy(services, test=("false",))
    asked(services, "rollback")
    assert run(services).status == "undone"
    assert make(services) == [2]
    with_policy(services, test=())
    asked(services, "rollback", approval="APR-2")
    assert run(services).status == "done"
    services.clock.forward(hours=1)
    assert make(services) == [3]
    later(services, hours=2)
    assert [one["rollout"] for one in entries(services, "rollout_watched")] == ["RBK-2"]
    assert make(services) == [4]


def test_a_night_of_checks_makes_one_version_an_hour(services):
    made = []
    for _ in range(9):
        check(services, report(services, well=False))
        services.clock.forward(minutes=20)
        made += make(services)
    assert made == [2, 3, 4]


@ON_BOTH
def test_whoever_asks_does_not_wait_for_the_hour(services):
    verify(services)
    make(services)
    verify(services)
    assert make(services) == []
    assert do(services, "export", OFFICER).kind is Kind.DONE
    assert [(version, by) for version, by, _ in queued(services)] == [(3, OFFICER)]
    assert do(services, "export", AUDITOR).kind is Kind.ALREADY
    assert make(services) == [3]
    assert do(services, "export", AUDITOR).kind is Kind.ALREADY


@ON_BOTH
def test_what_comes_in_while_one_is_made_is_in_the_next(services):
    do(services, "update", ENGINEER, note="halted")
    do(services, "export", AUDITOR)
    making = begin(services)
    verify(services)
    assert evidence.made(services, making, "v2.tar.gz", "0" * 64, 1)
    assert make(services) == [3]


def test_without_a_bundle_nothing_grows(night):
    for services in taken(night):
        verify(services)
        do(services, "export", AUDITOR)
        with services.database.write() as session:  # its only one could not be made
            session.exec(select(Bundle)).one().status = "failed"
        verify(services)
        assert queued(services) == []
