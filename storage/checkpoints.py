"""Checkpoints: the audit log's head of one moment, signed, kept here and outside (C2SP tlog-checkpoint's form).

Outside is where whoever can rewrite the database cannot: messages in Slack and evidence bundles. The hash is the
chain's, not a Merkle root.
"""

import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlmodel import Session, col, select

from analysis.errors import BadInput
from storage import notes
from storage.database import insert_once
from storage.notes import Note
from storage.tables import Checkpoint

FILE = "checkpoint.txt"  # its name in an evidence bundle
LONGEST = 16 * 2**20  # bytes of a file of checkpoints; one is about 250


@dataclass(frozen=True)
class Anchor:
    """A checkpoint as it was found somewhere; `fault` says why it proves nothing."""

    seq: int
    hash: str
    at: str
    fault: str | None = None


def keep(session: Session, head: tuple[int, str], key: Ed25519PrivateKey, at: datetime) -> Checkpoint | None:
    """Return the new checkpoint of that head; None where there is one."""
    seq, hash = head
    time = f"Time: {at.isoformat(timespec='seconds')}"
    made = Checkpoint(
        seq=seq, hash=hash, at=at, note=notes.sign([notes.ORIGIN, str(seq), notes.packed(hash), time], key)
    )
    return made if insert_once(session, made) else None


def newest(session: Session) -> Checkpoint | None:
    """Return the checkpoint that reaches furthest."""
    return session.exec(select(Checkpoint).order_by(col(Checkpoint.seq).desc()).limit(1)).first()


def latest(session: Session) -> dict[str, Any] | None:
    """Return what a message carries of the newest checkpoint in its metadata; None before the first one."""
    found = newest(session)
    return facts(found) if found else None


def facts(checkpoint: Checkpoint) -> dict[str, Any]:
    """Return a checkpoint for the metadata of a message."""
    return {"seq": checkpoint.seq, "hash": checkpoint.hash, "note": checkpoint.note}


def stored(session: Session, public: Ed25519PublicKey) -> list[Anchor]:
    """Return every checkpoint of the database, looked at as one from outside."""
    return [looked_at(row, public) for row in session.exec(select(Checkpoint).order_by(col(Checkpoint.seq)))]


def looked_at(row: Checkpoint, public: Ed25519PublicKey) -> Anchor:
    """Return a stored checkpoint as one from outside: what its note says, not its columns."""
    found, _ = notes.find(row.note)
    anchor = anchor_of(found[0], public) if len(found) == 1 else None
    if anchor is None or (anchor.seq, anchor.hash) != (row.seq, row.hash):
        return Anchor(row.seq, row.hash, row.at.isoformat(timespec="seconds"), "was changed after it was signed")
    return anchor


def anchor_of(note: Note, public: Ed25519PublicKey) -> Anchor | None:
    """Return what the note says and whether the key signed it; None where it is no checkpoint."""
    if len(note.lines) < 3 or note.lines[0] != notes.ORIGIN or not note.lines[1].isdecimal():
        return None
    try:
        hash = notes.unpacked(note.lines[2])
    except ValueError:
        return None
    at = next((line.removeprefix("Time: ") for line in note.lines[3:] if line.startswith("Time: ")), "?")
    return Anchor(int(note.lines[1]), hash, at, None if note.is_signed_by(public) else "is not signed by this key")


def read(path: Path, public: Ed25519PublicKey) -> list[Anchor]:
    """Return the checkpoints of a file of them, an evidence bundle or its folder; raise BadInput where it has none."""
    try:
        return parse(_text(path), public, str(path))
    except (OSError, tarfile.TarError, EOFError, UnicodeDecodeError) as error:
        raise BadInput(str(path), f"cannot be read ({error}).") from None


def parse(text: str, public: Ed25519PublicKey, where: str) -> list[Anchor]:
    """Return the checkpoints of a text that holds nothing else; raise BadInput."""
    found, rest = notes.find(text)
    if rest:
        raise BadInput(
            where, f"“{rest.splitlines()[0][:60]}” is no checkpoint.", "Give checkpoints, one after another."
        )
    anchors = among(found, public)
    if not anchors or len(anchors) < sum(note.lines[0] == notes.ORIGIN for note in found):
        raise BadInput(where, "a checkpoint in it is damaged." if found else "holds no checkpoint.")
    return anchors


def among(found: Sequence[Note], public: Ed25519PublicKey) -> list[Anchor]:
    """Return those of the notes that are checkpoints."""
    return [anchor for note in found if (anchor := anchor_of(note, public)) is not None]


def _text(path: Path) -> str:
    if path.is_dir():
        inside = [one for one in sorted(path.rglob(FILE)) if one.is_file()]
        return "\n".join(one.read_text(encoding="utf-8") for one in inside)
    if path.name.endswith((".tar.gz", ".tgz")):
        return _packed(path)
    with path.open("rb") as file:
        content = file.read(LONGEST + 1)
    if len(content) > LONGEST:
        raise BadInput(str(path), "is too large for a file of checkpoints.")
    return content.decode("utf-8")


def _packed(path: Path) -> str:
    found = []
    with tarfile.open(path) as archive:
        for member in archive:
            if member.isfile() and member.name.endswith(f"/data/{FILE}") and member.size <= LONGEST:
                file = archive.extractfile(member)
                found.append(file.read().decode("utf-8") if file else "")
    return "\n".join(found)
