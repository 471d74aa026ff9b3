"""Every tamper of the audit log is found, the two that a bare chain misses included (RELIABILITY §3)."""

import gzip
import hashlib
import io
import json
import tarfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text
from sqlmodel import col, delete

from analysis.errors import BadInput
from storage import audit, checkpoints, notes, proof, protection, segments
from storage.audit import Entry
from storage.database import Database
from storage.proof import Given
from storage.tables import AuditHead, AuditRow, AuditSegment, Checkpoint

NOW = datetime(2026, 11, 23, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
TABLES = {name: table for name, (table, *_) in (protection.SQLITE | protection.POSTGRESQL).items()}


@dataclass
class Log:
    """Thirty rows, a checkpoint at each tenth, the first ten moved to a segment; a thief's hands on it."""

    database: Database
    folder: Path
    outside: str  # the checkpoints that were posted

    def faults(self, outside: str | None = None, given: bool = True) -> list[str]:
        anchors = checkpoints.parse(outside or self.outside, KEY.public_key(), "slack") if given else ()
        with self.database.read() as session:
            return [str(one) for one in proof.verify(session, Given(KEY.public_key(), self.folder, anchors)).faults]

    def alone(self) -> list[str]:
        """Return what the bare chain and its head find."""
        with self.database.read() as session:
            return [str(one) for one in audit.verify(session)[1]]

    def run(self, *statements: str) -> None:
        """Change what the triggers forbid, then put the triggers back so that nothing is noticed by them."""
        with self.database.engine.connect() as connection:
            self._drop(connection)
            for statement in statements:
                connection.execute(text(statement))
            protection.protect(connection)
            connection.commit()

    def _drop(self, connection) -> None:
        names = protection.SQLITE if self.database.is_sqlite else protection.POSTGRESQL
        for name in names:
            connection.execute(
                text(f"DROP TRIGGER {name}" + ("" if self.database.is_sqlite else f" ON {TABLES[name]}"))
            )

    def drop(self, name: str) -> None:
        with self.database.engine.connect() as connection:
            connection.execute(
                text(f"DROP TRIGGER {name}" + ("" if self.database.is_sqlite else f" ON {TABLES[name]}"))
            )
            connection.commit()

    def chain_anew(self, since: int) -> None:
        """Number and chain every row behind `since` anew and put the head right: what a thief with time does."""
        with self.database.engine.connect() as connection:
            self._drop(connection)
            connection.commit()
        with self.database.write() as session:
            rows = list(audit.since(session, since))
            before = session.get(AuditRow, since)
            session.exec(delete(AuditRow).where(col(AuditRow.seq) > since))
            seq, prev = before.seq, before.hash
            for row in rows:
                seq += 1
                copy = AuditRow(**row.model_dump() | {"seq": seq, "prev": prev, "hash": ""})
                copy.at = row.at
                copy.hash = prev = audit.digest(copy)
                session.add(copy)
                session.flush()
            session.get(AuditHead, 1).seq, session.get(AuditHead, 1).hash = seq, prev
        with self.database.engine.connect() as connection:
            protection.protect(connection)
            connection.commit()

    def cut(self, last: int, *, head: bool) -> None:
        """Cut the tail behind a row; put the head right where it shall not show."""
        right = f"UPDATE audit_head SET seq = {last}, hash = (SELECT hash FROM audit WHERE seq = {last})"
        self.run(f"DELETE FROM audit WHERE seq > {last}", *([right] if head else []))


def append(session, numbers) -> None:
    for number in numbers:
        audit.append(session, Entry("U1", "acknowledge", f"INC-{number}", data={"n": number}), NOW)


@pytest.fixture
def log(database, tmp_path):
    folder = tmp_path / "audit"
    for start in (1, 11, 21):
        with database.write() as session:
            append(session, range(start, start + 10))
            checkpoints.keep(session, audit.head_of(session), KEY, NOW + timedelta(hours=start))
    with database.write() as session:
        outside = "\n".join(anchor_notes(session))
        append(session, range(31, 34))
        made = segments.write(session, segments.Stretch(0, protection.GENESIS, 10), folder, KEY, NOW)
        session.add(made)
        session.flush()
        assert segments.remove(session, made, 100) == 10
    return Log(database, folder, outside)


def anchor_notes(session) -> list[str]:
    from sqlmodel import select

    return [row.note for row in session.exec(select(Checkpoint).order_by(Checkpoint.seq))]


def test_what_nobody_touched_holds(log):
    assert log.faults() == log.faults(given=False) == log.alone() == []


EDITS = {
    "edit": (["UPDATE audit SET actor = 'U2' WHERE seq = 14"], "row 14 was changed"),
    "edit with its hash": (["UPDATE audit SET actor = 'U2', hash = 'f00' WHERE seq = 14"], "row 14 was changed"),
    "delete": (["DELETE FROM audit WHERE seq = 14"], "row 15 row 14 is missing"),
    "delete several": (["DELETE FROM audit WHERE seq IN (14, 15)"], "row 16 rows 14 to 15 are missing"),
    "swap": (
        ["UPDATE audit SET seq = 99 WHERE seq = 14", "UPDATE audit SET seq = 14 WHERE seq = 15",
         "UPDATE audit SET seq = 15 WHERE seq = 99"], "row 14 does not follow"),
    "forge": (
        ["INSERT INTO audit SELECT 34, at, 'U2', action, entity, outcome, data, hash, 'f00' FROM audit WHERE seq = 33",
         "UPDATE audit_head SET seq = 34, hash = 'f00'"], "row 34 was changed"),
    "head": (["UPDATE audit_head SET hash = 'f00'"], "row 33 is the head"),
    "a beginning that no segment holds": (["DELETE FROM audit WHERE seq < 14"], "from row 11, are missing"),
}  # fmt: skip


@pytest.mark.parametrize("name", EDITS)
def test_what_the_chain_finds_names_its_row(log, name):
    statements, says = EDITS[name]
    log.run(*statements)
    assert any(says in fault for fault in log.faults(given=False)), log.faults(given=False)


def test_a_cut_tail_is_found_by_the_head(log):
    log.cut(23, head=False)
    assert any("row 33 is the head" in fault for fault in log.alone())


def test_a_cut_tail_with_its_head_put_right_is_found_by_a_checkpoint_alone(log):
    log.cut(23, head=True)
    assert log.alone() == []
    assert any("row 30 is in the checkpoint" in fault for fault in log.faults())


def test_a_cut_that_takes_the_stored_checkpoint_along_is_found_outside_alone(log):
    log.cut(23, head=True)
    log.run("DELETE FROM audit_checkpoint WHERE seq > 23")
    assert log.faults(given=False) == []
    assert any("row 30 is in the checkpoint" in fault for fault in log.faults())


def test_a_cut_behind_the_newest_checkpoint_is_what_anchoring_often_is_for(log):
    log.cut(31, head=True)
    assert log.faults() == []


def test_one_row_deleted_and_all_chained_anew_is_found_outside_alone(log):
    log.run("DELETE FROM audit WHERE seq = 14", "DELETE FROM audit_checkpoint")
    log.chain_anew(since=13)
    assert log.faults(given=False) == log.alone() == []
    faults = log.faults()
    assert any("row 20 is not the one in the checkpoint" in fault for fault in faults)
    assert any("row 30 is not the one in the checkpoint" in fault for fault in faults)


def test_a_stored_checkpoint_contradicts_a_chain_made_anew(log):
    log.run("DELETE FROM audit WHERE seq = 14")
    log.chain_anew(since=13)
    assert log.alone() == []
    assert any("row 20 is not the one in the checkpoint" in fault for fault in log.faults(given=False))


def test_a_forged_checkpoint_is_named(log):
    forged = notes.sign([notes.ORIGIN, "30", notes.packed("00" * 32), "Time: 2026-11-23T00:00:00+00:00"], OTHER)
    assert log.faults(forged) == ["row 30 has a checkpoint that is not signed by this key"]
    changed = log.outside.replace("\n30\n", "\n29\n")
    assert log.faults(changed) == ["row 29 has a checkpoint that is not signed by this key"]


@pytest.mark.parametrize("change", ["hash = 'f00'", "note = 'nothing'"])
def test_a_changed_stored_checkpoint_is_named(log, change):
    log.run(f"UPDATE audit_checkpoint SET {change} WHERE seq = 20")
    assert "row 20 has a checkpoint that was changed after it was signed" in log.faults()


@pytest.mark.parametrize("name", ["audit_no_update", "audit_no_delete", "audit_checkpoint_no_update"])
def test_a_dropped_trigger_is_named(log, name):
    log.drop(name)
    assert log.faults() == [f"trigger {name} is missing or was changed"]


def segment_file(log) -> Path:
    return next(log.folder.glob("*.gz"))


def rewritten(log) -> None:
    lines = gzip.decompress(segment_file(log).read_bytes()).replace(b'"U1"', b'"U2"')
    segment_file(log).write_bytes(gzip.compress(lines))


@pytest.mark.parametrize(
    ("tamper", "says"),
    [
        (lambda log: segment_file(log).unlink(), "is missing"),
        (rewritten, "was changed after it was signed"),
        (lambda log: segment_file(log).write_bytes(b"torn"), "was changed after it was signed"),
        (lambda log: log.run("UPDATE audit_segment SET hash = 'f00'"), "was changed after it was signed"),
        (lambda log: log.run("UPDATE audit_segment SET note = 'nothing'"), "is not signed by this key"),
        (lambda log: log.run("UPDATE audit_segment SET name = '../audit'"), "is missing"),
        (lambda log: log.run("DELETE FROM audit_segment"), "from row 1, are missing"),
    ],
    ids=["missing", "rewritten", "torn", "record", "note", "name", "no record"],
)
def test_a_missing_or_altered_segment_is_named(log, tamper, says):
    tamper(log)
    assert any(says in fault for fault in log.faults()), log.faults()


def test_rows_leave_only_within_a_recorded_segment(log):
    with log.database.engine.connect() as connection, pytest.raises(Exception, match="append-only"):
        connection.execute(text("DELETE FROM audit WHERE seq = 11"))
    with log.database.write() as session:
        forged = AuditSegment(first_seq=11, last_seq=20, prev="", hash="", sha256="", name="x", note="x", at=NOW)
        session.add(forged)
        session.flush()
        segments.remove(session, forged, 100)
    assert any("segment x is not signed by this key" in fault for fault in log.faults())


@pytest.fixture
def half_moved(log):
    """A second segment, four of whose ten rows have left the table."""
    with log.database.write() as session:
        made = segments.write(
            session, segments.Stretch(10, session.get(AuditSegment, 1).hash, 20), log.folder, KEY, NOW
        )
        session.add(made)
        session.flush()
        segments.remove(session, made, 4)
    return log


def test_rows_that_are_not_deleted_yet_are_those_of_the_file(half_moved):
    assert half_moved.faults() == []
    half_moved.run("UPDATE audit SET actor = 'U2' WHERE seq = 17")
    assert "row 17 was changed after it was written" in half_moved.faults()


def test_a_file_that_is_missing_is_the_one_fault_although_rows_of_it_are_left(half_moved):
    sorted(half_moved.folder.glob("*.gz"))[1].unlink()
    assert [fault.partition(": ")[0] for fault in half_moved.faults()] == ["row 11 to 20"]


def test_rows_that_are_not_deleted_yet_cannot_be_chained_anew(half_moved):
    half_moved.run("DELETE FROM audit WHERE seq = 16", "DELETE FROM audit_checkpoint")
    half_moved.chain_anew(since=15)
    assert any("row 20 is not the one of segment" in fault for fault in half_moved.faults(given=False))


def test_a_segment_before_another_cannot_be_forgotten(half_moved):
    half_moved.run("DELETE FROM audit_segment WHERE first_seq = 1")
    assert any("row 11 begins segment" in fault and "not follow row 0" in fault for fault in half_moved.faults())


def test_a_segment_is_the_same_to_the_byte_and_a_broken_chain_gives_none(log):
    with log.database.read() as session:
        hash = session.get(AuditSegment, 1).hash
        stretch = segments.Stretch(10, hash, 20)
        one = segments.write(session, stretch, log.folder, KEY, NOW)
        two = segments.write(session, stretch, log.folder, KEY, NOW)
    assert (one.sha256, one.note) == (two.sha256, two.note)
    log.run("UPDATE audit SET actor = 'U2' WHERE seq = 14")
    with log.database.read() as session:
        assert segments.write(session, stretch, log.folder, KEY, NOW) is None


def test_a_line_of_a_segment_is_checked_with_nothing_of_ours(log):
    for line in gzip.decompress(segment_file(log).read_bytes()).splitlines():
        told = json.loads(line)
        hash = told.pop("hash")
        assert hashlib.sha256(rfc8785.dumps(told)).hexdigest() == hash


def test_the_tail_alone_shows_what_came_after_the_newest_checkpoint(log):
    def tail():
        with log.database.read() as session:
            return proof.tail(session, Given(KEY.public_key(), log.folder))

    assert (tail().rows, tail().faults, tail().signed.seq) == (33, [], 30)
    log.run("UPDATE audit SET actor = 'U2' WHERE seq = 32")
    assert [fault.seq for fault in tail().faults] == [32]
    log.cut(25, head=True)
    assert any("tail was cut off" in str(fault) for fault in tail().faults)


def test_a_note_has_the_form_that_others_read(log):
    """C2SP signed-note: origin, key id and signature over the text, here taken apart by hand."""
    import base64

    body, _, signatures = log.outside.split("\n\n")[0], None, log.outside.split("\n\n")[1]
    name, encoded = signatures.splitlines()[0].removeprefix("— ").split(" ")
    raw = base64.b64decode(encoded)
    public = KEY.public_key()
    assert raw[:4] == hashlib.sha256(name.encode() + b"\x0a\x01" + public.public_bytes_raw()).digest()[:4]
    public.verify(raw[4:], f"{body}\n".encode())
    assert body.splitlines()[:2] == [name, "10"]


@pytest.mark.parametrize(
    ("content", "says"),
    [("", "holds no checkpoint"), ("hello", "is no checkpoint"),
     (notes.sign([notes.ORIGIN, "x", "AAAA"], KEY), "damaged")],
    ids=["empty", "text", "damaged"],
)  # fmt: skip
def test_a_file_that_is_none_is_one_line(tmp_path, content, says):
    (tmp_path / "anchors").write_text(content)
    with pytest.raises(BadInput, match=says) as refused:
        checkpoints.read(tmp_path / "anchors", KEY.public_key())
    assert "\n" not in str(refused.value)


def test_checkpoints_are_read_from_a_bundle_and_its_folder(log, tmp_path):
    note = log.outside.split("\n\n\n")[0].encode() + b"\n"
    (tmp_path / "bag/data").mkdir(parents=True)
    (tmp_path / "bag/data/checkpoint.txt").write_bytes(note)
    with tarfile.open(tmp_path / "bag.tar.gz", "w:gz") as archive:
        entry = tarfile.TarInfo("INC-1/data/checkpoint.txt")
        entry.size = len(note)
        archive.addfile(entry, io.BytesIO(note))
    one = checkpoints.read(tmp_path / "bag", KEY.public_key())
    two = checkpoints.read(tmp_path / "bag.tar.gz", KEY.public_key())
    assert one == two
    assert one[0].seq == 10
    (tmp_path / "torn.tar.gz").write_bytes((tmp_path / "bag.tar.gz").read_bytes()[:60])
    with pytest.raises(BadInput, match="cannot be read"):
        checkpoints.read(tmp_path / "torn.tar.gz", KEY.public_key())
