"""`GET /v1/gate/{model}`: how far a model is restrained, read fresh each time; `wait` holds it until that changes."""

import asyncio
import hmac
import threading
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import APIRouter, Header, HTTPException, Query, Response
from sqlalchemy.exc import DBAPIError
from starlette.concurrency import run_in_threadpool

from bot.board import Board, Mark

LOOK_S = 0.25  # how often a change that another process made is looked for, while anybody waits
LONGEST_WAIT_S = 55.0
MOST_WAITING = 1_000


@dataclass(frozen=True, eq=False)
class Waiter:
    """One call that is held, and as of when it was told."""

    loop: asyncio.AbstractEventLoop
    event: asyncio.Event
    seen: Mark


@dataclass(eq=False)
class Bell:
    """Rings whoever waits once anything has changed; its one thread looks only while somebody waits."""

    board: Board
    is_closed: bool = False
    _waiting: set[Waiter] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _thread: threading.Thread | None = None

    async def wait(self, seen: Mark, timeout: float) -> None:
        """Return once anything is other than it was seen, or after so many seconds. Raise HTTPException 503."""
        rung = Waiter(asyncio.get_running_loop(), asyncio.Event(), seen)
        with self._lock:
            if len(self._waiting) >= MOST_WAITING:
                raise HTTPException(503, "Too many wait for a change: ask again without `wait`.", {"Retry-After": "5"})
            self._waiting.add(rung)
            if self._thread is None:
                self._thread = threading.Thread(target=self._look, name="gate", daemon=True)
                self._thread.start()
        try:
            await asyncio.wait_for(rung.event.wait(), timeout)
        except TimeoutError:
            pass
        finally:
            with self._lock:
                self._waiting.discard(rung)

    def close(self) -> None:
        """Hold nobody any longer: the bot stops."""
        self.is_closed = True
        with self._lock:
            for one in self._waiting:
                one.loop.call_soon_threadsafe(one.event.set)

    def _look(self) -> None:
        seen, wake = 0, self.board.services.wake
        while True:
            seen = wake.wait(seen, LOOK_S)
            try:
                now = self.board.mark()
            except DBAPIError:  # who waits asks anew in the end, and is told what is wrong
                continue
            with self._lock:
                for one in self._waiting:
                    if one.seen != now and not one.loop.is_closed():
                        one.loop.call_soon_threadsafe(one.event.set)
                if not self._waiting:
                    self._thread = None
                    return


def check(token: str | None, authorization: str) -> None:
    """Raise HTTPException 401 where there is a token and it was not sent."""
    given = authorization.removeprefix("Bearer ").encode()
    if token is not None and not hmac.compare_digest(given, token.encode()):
        raise HTTPException(401, "Send the gate's token: Authorization: Bearer …", {"WWW-Authenticate": "Bearer"})


def router(bell: Bell, token: str | None) -> APIRouter:
    """Return the route; with a token, only who carries it is told."""
    routes, board = APIRouter(), bell.board

    @routes.get("/v1/gate/{model_id}")
    async def gate(
        model_id: str,
        wait: Annotated[float, Query(ge=0, le=LONGEST_WAIT_S)] = 0,
        if_none_match: Annotated[str, Header()] = "",
        authorization: Annotated[str, Header()] = "",
    ) -> Response:
        check(token, authorization)
        until = asyncio.get_running_loop().time() + wait
        while True:
            found = await run_in_threadpool(board.read, model_id)
            if found is None:
                raise HTTPException(404, "No model of that name is watched.")
            mark, told = found
            left = until - asyncio.get_running_loop().time()
            if not _is_known(told.etag, if_none_match):
                headers = {"ETag": told.etag, "Cache-Control": "no-cache"}
                return Response(told.body, 200, headers, "application/json")
            if left <= 0 or bell.is_closed:
                return Response(status_code=304, headers={"ETag": told.etag})
            await bell.wait(mark, left)

    return routes


def _is_known(etag: str, sent: str) -> bool:
    """Return whether who asks has what is told: one of a list, weak ones too, as proxies make them (RFC 9110)."""
    return etag in {one.strip().removeprefix("W/") for one in sent.split(",")}
