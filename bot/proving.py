"""What `ethixbot audit` does: checks the log against everything that is signed, and gives extracts of it."""

import csv
import hashlib
import io
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from analysis.errors import BadInput
from bot import anchors, keys, offline
from bot import settings as environment
from bot.operations import sealing
from bot.sheets import safe
from storage import audit, checkpoints, extracts, proof, segments
from storage.extracts import Wanted
from storage.proof import Given, Verdict
from storage.tables import AuditRow

COLUMNS = ("seq", "at", "actor", "action", "entity", "outcome", "data", "prev", "hash")


@dataclass(frozen=True)
class Checked:
    """The verdict, and how many checkpoints from outside agree with the log, up to which row."""

    verdict: Verdict
    outside: int
    reach: int


def verify(told: str | None, key: Path | None) -> Checked:
    """Return the verdict on the log; `told` is a file of checkpoints, a bundle, or `slack`. Raise BadInput."""
    settings = environment.load()
    with offline.reading("audit") as database:
        public = keys.public(settings.data / "keys", key)
        outside = []
        if told == "slack":
            policy = offline.policy(settings)
            outside = anchors.from_slack(settings, policy, public)
        elif told is not None:
            outside = checkpoints.read(Path(told), public)
        with database.read() as session:
            verdict = proof.verify(session, Given(public, settings.data / sealing.SEGMENTS, outside))
    return Checked(verdict, len(outside), max((one.seq for one in outside), default=0))


def export(by: str, wanted: Wanted, form: str, out: Path | None) -> int:
    """Return how many rows were written; that they are, and what they were, is recorded. Raise BadInput."""
    if form not in FORMS:
        raise BadInput("--format", f"“{form}” is none.", f"Use {' or '.join(FORMS)}.")
    asked = {"by": by, "wanted": wanted.told()}
    offline.ask_or_do("audit export", asked)
    with offline.reading("audit export") as database, database.read() as session:
        lines = FORMS[form](extracts.rows(session, wanted, environment.load().data / sealing.SEGMENTS))
        count, sha256 = _write(lines, sys.stdout.buffer) if out is None else _to_file(lines, out)
    count -= form == "csv"  # its first line names the columns
    offline.ask_or_do("audit export", asked | {"given": {"rows": count, "sha256": sha256}})
    return count


def _to_file(lines: Iterator[bytes], out: Path) -> tuple[int, str]:
    partial = out.with_name(f".{out.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            written = _write(lines, file)
        partial.replace(out)
    except OSError as error:
        raise BadInput(str(out), f"cannot be written ({error.strerror}).") from None
    finally:
        partial.unlink(missing_ok=True)
    return written


def _write(lines: Iterator[bytes], file: BinaryIO) -> tuple[int, str]:
    count, digest = 0, hashlib.sha256()
    for count, line in enumerate(lines, start=1):  # noqa: B007
        file.write(line)
        digest.update(line)
    file.flush()
    return count, digest.hexdigest()


def _json(rows: Iterator[AuditRow]) -> Iterator[bytes]:
    return map(segments.line, rows)


def _csv(rows: Iterator[AuditRow]) -> Iterator[bytes]:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        yield _taken(buffer)
        told = audit.body(row) | {"hash": row.hash, "data": audit.canonical(row.data)}
        writer.writerow([safe(told[name]) for name in COLUMNS])
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    line = buffer.getvalue().encode()
    buffer.seek(0)
    buffer.truncate()
    return line


FORMS: dict[str, Callable[[Iterator[AuditRow]], Iterator[bytes]]] = {"csv": _csv, "json": _json}
