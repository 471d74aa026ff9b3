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
from bot import anchors, app, keys, offline
from bot import settings as environment
from bot.operations import extracts as operations
from bot.operations import sealing
from bot.operations.extracts import Extract
from bot.services import Services
from storage import audit, checkpoints, extracts, policies, proof, segments
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
            policy, _ = policies.read(settings.policy or app.DEFAULT_POLICY)
            outside = anchors.from_slack(settings, policy, public)
        elif told is not None:
            outside = checkpoints.read(Path(told), public)
        with database.read() as session:
            verdict = proof.verify(session, Given(public, settings.data / sealing.SEGMENTS, outside))
    return Checked(verdict, len(outside), max((one.seq for one in outside), default=0))


def export(extract: Extract, form: str, out: Path | None) -> int:
    """Return how many rows were written; who may not is told so. Raise BadInput."""
    if form not in FORMS:
        raise BadInput("--format", f"“{form}” is none.", f"Use {' or '.join(FORMS)}.")
    with offline.services("audit") as services:
        operations.ask(services, extract)
        if out is None:
            count, digest = _write(services, extract, form, sys.stdout.buffer)
        else:
            count, digest = _to_file(services, extract, form, out)
        operations.given(services, extract, count, digest)
    return count


def _to_file(services: Services, extract: Extract, form: str, out: Path) -> tuple[int, str]:
    partial = out.with_name(f".{out.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            written = _write(services, extract, form, file)
        partial.replace(out)
    except OSError as error:
        raise BadInput(str(out), f"cannot be written ({error.strerror}).") from None
    finally:
        partial.unlink(missing_ok=True)
    return written


def _write(services: Services, extract: Extract, form: str, file: BinaryIO) -> tuple[int, str]:
    count, digest = -1 if form == "csv" else 0, hashlib.sha256()
    with services.database.read() as session:
        for line in FORMS[form](extracts.rows(session, extract.wanted, services.data / sealing.SEGMENTS)):
            file.write(line)
            digest.update(line)
            count += 1
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


def safe(cell: object) -> object:
    """Return a cell that no spreadsheet takes for a formula.

    >>> safe("=1+1"), safe("U1"), safe(7)
    ("'=1+1", 'U1', 7)
    """
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


FORMS: dict[str, Callable[[Iterator[AuditRow]], Iterator[bytes]]] = {"csv": _csv, "json": _json}
