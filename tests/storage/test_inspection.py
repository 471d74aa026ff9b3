"""A bundle that was tampered with is refused, whatever was done to it, and says what is wrong."""

import gzip
import io
import json
import tarfile
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from analysis.errors import BadInput
from storage import audit, evidence, inclusion, inspection, merkle
from storage.inclusion import Stretch
from storage.tables import AuditRow

KEY = Ed25519PrivateKey.generate()
NAME = "INC-2026-11-001-evidence-v1"


def chain(count):
    rows, before = [], "0" * 64
    for seq in range(1, count + 1):
        row = AuditRow(
            seq=seq, at=datetime(2026, 11, 21, tzinfo=UTC), actor="U1", action="freeze", entity=f"INC-{seq % 3}",
            outcome="done", data={"n": seq}, prev=before, hash="",
        )  # fmt: skip
        row.hash = before = audit.digest(row)
        rows.append(row)
    return rows


def extracted(rows, wanted):
    return inclusion.extract([Stretch(rows[0].seq, [row.hash for row in rows], wanted)])


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return bundle_in(tmp_path_factory.mktemp("made"))


def bundle_in(folder):
    """Return a bundle as the bot packs it, of a log of eleven rows."""
    rows = chain(11)
    extract, tree = extracted(rows, [row for row in rows if row.entity == "INC-1"])
    inside = folder / "inside"
    inside.mkdir()
    (inside / "audit.jsonl").write_bytes(extract)
    (inside / "case_bundle.json").write_text("{}")
    (inside / "decisions.parquet").write_bytes(bytes(range(256)) * 100)
    info = {"External-Description": "Evidence of INC-2026-11-001, version 1", "Bagging-Date": "2026-11-21"}
    return evidence.pack(inside, NAME, evidence.Said(info, {"Audit-Tree": tree}), KEY).path


def files_of(path):
    with tarfile.open(path) as archive:
        return {entry.name.split("/", 1)[1]: archive.extractfile(entry).read() for entry in archive}


def packed(folder, files, more=()):
    """Return an archive of these files, with other entries behind them."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"{NAME}/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        for entry, content in more:
            archive.addfile(entry, io.BytesIO(content))
    path = folder / "tampered.tar.gz"
    path.write_bytes(gzip.compress(raw.getvalue()))
    return path


def rebuilt(files, folder):
    """Return the files with lists that fit them, as somebody without the key can make them."""
    bag = folder / "bag"
    for name, content in files.items():
        if name.startswith("data/"):
            (bag / name).parent.mkdir(parents=True, exist_ok=True)
            (bag / name).write_bytes(content)
    info = dict(line.partition(": ")[::2] for line in files["bag-info.txt"].decode().splitlines())
    evidence.write_tags(bag, info)
    tags = {path.name: path.read_bytes() for path in bag.iterdir() if path.is_file()}
    return files | tags


def faults(path, key=KEY):
    return inspection.verify(path, key.public_key()).faults


def test_what_the_bot_packed_is_as_signed(made):
    seen = inspection.verify(made, KEY.public_key())
    assert (seen.faults, seen.files, seen.audit_rows) == ((), 8, 4)
    assert seen.stated["External-Description"] == "Evidence of INC-2026-11-001, version 1"


def flip(files, folder):
    files["data/decisions.parquet"] = b"\xff" + files["data/decisions.parquet"][1:]


def delete(files, folder):
    del files["data/decisions.parquet"]


def add_inside(files, folder):
    files["data/more.txt"] = b"x"


def add_outside(files, folder):
    files["notes.txt"] = b"x"


def edit_info(files, folder):
    files["bag-info.txt"] = files["bag-info.txt"].replace(b"2026-11-21", b"2026-01-01")


def edit_and_relist(files, folder):
    files["data/case_bundle.json"] = b"[]"
    files["manifest-sha256.txt"] = rebuilt(files, folder)["manifest-sha256.txt"]


def edit_and_rebuild(files, folder):
    files["data/case_bundle.json"] = b"[]"
    files |= rebuilt(files, folder)


def edit_info_and_rebuild(files, folder):
    edit_info(files, folder)
    files |= rebuilt(files, folder)


def lead_outside(files, folder):
    files["manifest-sha256.txt"] += b"0" * 64 + b"  data/../../etc/passwd\n"


def sign_with_another_key(files, folder):
    files["statement.dsse.json"] = evidence.sign(
        files["tagmanifest-sha256.txt"], {"Bagging-Date": "2026-11-21"}, Ed25519PrivateKey.generate()
    )


def drop_the_statement(files, folder):
    del files["statement.dsse.json"]


def state_nonsense(files, folder):
    files["statement.dsse.json"] = b'{"payload": 3}'


def drop_a_row(files, folder):
    files["data/audit.jsonl"] = files["data/audit.jsonl"].split(b"\n", 1)[1]
    files |= rebuilt(files, folder)


@pytest.mark.parametrize(
    ("tamper", "says"),
    [
        (flip, "data/decisions.parquet: is not what manifest-sha256.txt says"),
        (delete, "data/decisions.parquet: is listed and not there"),
        (add_inside, "data/more.txt: no list names it"),
        (add_outside, "notes.txt: no list names it"),
        (edit_info, "bag-info.txt: is not what tagmanifest-sha256.txt says"),
        (edit_and_relist, "manifest-sha256.txt: is not what tagmanifest-sha256.txt says"),
        (edit_and_rebuild, "tagmanifest-sha256.txt: is not the one that was signed"),
        (edit_info_and_rebuild, "bag-info.txt: Bagging-Date is not what was signed"),
        (lead_outside, "is no line of a list"),
        (sign_with_another_key, "statement.dsse.json: is not signed by this key"),
        (drop_the_statement, "statement.dsse.json' is missing"),
        (state_nonsense, "statement.dsse.json"),
        (drop_a_row, "tagmanifest-sha256.txt: is not the one that was signed"),
    ],
)
def test_whatever_is_changed_is_found_and_named(made, tmp_path, tamper, says):
    files = files_of(made)
    tamper(files, tmp_path)
    found = faults(packed(tmp_path, files))
    assert any(says in fault for fault in found), found


def entry(name, kind, link=""):
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, link
    return made


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (entry(f"{NAME}/data/link", tarfile.SYMTYPE, "/etc/passwd"), "is no plain file"),
        (entry(f"{NAME}/data/hard", tarfile.LNKTYPE, f"{NAME}/bagit.txt"), "is no plain file"),
        (entry(f"{NAME}/data/pipe", tarfile.FIFOTYPE), "is no plain file"),
        (entry(f"{NAME}/../../escape", tarfile.REGTYPE), "leads out of the bag"),
        (entry("/etc/cron.d/x", tarfile.REGTYPE), "leads out of the bag"),
        (entry("alone", tarfile.REGTYPE), "leads out of the bag"),
        (entry(f"{NAME}/bagit.txt", tarfile.REGTYPE), "bagit.txt: is there twice"),
    ],
)
def test_what_no_bundle_of_ours_holds_is_refused(made, tmp_path, more, says):
    found = faults(packed(tmp_path, files_of(made), [(more, b"")]))
    assert any(says in fault for fault in found), found


def test_a_row_of_another_log_is_found_though_the_rest_is_signed(tmp_path):
    rows, others = chain(11), chain(12)
    extract, tree = extracted(rows, rows[:3])
    lines = extract.splitlines()
    forged = json.loads(lines[1]) | {"actor": "U9"}
    foreign, _ = extracted(others, others[11:])
    for line, says in (
        (json.dumps(forged).encode(), "row 2 is not what its hash says"),
        (foreign.splitlines()[0], "row 12 is not of the log that was signed"),
        (b"{}", "a line is no row with its path"),
    ):
        inside = tmp_path / "inside"
        inside.mkdir()
        (inside / "audit.jsonl").write_bytes(b"\n".join([lines[0], line]) + b"\n")
        path = evidence.pack(inside, NAME, evidence.Said({}, {"Audit-Tree": tree}), KEY).path
        assert [says in fault for fault in faults(path)] == [True]


@pytest.mark.parametrize(
    "content", [b"", b"no archive", gzip.compress(b"neither", mtime=0)], ids=["empty", "text", "gzip"]
)
def test_what_is_no_archive_is_one_sentence(tmp_path, content):
    path = tmp_path / "x.tar.gz"
    path.write_bytes(content)
    with pytest.raises(BadInput, match="is no bundle that can be read"):
        faults(path)
    with pytest.raises(BadInput, match="is no bundle that can be read"):
        faults(tmp_path / "nowhere.tar.gz")


def test_an_archive_cut_short_is_one_sentence(made, tmp_path):
    path = tmp_path / "cut.tar.gz"
    path.write_bytes(made.read_bytes()[:-300])
    with pytest.raises(BadInput, match="is no bundle that can be read"):
        faults(path)


def test_a_tree_is_that_of_rfc_6962():
    def by_definition(leaves):
        if len(leaves) < 2:
            return merkle.root(leaves)
        half = 1
        while half * 2 < len(leaves):
            half *= 2
        return merkle._node(by_definition(leaves[:half]), by_definition(leaves[half:]))

    for size in range(1, 40):
        leaves = [bytes([number]) for number in range(size)]
        root = by_definition(leaves)
        assert merkle.root(leaves) == root
        for place, path in enumerate(merkle.paths(leaves, range(size))):
            assert merkle.leads_to(leaves[place], place, size, path) == root
            assert merkle.leads_to(b"other", place, size, path) != root
            assert merkle.leads_to(leaves[place], place, size, [*path, b"x" * 32]) is None
