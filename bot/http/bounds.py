"""Bounds of every request's body, before anything reads it: how large, and how long it may take to come."""

import asyncio
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST = 1 << 20  # bytes
PATIENCE_S = 10.0  # Slack itself gives up after three


@dataclass
class Bounds:
    """Middleware that counts while a body comes in, and ends the request where it is too large or too slow."""

    app: ASGIApp
    largest: int = LARGEST
    patience_s: float = PATIENCE_S

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request with a bounded body."""
        if scope["type"] == "http":
            receive = self._bounded(receive, _announced(scope))
        await self.app(scope, receive, send)

    def _bounded(self, receive: Receive, announced: int) -> Receive:
        end = asyncio.get_running_loop().time() + self.patience_s
        taken, is_whole = 0, False

        async def bounded() -> Message:
            nonlocal taken, is_whole
            if is_whole:  # what follows is only that the other side went away
                return await receive()
            if announced > self.largest:
                raise HTTPException(413)
            try:
                async with asyncio.timeout_at(end):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408) from None
            taken += len(message.get("body", b""))
            is_whole = not message.get("more_body", False)
            if taken > self.largest:
                raise HTTPException(413)
            return message

        return bounded


def _announced(scope: Scope) -> int:
    said = dict(scope["headers"]).get(b"content-length", b"0")
    return int(said) if said.isdigit() and len(said) < 16 else 0
