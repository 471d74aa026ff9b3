"""Signed notes (C2SP signed-note): a few lines that anyone can read, and an Ed25519 signature beneath them.

ethixai.local/audit
1234
n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=
Time: 2026-11-21T10:00:00+00:00

— ethixai.local/audit 9qx2Zm…
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ORIGIN = "ethixai.local/audit"
ED25519 = b"\x01"  # the kind of signature, as signed-note numbers them
NOTE = re.compile(rf"^({re.escape(ORIGIN)}(?:/\w+)?\n(?:[^\n]+\n)+)\n((?:— \S+ \S+(?:\n|\Z))+)", re.MULTILINE)


@dataclass(frozen=True)
class Note:
    """Its text, and the signature lines beneath."""

    text: str
    signatures: str

    @property
    def lines(self) -> list[str]:
        """Return the lines of the text; the first names the kind of note."""
        return self.text.splitlines()

    def is_signed_by(self, public: Ed25519PublicKey) -> bool:
        """Return whether one of the signatures is this key's, and right."""
        return any(self._holds(line, public) for line in self.signatures.splitlines())

    def _holds(self, line: str, public: Ed25519PublicKey) -> bool:
        _, name, encoded = line.split(" ")
        try:
            raw = base64.b64decode(encoded, validate=True)
            if name != ORIGIN or raw[:4] != key_id(public):
                return False
            public.verify(raw[4:], self.text.encode())
        except (ValueError, InvalidSignature):
            return False
        return True


def sign(lines: Sequence[str], key: Ed25519PrivateKey) -> str:
    """Return the note of these lines, signed."""
    text = "".join(f"{line}\n" for line in lines)
    signature = base64.b64encode(key_id(key.public_key()) + key.sign(text.encode())).decode()
    return f"{text}\n— {ORIGIN} {signature}\n"


def key_id(public: Ed25519PublicKey) -> bytes:
    """Return the four bytes by which a signature line says whose it is."""
    return hashlib.sha256(ORIGIN.encode() + b"\n" + ED25519 + public.public_bytes_raw()).digest()[:4]


def find(text: str) -> tuple[list[Note], str]:
    """Return the notes in a text, in order, and what of the text is none."""
    return [Note(*found) for found in NOTE.findall(text)], NOTE.sub("", text).strip()


def packed(hash: str) -> str:
    """Return a hexadecimal hash as notes write it.

    >>> packed("00ff")
    'AP8='
    """
    return base64.b64encode(bytes.fromhex(hash)).decode()


def unpacked(encoded: str) -> str:
    """Return a note's hash in hexadecimal; raise ValueError where it is none."""
    return base64.b64decode(encoded, validate=True).hex()
