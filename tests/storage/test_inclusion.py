"""Rows of the audit log in a bundle, wherever they lie by now: each is shown to be of its stretch of the log."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from storage import audit, evidence, inclusion, inspection, protection, segments
from storage.audit import Entry
from storage.segments import Stretch

KEY = Ed25519PrivateKey.generate()
NOW = datetime(2026, 11, 21, tzinfo=UTC)
MINE = {"INC-1", "RTR-1"}
ENTITIES = ["INC-1", "INC-2", "RTR-1", "INC-2", "INC-2", "INC-2", "INC-1", "INC-1", "INC-1"]  # rows 1 to 9


@pytest.fixture
def moved(database, tmp_path):
    """Nine rows: 1 to 3 and 4 to 6 left the table, 7 and 8 are in a file, and of them 8 is in the table still."""
    with database.write() as session:
        for number, entity in enumerate(ENTITIES):
            audit.append(session, Entry("U1", "freeze", entity, data={"n": number}), NOW)
        after, prev = 0, protection.GENESIS
        for last, removed in ((3, 3), (6, 3), (8, 1)):
            made = segments.write(session, Stretch(after, prev, last), tmp_path / "audit", KEY, NOW)
            session.add(made)
            session.flush()
            segments.remove(session, made, removed)
            after, prev = made.last_seq, made.hash
    return database


def gathered(database, folder, since=NOW):
    with database.read() as session:
        table = inclusion.in_table(session, MINE, audit.head_of(session)[0])
        found = inclusion.moved(session, since)
    old, lacking = inclusion.in_files(found, MINE, folder / "audit", KEY.public_key())
    return *inclusion.extract([*old, table]), lacking


def verified(folder, lines, trees):
    (folder / "inside").mkdir()
    (folder / "inside/audit.jsonl").write_bytes(lines)
    packed = evidence.pack(folder / "inside", "x", evidence.Said({}, {"Audit-Tree": trees}), KEY)
    return inspection.verify(packed.path, KEY.public_key())


def numbers(lines):
    return [json.loads(line)["seq"] for line in lines.splitlines()]


def test_rows_that_left_the_table_are_there_with_their_proof(moved, tmp_path):
    lines, trees, lacking = gathered(moved, tmp_path)
    assert (numbers(lines), lacking) == ([1, 3, 7, 8, 9], "")
    assert [tree.split()[:2] for tree in trees.split("; ")] == [["1", "3"], ["7", "8"], ["8", "9"]]
    seen = verified(tmp_path, lines, trees)
    assert (seen.faults, seen.audit_rows) == ((), 5)


def test_a_row_is_of_no_other_stretch_than_its_own(moved, tmp_path):
    lines, trees, _ = gathered(moved, tmp_path)
    first, *others = trees.split("; ")
    seen = verified(tmp_path, lines, "; ".join(others))
    assert [fault.split(": ")[1] for fault in seen.faults] == [
        f"row {number} is not of the log that was signed" for number in (1, 3)
    ]
    assert first.startswith("1 3 ")


def test_a_file_that_is_gone_or_was_changed_is_named(moved, tmp_path):
    first, _, last = sorted((tmp_path / "audit").glob("*.gz"))
    first.unlink()
    last.write_bytes(last.read_bytes() + b"x")
    lines, trees, lacking = gathered(moved, tmp_path)
    assert numbers(lines) == [8, 9]
    assert "rows 1 to 3 lay in audit-000000001-000000003.jsonl.gz, which is missing" in lacking
    assert "rows 7 to 8 lay in audit-000000007-000000008.jsonl.gz, which was changed after it was signed" in lacking
    assert verified(tmp_path, lines, trees).faults == ()


def test_what_was_moved_before_the_incident_is_not_looked_at(moved, tmp_path):
    for path in (tmp_path / "audit").glob("*.gz"):
        path.unlink()
    assert gathered(moved, tmp_path, since=NOW + timedelta(days=1))[2] == ""


@pytest.mark.parametrize("trees", ["1 9", "x 9 aa", "1 9 aa; 1 9", "1 9 aa aa"])
def test_a_statement_that_names_no_tree_proves_nothing(moved, tmp_path, trees):
    lines, _, _ = gathered(moved, tmp_path)
    assert verified(tmp_path, lines, trees).faults == ("data/audit.jsonl: the statement names no audit tree",)
