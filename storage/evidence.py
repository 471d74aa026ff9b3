"""Writes evidence: a BagIt bag (RFC 8493) with a signed statement over its tag manifest, as a reproducible tar.gz.

BagIt alone calls a bag valid whose payload and manifests were both changed; the signature does not.
"""

import base64
import gzip
import hashlib
import io
import json
import shutil
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from storage.files import sha256

PAYLOAD_TYPE = "application/vnd.in-toto+json"
PREDICATE_TYPE = "https://ethixai.local/evidence/v1"


@dataclass(frozen=True)
class Packed:
    """Where the archive lies, its SHA-256 and its size in bytes."""

    path: Path
    sha256: str
    size: int


@dataclass(frozen=True)
class Said:
    """What a bag says of itself: `info` in its own file and in the statement, `stated` in the statement alone."""

    info: dict[str, str]
    stated: dict[str, str] = field(default_factory=dict)


def pack(folder: Path, name: str, said: Said, key: Ed25519PrivateKey) -> Packed:
    """Return the archive `<name>.tar.gz` beside `folder`, whose files become the bag's payload; raise OSError.

    The steps: bag, sign the tag manifest, pack. The folder is gone afterwards.
    """
    bag = folder.parent / f".{name}.bag"
    shutil.rmtree(bag, ignore_errors=True)
    bag.mkdir()
    folder.rename(bag / "data")
    write_tags(bag, said.info)
    manifest = (bag / "tagmanifest-sha256.txt").read_bytes()
    (bag / "statement.dsse.json").write_bytes(sign(manifest, said.info | said.stated, key))
    archive = _tar(bag, name)
    target = folder.parent / f"{name}.tar.gz"
    partial = target.with_suffix(".partial")
    partial.write_bytes(archive)
    partial.replace(target)
    shutil.rmtree(bag)
    return Packed(target, hashlib.sha256(archive).hexdigest(), len(archive))


def write_tags(bag: Path, info: dict[str, str]) -> None:
    """Write what makes a folder with `data/` a bag: declaration, info, manifest, tag manifest.

    Not by the bagit library: it changes the process's working directory while it writes, under every other thread.
    """
    payload = sorted(path for path in (bag / "data").rglob("*") if path.is_file())
    oxum = f"{sum(path.stat().st_size for path in payload)}.{len(payload)}"
    tags = {
        "bagit.txt": "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "bag-info.txt": "".join(f"{k}: {v}\n" for k, v in sorted((info | {"Payload-Oxum": oxum}).items())),
        "manifest-sha256.txt": "".join(f"{sha256(path)}  {path.relative_to(bag).as_posix()}\n" for path in payload),
    }
    for name, text in tags.items():
        (bag / name).write_text(text, encoding="utf-8", newline="\n")
    lines = [f"{sha256(bag / name)}  {name}\n" for name in sorted(tags)]
    (bag / "tagmanifest-sha256.txt").write_text("".join(lines), encoding="utf-8", newline="\n")


def sign(manifest: bytes, predicate: dict[str, str], key: Ed25519PrivateKey) -> bytes:
    """Return a DSSE envelope around an in-toto statement whose subject is the tag manifest."""
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "tagmanifest-sha256.txt", "digest": {"sha256": hashlib.sha256(manifest).hexdigest()}}],
        "predicateType": PREDICATE_TYPE,
        "predicate": predicate,
    }
    payload = json.dumps(statement, sort_keys=True, separators=(",", ":")).encode()
    signature = key.sign(pae(payload))
    envelope: dict[str, Any] = {
        "payloadType": PAYLOAD_TYPE,
        "payload": base64.b64encode(payload).decode(),
        "signatures": [{"sig": base64.b64encode(signature).decode()}],
    }
    return json.dumps(envelope, indent=1).encode()


def pae(payload: bytes) -> bytes:
    """Return DSSE's pre-authentication encoding, which is what is signed.

    >>> pae(b"{}")
    b'DSSEv1 28 application/vnd.in-toto+json 2 {}'
    """
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def _tar(folder: Path, name: str) -> bytes:
    """Return the folder as tar.gz with sorted names and no owner, mode or time of its own."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = tarfile.TarInfo(f"{name}/{path.relative_to(folder).as_posix()}")
                entry.size, entry.mode = path.stat().st_size, 0o644
                with path.open("rb") as file:
                    tar.addfile(entry, file)
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0, filename="") as file:
        file.write(raw.getvalue())
    return packed.getvalue()
