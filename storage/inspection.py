"""Looks at a bundle of evidence as somebody who trusts nothing in it but a public key.

Every byte must be listed, every list must be hashed, the hash must be signed, and the rows of the audit log must lie in
the log that the signature names. Nothing is unpacked: a hostile archive writes nothing.
"""

import base64
import hashlib
import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from analysis.errors import BadInput
from storage import files, merkle
from storage.evidence import PAYLOAD_TYPE, PREDICATE_TYPE, pae

LARGEST = 8 << 30  # bytes of all files together, unpacked
SMALL = 64 << 20  # of what is read as a whole
TAGS = {"bagit.txt", "bag-info.txt", "manifest-sha256.txt"}
LOOSE = {"tagmanifest-sha256.txt", "statement.dsse.json"}  # signed itself, and the signature
WHOLE = {*TAGS, *LOOSE, "data/audit.jsonl", "data/case_bundle.json"}
CHUNK = 1 << 20


@dataclass
class Seen:
    """What the archive holds: the SHA-256 and size of each file, and the few that are read as a whole."""

    sha256: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    whole: dict[str, bytes] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Verdict:
    """What is wrong with the bundle; where nothing is, what it says of itself."""

    faults: tuple[str, ...]
    stated: Mapping[str, str]
    files: int
    audit_rows: int
    sha256: str


def verify(path: Path, public: Ed25519PublicKey) -> Verdict:
    """Return what was found; raise BadInput where it is no archive at all."""
    seen = _read(path)
    stated = _stated(seen, public)
    _lists(seen)
    _agrees(seen, stated)
    rows = _audit(seen, stated)
    return Verdict(tuple(seen.faults), stated, len(seen.sha256), rows, files.sha256(path))


def _read(path: Path) -> Seen:
    seen, total = Seen(), 0
    try:
        with tarfile.open(path, "r:gz") as archive:
            for entry in archive:
                name = _name(entry, seen)
                total += entry.size
                if total > LARGEST:
                    raise BadInput(str(path), "would unpack to more than 8 GiB.")
                if name is not None:
                    _hash(archive, entry, name, seen)
    except (OSError, tarfile.TarError, EOFError, ValueError) as error:
        said = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise BadInput(str(path), f"is no bundle that can be read ({said}).") from None
    return seen


def _name(entry: tarfile.TarInfo, seen: Seen) -> str | None:
    """Return the file's name in the bag; None, with a fault, for what no bundle of ours holds."""
    parts = PurePosixPath(entry.name).parts
    if not entry.isfile():
        if not entry.isdir():
            seen.faults.append(f"{entry.name}: is no plain file")
        return None
    if entry.name.startswith("/") or ".." in parts or len(parts) < 2:
        seen.faults.append(f"{entry.name}: leads out of the bag")
        return None
    name = "/".join(parts[1:])
    if name in seen.sha256:
        seen.faults.append(f"{name}: is there twice")
        return None
    return name


def _hash(archive: tarfile.TarFile, entry: tarfile.TarInfo, name: str, seen: Seen) -> None:
    file, digest = archive.extractfile(entry), hashlib.sha256()
    assert file is not None  # a plain file
    kept = bytearray()
    while chunk := file.read(CHUNK):
        digest.update(chunk)
        if name in WHOLE and len(kept) <= SMALL:
            kept += chunk
    seen.sha256[name], seen.sizes[name] = digest.hexdigest(), entry.size
    if name in WHOLE:
        seen.whole[name] = bytes(kept)


def _stated(seen: Seen, public: Ed25519PublicKey) -> dict[str, str]:
    """Return the signed predicate; nothing, with a fault, where there is none that the key has signed."""
    try:
        envelope = json.loads(seen.whole["statement.dsse.json"])
        payload = base64.b64decode(envelope["payload"], validate=True)
        signature = base64.b64decode(envelope["signatures"][0]["sig"], validate=True)
        if envelope["payloadType"] != PAYLOAD_TYPE:
            raise ValueError("another kind of payload")
        public.verify(signature, pae(payload))
        statement = json.loads(payload)
        subject = statement["subject"][0]
        predicate = {str(name): str(value) for name, value in statement["predicate"].items()}
        if statement["predicateType"] != PREDICATE_TYPE or subject["name"] != "tagmanifest-sha256.txt":
            raise ValueError("it states something else")
    except KeyError as error:
        seen.faults.append(f"statement.dsse.json: {error} is missing")
        return {}
    except InvalidSignature:
        seen.faults.append("statement.dsse.json: is not signed by this key")
        return {}
    except (ValueError, TypeError, IndexError, AttributeError) as error:
        seen.faults.append(f"statement.dsse.json: is no statement ({error})")
        return {}
    if subject.get("digest", {}).get("sha256") != seen.sha256.get("tagmanifest-sha256.txt"):
        seen.faults.append("tagmanifest-sha256.txt: is not the one that was signed")
    return predicate


def _lists(seen: Seen) -> None:
    """Hold every file against the list that names it; what no list names does not belong there."""
    payload = _list(seen, "manifest-sha256.txt")
    tags = _list(seen, "tagmanifest-sha256.txt")
    for manifest, listed in (("manifest-sha256.txt", payload), ("tagmanifest-sha256.txt", tags)):
        for name, sha256 in listed.items():
            if name not in seen.sha256:
                seen.faults.append(f"{name}: is listed and not there")
            elif seen.sha256[name] != sha256:
                seen.faults.append(f"{name}: is not what {manifest} says")
    for name in sorted(TAGS - set(tags)):
        seen.faults.append(f"{name}: is not in tagmanifest-sha256.txt")
    for name in sorted(set(seen.sha256) - set(payload) - set(tags) - LOOSE):
        seen.faults.append(f"{name}: no list names it")


def _list(seen: Seen, manifest: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in seen.whole.get(manifest, b"").decode("utf-8", "replace").splitlines():
        sha256, _, name = line.partition("  ")
        inside = not name.startswith("/") and ".." not in PurePosixPath(name).parts
        if len(sha256) != 64 or not name or not inside or name in found:
            seen.faults.append(f"{manifest}: “{line[:60]}” is no line of a list")
        else:
            found[name] = sha256
    return found


def _agrees(seen: Seen, stated: Mapping[str, str]) -> None:
    """Hold what the bag says of itself against what was signed, and its sizes against both."""
    lines = seen.whole.get("bag-info.txt", b"").decode("utf-8", "replace").splitlines()
    info = dict(line.partition(": ")[::2] for line in lines)
    payload = [size for name, size in seen.sizes.items() if name.startswith("data/")]
    oxum = f"{sum(payload)}.{len(payload)}"
    if info.pop("Payload-Oxum", oxum) != oxum:
        seen.faults.append("bag-info.txt: says another number of files or bytes than there are")
    for name, value in info.items():
        if stated and stated.get(name) != value:
            seen.faults.append(f"bag-info.txt: {name} is not what was signed")


def _audit(seen: Seen, stated: Mapping[str, str]) -> int:
    """Return how many rows of the audit log are in it, each shown to lie in the log that was signed."""
    trees = [_Tree.of(one) for one in stated.get("Audit-Tree", "").split("; ") if one]
    lines = seen.whole.get("data/audit.jsonl", b"").splitlines()
    if not trees or None in trees:
        if lines and stated:
            seen.faults.append("data/audit.jsonl: the statement names no audit tree")
        return len(lines)
    for line in lines:
        try:
            row = json.loads(line)
            path = [bytes.fromhex(one) for one in row.pop("path")]
            hash = row.pop("hash")
            fits = hashlib.sha256(rfc8785.dumps(row)).hexdigest() == hash
            lies = any(tree is not None and tree.holds(row["seq"], bytes.fromhex(hash), path) for tree in trees)
        except (ValueError, KeyError, TypeError, AttributeError):
            seen.faults.append("data/audit.jsonl: a line is no row with its path")
            continue
        if not fits:
            seen.faults.append(f"data/audit.jsonl: row {row['seq']} is not what its hash says")
        elif not lies:
            seen.faults.append(f"data/audit.jsonl: row {row['seq']} is not of the log that was signed")
    return len(lines)


@dataclass(frozen=True)
class _Tree:
    """A stretch of the audit log: the table's, or a segment's that was moved to a file."""

    first: int
    last: int
    root: str

    @classmethod
    def of(cls, told: str) -> "_Tree | None":
        match told.split():
            case [first, last, root] if first.isdecimal() and last.isdecimal():
                return cls(int(first), int(last), root)
        return None

    def holds(self, seq: int, hash: bytes, path: list[bytes]) -> bool:
        leads = merkle.leads_to(hash, seq - self.first, self.last - self.first + 1, path)
        return leads is not None and leads.hex() == self.root


def told(verdict: Verdict) -> dict[str, Any]:
    """Return the verdict as JSON."""
    return {
        "valid": not verdict.faults,
        "faults": list(verdict.faults),
        "stated": dict(verdict.stated),
        "files": verdict.files,
        "audit_rows": verdict.audit_rows,
        "sha256": verdict.sha256,
    }
