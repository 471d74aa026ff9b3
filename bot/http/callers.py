"""Who calls the HTTP API: a personal token, whose person must still be somebody, and not too often."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from fastapi import HTTPException, Request

from bot.operations import tokens
from bot.services import Services

EACH_S, BURST = 1.0, 30.0  # one call a second for each token, thirty at once


@dataclass(frozen=True)
class Caller:
    """A person at the HTTP door, and the token that speaks for them."""

    person: str
    token: int
    delivery: str | None  # from `Idempotency-Key`


@dataclass(eq=False)  # FastAPI keeps it as a key
class Callers:
    """Lets in who has a token; a bucket of calls for each."""

    services: Services
    monotonic: Callable[[], float] = time.monotonic
    _left: dict[int, tuple[float, float]] = field(default_factory=dict)  # by token: calls left, and when counted
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, request: Request) -> Caller:
        """Return who calls; raise HTTPException 401 without a token that holds, 429 where it calls too often."""
        kind, _, text = request.headers.get("authorization", "").partition(" ")
        token = tokens.holder(self.services, text.strip()) if kind.lower() == "bearer" and text else None
        if token is None or token.id is None:
            raise HTTPException(
                401, "A personal token is needed: Authorization: Bearer …", {"WWW-Authenticate": "Bearer"}
            )
        wait = self._take(token.id)
        if wait > 0:
            raise HTTPException(429, "Too many calls with this token.", {"Retry-After": str(int(wait) + 1)})
        key = request.headers.get("idempotency-key", "")
        if len(key) > 200 or not key.isprintable():
            raise HTTPException(422, "Idempotency-Key may have 200 characters at most.")
        return Caller(token.person, token.id, f"http:{token.id}:{request.url.path}:{key}" if key else None)

    def _take(self, token: int) -> float:
        """Return how long to wait for the next call; 0 where this one may go."""
        with self._lock:
            now = self.monotonic()
            left, since = self._left.get(token, (BURST, now))
            left = min(BURST, left + (now - since) / EACH_S)
            self._left[token] = (left - 1 if left >= 1 else left, now)
            return 0.0 if left >= 1 else (1 - left) * EACH_S
