"""`ethixbot evidence verify`, a process of its own, refuses a bundle whatever was done to it."""

import os
import subprocess
import sys
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.storage import test_inspection as bundle
from tests.storage.test_inspection import NAME, entry, files_of, packed

PAYLOAD = "data/decisions.parquet"


def link(files, folder):
    """Put a link in the place of a file."""
    del files[PAYLOAD]
    return [(entry(f"{NAME}/{PAYLOAD}", tarfile.SYMTYPE, "/etc/hostname"), b"")]


# RELIABILITY.md §4, the table: what was done, and what is said of it.
KINDS = {
    "a byte is another": (bundle.flip, f"{PAYLOAD}: is not what manifest-sha256.txt says"),
    "a file is gone": (bundle.delete, f"{PAYLOAD}: is listed and not there"),
    "one more lies inside": (bundle.add_inside, "data/more.txt: no list names it"),
    "it says another day": (bundle.edit_info, "bag-info.txt: is not what tagmanifest-sha256.txt says"),
    "edited and listed": (bundle.edit_and_relist, "manifest-sha256.txt: is not what tagmanifest-sha256.txt says"),
    "a file is a link": (link, f"{NAME}/{PAYLOAD}: is no plain file"),
    "a list leads outside": (bundle.lead_outside, "” is no line of a list"),
    "one more lies beside": (bundle.add_outside, "notes.txt: no list names it"),
    "edited, all lists anew": (bundle.edit_and_rebuild, "tagmanifest-sha256.txt: is not the one that was signed"),
}


def verify(path, key):
    """Return the exit code and what was printed."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("SLACK_", "ETHIXBOT_", "DATABASE_"))}
    command = [Path(sys.executable).parent / "ethixbot", "evidence", "verify", path, "--key", key]
    done = subprocess.run(command, cwd=path.parent, env=environment, capture_output=True, text=True, timeout=60,
                          check=False)  # fmt: skip
    assert "Traceback" not in done.stdout + done.stderr
    return done.returncode, done.stdout + done.stderr


def verdicts(folder):
    """Return what the command says of a good bundle, of each tampered one, and of half of one."""
    key = folder / "key.pem"
    key.write_bytes(bundle.KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    good = bundle.bundle_in(folder)
    paths = {"nothing": good, "half": folder / "half.tar.gz"}
    paths["half"].write_bytes(good.read_bytes()[:-300])
    for name, (tamper, _) in KINDS.items():
        mine, files = folder / name.replace(" ", "-"), files_of(good)
        mine.mkdir()
        more = tamper(files, mine) or ()
        paths[name] = packed(mine, files, more)
    with ThreadPoolExecutor(2) as hands:
        return dict(zip(paths, hands.map(lambda path: verify(path, key), paths.values()), strict=True))


def test_what_was_tampered_with_is_refused_and_named_and_what_was_not_is_taken(tmp_path):
    told = verdicts(tmp_path)
    taken, half = told.pop("nothing"), told.pop("half")
    wrong = {kind: seen for kind, seen in told.items() if seen[0] != 1 or KINDS[kind][1] not in seen[1]}
    assert (len(told), wrong) == (len(KINDS), {})
    assert taken[0] == 0
    assert "8 files, 4 rows of the audit log, as signed" in taken[1]
    assert (half[0], len(half[1].splitlines())) == (2, 1)
    assert "is no bundle that can be read" in half[1]
