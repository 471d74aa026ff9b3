"""The bot's own keys: for keyed hashes, one a period, and one for signatures; readable by the owner only."""

import hashlib
import os
import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from analysis.errors import BadInput
from bot.pseudonyms import Pseudonym

FIRST = "0"  # id of the key that was made at the first start
PERIOD = timedelta(days=365)
SIGNING = "signing.key"


@dataclass(frozen=True)
class Keys:
    """Secrets that never leave the data folder."""

    folder: Path
    signing: Ed25519PrivateKey

    @property
    def pseudonym(self) -> Pseudonym:
        """Return the key of this period, read anew: another process may have begun one."""
        return self.periods()[-1]

    @property
    def installation(self) -> str:
        """Return a short name of this bot, not secret: another one may use the same tracker or pager."""
        public = self.signing.public_key().public_bytes_raw()
        return hashlib.sha256(b"installation\0" + public).hexdigest()[:8]

    def periods(self) -> list[Pseudonym]:
        """Return the keys that are left, oldest first."""
        first = self.folder / "pseudonym.key"
        found = [_dated(path) for path in sorted(self.folder.glob("pseudonym-*.key"))]
        if first.exists():
            made = datetime.fromtimestamp(first.stat().st_mtime, UTC).date()
            found.insert(0, Pseudonym(FIRST, first.read_bytes(), made))
        return found

    def hashed(self, value: str) -> str:
        """Return a personal value as this period's keyed hash."""
        return self.pseudonym.hashed(value)

    def wants_period(self, today: date) -> bool:
        """Return whether the newest key has served its year."""
        return today - self.pseudonym.since >= PERIOD

    def begin_period(self, today: date) -> None:
        """Make a new key; beginning a period twice is beginning it once."""
        _kept(self.folder / f"pseudonym-{today.isoformat()}.key")

    def ended_before(self, day: date) -> list[str]:
        """Return the ids of the keys that were followed by another one before that day."""
        return [one.id for one, following in pairwise(self.periods()) if following.since < day]

    def drop(self, id: str) -> None:
        """Remove the key of a period for good."""
        name = "pseudonym.key" if id == FIRST else f"pseudonym-{id}.key"
        (self.folder / name).unlink(missing_ok=True)

    def public_pem(self) -> bytes:
        """Return the public half of the signing key, PEM."""
        return self.signing.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def load(folder: Path) -> Keys:
    """Return the keys in the folder, made where they are missing; raise OSError where it cannot be written."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not list(folder.glob("pseudonym-*.key")):  # the first one may have been dropped since
        _kept(folder / "pseudonym.key")
    return Keys(folder, Ed25519PrivateKey.from_private_bytes(_kept(folder / SIGNING)))


def public(folder: Path, told: Path | None = None) -> Ed25519PublicKey:
    """Return the public key of a PEM file, else of the folder's signing key; raise BadInput where there is none."""
    if told is None:
        path = folder / SIGNING
        if not path.is_file():
            raise BadInput(
                str(path), "there is no signing key.", "Give the public one with --key, or set ETHIXBOT_DATA."
            )
        return Ed25519PrivateKey.from_private_bytes(path.read_bytes()).public_key()
    try:
        key = load_pem_public_key(told.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise BadInput(str(told), f"is no public key in PEM ({str(error).splitlines()[0][:100]}).") from None
    if not isinstance(key, Ed25519PublicKey):
        raise BadInput(str(told), "is no Ed25519 key.")
    return key


def _dated(path: Path) -> Pseudonym:
    id = path.stem.removeprefix("pseudonym-")
    return Pseudonym(id, path.read_bytes(), date.fromisoformat(id))


def _kept(path: Path) -> bytes:
    if not path.exists():
        fresh = path.with_suffix(f".{os.getpid()}.new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    return path.read_bytes()
