"""Where a log may lie besides here: an object store, by Arrow's file systems, or a table of a database.

    s3://bucket/log/*.parquet · gs://… · hdfs://… · abfs://… · file:///log      files, folders and globs
    postgresql://host/database#schema.table · sqlite:///file.db#table            tables, by SQLAlchemy's addresses

Addresses may hold keys and passwords: they are shown, logged and stored without.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path, PurePosixPath
from urllib.parse import parse_qsl, unquote

import pyarrow as pa
from pyarrow import fs

from analysis.errors import BadLog, Fault

STORES = {"file", "s3", "gs", "gcs", "hdfs", "viewfs", "abfs", "abfss"}
SECRET = re.compile(r"key|secret|token|pass|sig|credential", re.IGNORECASE)


@dataclass(frozen=True)
class Remote:
    """A file of an object store; what it needs to be opened anywhere is in `root`."""

    root: str = field(repr=False)
    path: str

    def __str__(self) -> str:
        return f"{self.root.partition('://')[0]}://{self.path}"

    @property
    def suffix(self) -> str:
        """Return how its name ends."""
        return PurePosixPath(self.path).suffix

    @property
    def size(self) -> int:
        """Return its bytes."""
        return int(_store(self.root)[0].get_file_info(self.path).size)

    def open(self) -> pa.NativeFile:
        """Return the file, open; any part of it can be read."""
        return _store(self.root)[0].open_input_file(self.path)


@dataclass(frozen=True)
class Rows:
    """A table of a database: SQLAlchemy's address, and the name, with its schema where it needs one."""

    address: str = field(repr=False)
    table: str

    suffix = ""

    def __str__(self) -> str:
        return f"{shown(self.address)}#{self.table}"


Place = Path | Remote | Rows


def is_address(place: object) -> bool:
    """Return whether a place is an address, not a path of this machine.

    >>> is_address("s3://bucket/log"), is_address("log/week.parquet")
    (True, False)
    """
    return re.match(r"[a-z][a-z0-9+.-]*://", str(place)) is not None


def shown(place: object) -> str:
    """Return a place as it may be shown: without user, password and options.

    >>> shown("postgresql://me:pass@host/db?password=x#t"), shown("sqlite:///log.db#t"), shown("log/a.csv")
    ('postgresql://host/db#t', 'sqlite:///log.db#t', 'log/a.csv')
    """
    text = str(place)
    if not is_address(text):
        return text
    scheme, rest = text.split("://", 1)
    before, _, table = rest.partition("#")
    before = before.partition("?")[0]
    host, slash, path = before.rpartition("@")[2].partition("/") if "@" in before else before.partition("/")
    return f"{scheme}://{host}{slash}{path}" + (f"#{table}" if table else "")


def hidden(text: str, address: str) -> str:
    """Return a text without the secrets of an address that it may repeat.

    >>> hidden("no route to s3://A:B@x/y for A", "s3://A:B@x/y")
    'no route to s3://x/y for …'
    """
    text = text.replace(address, shown(address))
    for secret in sorted(_secrets(address), key=len, reverse=True):
        text = re.sub(rf"(?<![A-Za-z0-9]){re.escape(secret)}(?![A-Za-z0-9])", "…", text)
    return text


def _secrets(address: str) -> set[str]:
    rest = address.partition("://")[2]
    user = rest.partition("?")[0].rpartition("@")[0]
    options = parse_qsl(rest.partition("?")[2].partition("#")[0])
    told = {*user.split(":", 1), *(value for name, value in options if SECRET.search(name))}
    return {one for text in told for one in (text, unquote(text)) if one}


def find(address: str) -> list[Place]:
    """Return the files or the table of an address, sorted by name; raise BadLog where there is none."""
    if address.partition("://")[0] not in STORES:
        return [_table(address)]
    try:
        return _files(address)
    except (pa.ArrowException, OSError, ValueError) as wrong:
        detail = hidden((str(wrong).splitlines() or [""])[0], address)[:300]
        raise BadLog(Fault.UNREADABLE, file=shown(address), detail=detail) from None


def _table(address: str) -> Rows:
    address, _, table = address.partition("#")
    if not table:
        raise BadLog(Fault.NOT_FOUND, file=shown(address), detail="say which table: …#schema.table")
    return Rows(address, table)


def _files(address: str) -> list[Place]:
    told, question, options = address.partition("?")
    place, pattern = told, ""
    if (at := re.search(r"[*\[]", told)) is not None:
        place, _, pattern = told[: at.start()].rpartition("/")
        pattern += told[at.start() :]
    root = f"{place}{question}{options}"
    store, path = _store(root)
    found = [one.path for one in _listed(store, path) if _fits(one.path[len(path) :].lstrip("/"), pattern)]
    if not found:
        raise BadLog(Fault.NOT_FOUND, file=shown(address))
    here = isinstance(store, fs.LocalFileSystem)  # read as any path of this machine is: mapped, not copied
    return [Path(one) if here else Remote(root, one) for one in sorted(found)]


def _listed(store: fs.FileSystem, path: str) -> list[fs.FileInfo]:
    info = store.get_file_info(path)
    if info.type == fs.FileType.File:
        return [info]
    listed = store.get_file_info(fs.FileSelector(path, recursive=True, allow_not_found=True))
    return [one for one in listed if one.type == fs.FileType.File]


def _fits(name: str, pattern: str) -> bool:
    """Return whether a file below the folder is meant; `*` stays in its folder, `**` does not.

    >>> _fits("a/b.parquet", "*.parquet"), _fits("a/b.parquet", "**/*.parquet"), _fits("b.parquet", "")
    (False, True, True)
    """
    if not pattern:
        return True
    return fnmatchcase(name, pattern) and ("**" in pattern or name.count("/") == pattern.count("/"))


@cache
def _store(root: str) -> tuple[fs.FileSystem, str]:
    store, path = fs.FileSystem.from_uri(root)
    return store, path


@dataclass(frozen=True)
class Span:
    """Which rows are wanted, so that a database with an index need not read the others."""

    column: str
    since: datetime | None = None
    until: datetime | None = None
