"""The bot's own keys: one for keyed hashes, one for signatures; made at the first start, readable by the owner only."""

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


@dataclass(frozen=True)
class Keys:
    """Secrets that never leave the data folder."""

    pseudonym: bytes
    signing: Ed25519PrivateKey

    def hashed(self, value: str) -> str:
        """Return the HMAC-SHA-256 of a personal value, hex: without the key it cannot be guessed back."""
        return hmac.new(self.pseudonym, value.encode(), hashlib.sha256).hexdigest()

    def public_pem(self) -> bytes:
        """Return the public half of the signing key, PEM."""
        return self.signing.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def load(folder: Path) -> Keys:
    """Return the keys in the folder, made where they are missing; raise OSError where it cannot be written."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Keys(
        pseudonym=_kept(folder / "pseudonym.key"),
        signing=Ed25519PrivateKey.from_private_bytes(_kept(folder / "signing.key")),
    )


def _kept(path: Path) -> bytes:
    if not path.exists():
        fresh = path.with_suffix(f".{os.getpid()}.new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    return path.read_bytes()
