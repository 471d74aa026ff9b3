"""A bundle that is made when the incident's rows of the audit log have long moved to files holds them all the same."""

import json
import tarfile
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from bot import archiving
from bot.bundling import Bundling
from storage import audit, inspection
from storage.tables import Bundle
from tests.bot.lived import INCIDENT, ONCALL, do, taken

# What leaves the table is tried on both by tests/storage/test_inclusion.py.
pytestmark = pytest.mark.databases("sqlite")

NEW = ["clock_breached", "update"]  # what is a month younger than the rest


@pytest.fixture
def services(night):
    """The night of the fairness alert a month later; the rows of then are in a file."""
    for made in taken(night):
        kept = made.policy.retention.model_copy(update={"audit": timedelta(days=30)})
        made.policy = made.policy.model_copy(update={"retention": kept, "audit_channel": None})
        made.policy_version = None
        made.clock.forward(days=31)
        do(made, "update", ONCALL, note="still at work")
        assert [archiving.archive(made) > 0 for _ in range(2)] == [False, True]  # written, and a night later deleted
        yield made


def made(services):
    """Return the verdict on the bundle that is asked for now, its rows of the audit log, and what it lacks."""
    do(services, "export", "U0AUDITO01")
    assert Bundling(services).step()
    with services.database.read() as session:
        path = session.exec(select(Bundle.path).order_by(Bundle.id.desc())).first()
    with tarfile.open(path) as archive:
        held = {Path(one.name).name: archive.extractfile(one).read() for one in archive}
    actions = [json.loads(line)["action"] for line in held["audit.jsonl"].splitlines()]
    verdict = inspection.verify(Path(path), services.keys.signing.public_key())
    return verdict, actions, json.loads(held["case_bundle.json"])["missing"]


def test_rows_in_files_are_there_and_proved(services):
    with services.database.read() as session:
        assert [row.action for row in audit.rows_of(session, INCIDENT)] == NEW
    verdict, actions, missing = made(services)
    assert (verdict.faults, verdict.stated["Audit-Tree"].count(";")) == ((), 1)
    assert actions[:2] == ["opened", "acknowledge"]
    assert actions[-3:] == [*NEW, "export"]
    assert "audit extract with proof of inclusion" not in missing


def test_a_file_that_is_gone_is_named(services):
    for path in (services.data / "audit").glob("*.gz"):
        path.unlink()
    verdict, actions, missing = made(services)
    assert (verdict.faults, actions) == ((), [*NEW, "export"])
    assert "which is missing" in missing["audit extract with proof of inclusion"]
