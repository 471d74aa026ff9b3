"""Reads the policy file and keeps its versions; a mistake is told with file and line."""

import hashlib
import io
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedBase
from ruamel.yaml.error import MarkedYAMLError
from sqlmodel import Session, col, select

from analysis.errors import BadInput
from analysis.policy import Policy
from storage.tables import PolicyVersion


def read(path: Path) -> tuple[Policy, str]:
    """Return the policy in the file, and its text; raise BadInput naming file, line and mistake."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(
            str(path), f"cannot be read ({error}).", "Set ETHIXBOT_POLICY to a readable YAML file."
        ) from None
    return parse(text, str(path)), text


def parse(text: str, where: str) -> Policy:
    """Return the policy in the text; raise BadInput."""
    try:
        document = YAML(typ="rt").load(io.StringIO(text))
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BadInput(f"{where}, line {line}", f"is not YAML: {error.problem}.") from None
    try:
        return Policy.model_validate(document)
    except ValidationError as error:
        lines = [f"{where}, line {_line(document, e['loc'])}, {_path(e['loc'])}: {e['msg']}" for e in error.errors()]
        raise BadInput(where, "the policy has mistakes:\n  " + "\n  ".join(lines)) from None


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


def keep(session: Session, text: str, by: str, at: datetime) -> PolicyVersion:
    """Return the version in force; a text that differs from it becomes the next one."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    newest = session.exec(select(PolicyVersion).order_by(col(PolicyVersion.id).desc()).limit(1)).first()
    if newest is not None and newest.sha256 == digest:
        return newest
    version = PolicyVersion(sha256=digest, text=text, activated_at=at, activated_by=by)
    session.add(version)
    session.flush()
    return version
