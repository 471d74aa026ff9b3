"""Analyses of files that nobody registered: what `ethixbot analyze`, `profile` and `merge` do."""

import json
import tempfile
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from analysis.errors import BadInput
from bot.worker import Job
from bot.working import Seen, WorkFailedError, work


@dataclass(frozen=True)
class Wanted:
    """What was asked for: where the logs lie and what was said about their columns."""

    window: str
    baseline: str | None = None
    late_labels: str | None = None
    protected: tuple[str, ...] = ()
    favourable: str | None = None
    references: tuple[str, ...] = ()  # attribute=group
    columns: Path | None = None  # YAML: role → column
    engine: str = "local"
    threads: int = 0
    plots: Path | None = None  # folder for pictures


def compared(wanted: Wanted, seen: Seen | None = None) -> dict[str, Any]:
    """Return the report with its sentences; raise BadInput in one line where a log or a word is at fault."""
    with tempfile.TemporaryDirectory(prefix="ethixbot-analyze-") as folder:
        report = _worked(replace(job(wanted, "analyze", folder), draws=wanted.plots is not None), seen, "analyze")
        if wanted.plots is not None:
            _move(Path(folder) / "plots", wanted.plots)
        return report


def screened(wanted: Wanted, seen: Seen | None = None) -> dict[str, Any]:
    """Return which inputs of a log tell of its protected attributes; raise BadInput."""
    with tempfile.TemporaryDirectory(prefix="ethixbot-proxies-") as folder:
        return _worked(job(wanted, "proxies", folder), seen, "proxies")


def profiled(wanted: Wanted, target: Path, seen: Seen | None = None) -> int:
    """Write the profile of a log and return its rows; raise BadInput."""
    with tempfile.TemporaryDirectory(prefix="ethixbot-profile-") as folder:
        result = _worked(job(wanted, "baseline", folder), seen, "profile")
        _write(target, (Path(folder) / "profile.bin").read_bytes())
    return int(result["rows"])


def merged(parts: list[Path], target: Path) -> int:
    """Write the profile of all parts together and return its rows; raise BadInput for a file that is none."""
    from analysis.errors import Refused  # noqa: PLC0415  (beside what needs numpy)
    from analysis.profile import Profile  # noqa: PLC0415
    from templates import words  # noqa: PLC0415

    try:
        whole = reduce(Profile.merge, [Profile.from_bytes(_read(part)) for part in parts])
    except Refused as error:
        raise BadInput("merge", words.refused(error)) from None
    _write(target, whole.to_bytes())
    return whole.rows


def job(wanted: Wanted, task: str, folder: str) -> Job:
    """Return the worker's job."""
    source = {"predictions": wanted.window, "labels": wanted.late_labels, "columns": _columns(wanted.columns)}
    told = {"protected": list(wanted.protected), "references": _references(wanted), "favourable": wanted.favourable}
    made = Job(task=task, folder=folder, source=source, told=told, reference=wanted.baseline)
    return replace(made, engine=wanted.engine, threads=wanted.threads)


def _worked(wanted: Job, seen: Seen | None, command: str) -> dict[str, Any]:
    try:
        return work(wanted, seen)
    except WorkFailedError as error:
        raise BadInput(command, str(error)) from None


def _references(wanted: Wanted) -> dict[str, str]:
    pairs = [text.partition("=") for text in wanted.references]
    wrong = [name for name, sign, group in pairs if not (name and sign and group)]
    if wrong:
        raise BadInput("--reference-group", f"“{wrong[0]}” is no pair.", "Write attribute=group, like sex=Male.")
    return {name: group for name, _, group in pairs}


def _columns(path: Path | None) -> dict[str, str]:
    if path is None:
        return {}
    try:
        return TypeAdapter(dict[str, str]).validate_python(YAML(typ="safe").load(_read(path).decode()) or {})
    except (YAMLError, UnicodeDecodeError, ValidationError):
        raise BadInput(str(path), "is no list of role: column.", "Write lines like score: probability.") from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(str(path), f"cannot be read ({error.strerror}).") from None


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise BadInput(str(path), f"cannot be written ({error.strerror}).") from None


def _move(pictures: Path, folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(str(folder), f"cannot be made ({error.strerror}).") from None
    for picture in sorted(pictures.iterdir()):
        _write(folder / picture.name, picture.read_bytes())


def as_json(report: dict[str, Any]) -> str:
    """Return the report as JSON, the same text for the same files."""
    return json.dumps(report, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
