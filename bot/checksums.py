"""SHA-256 of what a version is made of, read in pieces: a file, a folder, or a place in an object store.

A folder's is that of the list of its files, as printed in it by
`find -L . -type f | LC_ALL=C sort | xargs -d '\\n' sha256sum`.
"""

import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pyarrow as pa

from analysis.errors import BadLog, Fault
from storage import places
from storage.places import Remote

PIECE = 1 << 20
Beat = Callable[[], None]  # called after each piece; may raise to end the reading


class Unreadable(Exception):
    """It may be there, but cannot be read from here; says why."""


def nothing() -> None:
    """Return at once: nobody waits for a sign of life."""


def of(place: str, beat: Beat = nothing) -> str | None:
    """Return the checksum of what lies there; None where nothing does. Raise Unreadable."""
    try:
        path = local(place)
        if path is None:
            return _remote(place, beat)
        if path.is_dir():
            return _folder(path, beat)
        return _file(path, beat)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise Unreadable(error.strerror or type(error).__name__) from None


def of_folder(sums: Mapping[str, str]) -> str:
    """Return the checksum of a folder by those of its files, each named by its way from there."""
    listed = hashlib.sha256()
    for name, checksum in sorted((f"./{name}".encode(), checksum) for name, checksum in sums.items()):
        listed.update(f"{checksum}  ".encode() + name + b"\n")
    return listed.hexdigest()


def local(place: str) -> Path | None:
    """Return the path on this machine; None for another kind of address.

    >>> local("file:///srv/model.bin"), local("s3://bucket/model.bin")
    (PosixPath('/srv/model.bin'), None)
    """
    if not places.is_address(place) and ":/" not in place:
        return Path(place)
    address = urlsplit(place)
    return Path(unquote(address.path)) if address.scheme == "file" and not address.netloc else None


def _folder(folder: Path, beat: Beat) -> str:
    files = []
    for parent, _, names in os.walk(folder, followlinks=True, onerror=_raise):
        files += [Path(parent, name) for name in names]
    return of_folder({path.relative_to(folder).as_posix(): _file(path, beat) for path in files})


def _file(path: Path, beat: Beat) -> str:
    if not stat.S_ISREG(path.stat().st_mode):
        raise Unreadable(f"{path.name} is no regular file")  # a pipe or a device has no end
    with path.open("rb") as file:
        return digest(iter(lambda: file.read(PIECE), b""), beat)


def _raise(error: OSError) -> None:
    raise error


def _remote(place: str, beat: Beat) -> str | None:
    if place.partition("://")[0] not in places.STORES:
        raise Unreadable(f"{place.partition(':')[0]}: is no place that can be read from here")
    try:
        found = places.find(place)
        if len(found) != 1 or not isinstance(found[0], Remote):
            raise Unreadable("a folder of an object store has no checksum here: register one file")
        with found[0].open() as file:
            return digest(iter(lambda: file.read(PIECE), b""), beat)
    except BadLog as error:
        if error.facts.get("fault") == Fault.NOT_FOUND:
            return None
        raise Unreadable(str(error.facts.get("detail") or "the store does not answer")) from None
    except pa.ArrowException as error:
        raise Unreadable(places.hidden(str(error).splitlines()[0], place)[:300]) from None


def digest(pieces: Iterator[bytes], beat: Beat = nothing) -> str:
    """Return the checksum of what comes in pieces."""
    counted = hashlib.sha256()
    for piece in pieces:
        counted.update(piece)
        beat()
    return counted.hexdigest()
