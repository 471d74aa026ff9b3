"""Keyed hashes of personal values: `<key id>:<hex>`.

Without its key nobody can tell whose a hash is, so dropping the key of a period erases every personal value that was
hashed in it.
"""

import hmac
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Pseudonym:
    """The key of one period: its id, the secret, and since when it is used."""

    id: str
    secret: bytes
    since: date = date.min

    def hashed(self, value: str) -> str:
        """Return the HMAC-SHA-256 of a personal value behind the key's id.

        >>> Pseudonym("0", b"secret").hashed("R-17")[:10]
        '0:1bfa9cca'
        """
        return f"{self.id}:{hmac.digest(self.secret, value.encode(), 'sha256').hex()}"
