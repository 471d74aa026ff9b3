"""Reads the policy file and keeps its versions; a mistake is told with file and line."""

import functools
import hashlib
import io
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedBase
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import CollectionEndEvent, CollectionStartEvent, Event
from ruamel.yaml.parser import RoundTripParser
from ruamel.yaml.reader import ReaderError
from sqlmodel import Session, col, func, select

from analysis.errors import BadInput
from analysis.policy import Policy
from storage.tables import PolicyVersion

LARGEST = 256 << 10  # bytes; a policy of a thousand models has half of that
DEEPEST = 30
MOST_TOLD = 20  # mistakes at once; more are one mistake made often


def read(path: Path) -> tuple[Policy, str]:
    """Return the policy in the file, and its text; raise BadInput naming file, line and mistake."""
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
        text = raw.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(
            str(path), f"cannot be read ({error}).", "Set ETHIXBOT_POLICY to a readable YAML file."
        ) from None
    if len(raw) > LARGEST:
        raise BadInput(str(path), f"is larger than {LARGEST // 1024} KiB, which no policy is.")
    return parse(text, str(path)), text


def parse(text: str, where: str) -> Policy:
    """Return the policy in the text; raise BadInput."""
    try:
        return _known(text)
    except BadInput:
        return _parsed(text, where)  # once more, for what is wrong and where


@functools.lru_cache(maxsize=16)  # a policy is immutable; each start and each wish reads the same few texts
def _known(text: str) -> Policy:
    return _parsed(text, "")


def _parsed(text: str, where: str) -> Policy:
    document = _document(text, where)
    try:
        return Policy.model_validate(document)
    except ValidationError as error:
        found = error.errors()
        lines = [f"{where}, line {_line(document, e['loc'])}, {_path(e['loc'])}: {e['msg']}" for e in found[:MOST_TOLD]]
        lines += [f"and {len(found) - MOST_TOLD} more"] if len(found) > MOST_TOLD else []
        raise BadInput(where, "the policy has mistakes:\n  " + "\n  ".join(lines)) from None


def _document(text: str, where: str) -> Any:  # noqa: ANN401  (YAML is any shape)
    reader = YAML(typ="rt")
    reader.Parser = _Shallow
    try:
        return reader.load(io.StringIO(text))
    except _TooDeepError as error:
        raise BadInput(f"{where}, line {error.line}", f"is nested more than {DEEPEST} deep.") from None
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BadInput(f"{where}, line {line}", f"is not YAML: {error.problem}.") from None
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise BadInput(f"{where}, line {line}", "holds a control character or half of one.") from None
    except (ValueError, TypeError, AttributeError):  # its reader of dates, numbers and tags says no more
        raise BadInput(where, "a date, a number or a tag (!…) cannot be read.", "Write it as a plain value.") from None


class _TooDeepError(Exception):
    """Nested so deeply that reading it would take all the stack; in which line."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


class _Shallow(RoundTripParser):
    """Reads no deeper than any policy goes."""

    depth = 0

    def get_event(self) -> Event:
        """Return the next event; raise _TooDeepError."""
        event: Event = super().get_event()
        self.depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if self.depth > DEEPEST:
            raise _TooDeepError(event.start_mark.line + 1)
        return event


def _path(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location) or "the whole"


def _line(document: Any, location: tuple[int | str, ...]) -> int:  # noqa: ANN401  (YAML is any shape)
    line = 1
    for part in location:
        if not isinstance(document, CommentedBase):
            break
        try:
            line = document.lc.key(part)[0] + 1 if isinstance(document, dict) else document.lc.item(part)[0] + 1
            document = document[part]  # type: ignore[index]
        except (KeyError, IndexError, TypeError, AttributeError):
            break
    return line


def document(text: str) -> Any:  # noqa: ANN401
    """Return a policy that holds as plain values, as they are written."""
    return YAML(typ="safe", pure=True).load(io.StringIO(text))


def digest(text: str) -> str:
    """Return what names a text: its SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()


def in_force(session: Session) -> PolicyVersion | None:
    """Return the version that is in force: the newest."""
    return session.exec(select(PolicyVersion).order_by(col(PolicyVersion.id).desc()).limit(1)).first()


def newest_id(session: Session) -> int | None:
    """Return the number of the version in force."""
    return session.exec(select(func.max(PolicyVersion.id))).one()


def install(session: Session, text: str, by: str, at: datetime) -> PolicyVersion:
    """Return the version in force; the text is the first one, where there is none yet."""
    return in_force(session) or activate(session, text, by, at)


def activate(session: Session, text: str, by: str, at: datetime, approval: str | None = None) -> PolicyVersion:
    """Return the text as the version that is in force from now on."""
    version = PolicyVersion(sha256=digest(text), text=text, activated_at=at, activated_by=by, approval=approval)
    session.add(version)
    session.flush()
    return version
