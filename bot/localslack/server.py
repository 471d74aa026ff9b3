"""The workspace as a server on loopback: builds its parts, binds the port, runs uvicorn in a thread."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import anyio.to_thread
import uvicorn
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.localslack import local, sockets, transfer
from bot.localslack.api import router as api
from bot.localslack.delivery import SLACKS_SCHEDULE, Delivery
from bot.localslack.errors import SlackError
from bot.localslack.faults import Faults
from bot.localslack.gestures import Gestures
from bot.localslack.guard import Guard
from bot.localslack.manifest import Manifest
from bot.localslack.page import router as page
from bot.localslack.rates import Rates
from bot.localslack.transport import SignedHttp
from bot.localslack.workspace import Workspace

THREADS = 200
START_SECONDS = 20.0
GRACE_SECONDS = 1.0
Address = tuple[str, int]


@dataclass
class LocalSlack:
    """A Slack workspace on loopback; use it as a context manager, or `start` and `stop` it."""

    manifest: Mapping[str, Any]
    port: int = 0
    host: str = "127.0.0.1"
    rate_limits: bool = False
    clock: Callable[[], float] = time.time
    request_url: str | None = None
    ack_s: float = 3.0
    retry_after: tuple[float, ...] = SLACKS_SCHEDULE
    file_ready_s: float = 0.0
    bot_token: str = "xoxb-local-ethixai-0001"  # noqa: S105  # opens nothing but this loopback server
    app_token: str = "xapp-local-ethixai-0001"  # noqa: S105
    signing_secret: str = "5ec2e7f0a1b94d5cb8e6f0c1d2a3b4c5"  # noqa: S105
    workspace: Workspace = field(init=False)
    sockets: "sockets.Sockets" = field(init=False)
    delivery: Delivery = field(init=False)
    gestures: Gestures = field(init=False)
    faults: Faults = field(init=False, default_factory=Faults)

    def __post_init__(self) -> None:
        """Bind the port, so that one in use raises OSError here, and build the parts."""
        self._socket = _bound(self.host, self.port)
        self.port = self._socket.getsockname()[1]
        self.workspace = Workspace(Manifest.parse(self.manifest), self.clock, self.url, self.file_ready_s)
        self.sockets = sockets.Sockets(self.workspace)
        transport = SignedHttp(self.request_url, self.signing_secret) if self.request_url else self.sockets
        self.delivery = Delivery(self.workspace, transport, self.ack_s, self.retry_after)
        self.workspace.on_event = self.delivery.event
        self.gestures = Gestures(self.workspace, self.delivery)
        self._open: dict[Address, asyncio.Transport] = {}
        self._server = _Server(self._config())
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)

    @property
    def url(self) -> str:
        """Return the address of the page, without a slash at its end."""
        return f"http://{'127.0.0.1' if self.host == '0.0.0.0' else self.host}:{self.port}"  # noqa: S104

    @property
    def api_url(self) -> str:
        """Return the address to give a Slack client as its base."""
        return f"{self.url}/api/"

    def start(self) -> Self:
        """Return the workspace once it answers."""
        self._thread.start()
        end = time.monotonic() + START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > end:
                raise RuntimeError("the local workspace did not start")
            time.sleep(0.005)
        return self

    def stop(self) -> None:
        """End every connection and the server."""
        self.delivery.stopping.set()
        self.sockets.close()
        self._server.end()
        if self._thread.is_alive():
            self._thread.join(10)
        self._socket.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()

    def reset(self) -> None:
        """Forget all that was said, every fault, and events not taken yet; connections and clients stay."""
        fresh = Workspace(self.workspace.manifest, self.clock)
        with self.workspace.lock:
            for name in (
                "channels",
                "files",
                "views",
                "stacks",
                "homes",
                "triggers",
                "responses",
                "groups",
                "deactivated",
            ):
                setattr(self.workspace, name, getattr(fresh, name))
            self.workspace.changed()
        self.faults.clear()
        self.delivery.forget()

    def _config(self) -> uvicorn.Config:
        return uvicorn.Config(
            self._app(),
            http=_cuttable(self._open),
            ws="websockets-sansio",
            log_config=None,
            log_level="critical",
            access_log=False,
            date_header=False,
        )

    def _app(self) -> Guard:
        app = FastAPI(
            title="Local Slack workspace", docs_url=None, redoc_url=None, openapi_url=None, lifespan=_many_threads
        )
        rates = Rates(self.clock, self.rate_limits)
        tokens, pause = (self.bot_token, self.app_token), self.delivery.stopping.wait
        door = api.Door(self.workspace, rates, self.faults, *tokens, self.sockets.ticket, pause)
        app.include_router(api.router(door, self._cut))
        app.include_router(sockets.router(self.sockets))
        app.include_router(transfer.router(self.workspace, self.bot_token))
        app.include_router(local.router(self.gestures, self.faults, self.sockets, self.reset))
        app.include_router(page.router(self.gestures, self.delivery.stopping))
        app.add_exception_handler(SlackError, _refused)
        app.add_exception_handler(RequestValidationError, _misread)
        return Guard(app)

    def _cut(self, request: Request) -> None:
        transport = self._open.get((request.client.host, request.client.port)) if request.client else None
        if transport is not None:
            transport.abort()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._ended = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def main_loop(self) -> None:
        """Wait for the end, instead of looking for it ten times a second."""
        self._loop = asyncio.get_running_loop()
        if not self.should_exit:
            await self._ended.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close every connection, wait a little for what is still being answered, and end."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        end = time.monotonic() + GRACE_SECONDS
        while (self.server_state.connections or self.server_state.tasks) and time.monotonic() < end:
            await asyncio.sleep(0.002)
        for task in self.server_state.tasks:
            task.cancel()
        await self.lifespan.shutdown()

    def end(self) -> None:
        """End the server from any thread."""
        self.should_exit = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._ended.set)

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]  # noqa: ANN202
        """Leave the signals to the program that embeds the workspace."""
        yield


def _bound(host: str, port: int) -> socket.socket:
    # The protocol is named because asyncio turns Nagle's delay off (40 ms a request) only where it is.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(128)
    except OSError:
        bound.close()
        raise
    return bound


def _cuttable(connections: dict[Address, asyncio.Transport]) -> type[asyncio.Protocol]:
    class Cuttable(H11Protocol):
        def connection_made(self, transport: Any) -> None:  # noqa: ANN401  # as in uvicorn
            connections[transport.get_extra_info("peername")[:2]] = transport
            super().connection_made(transport)

        def connection_lost(self, exc: Exception | None) -> None:
            connections.pop(self.transport.get_extra_info("peername")[:2], None)
            super().connection_lost(exc)

    return Cuttable


@contextlib.asynccontextmanager
async def _many_threads(_: FastAPI) -> AsyncIterator[None]:
    anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
    yield


async def _refused(_: Request, error: Exception) -> JSONResponse:
    return JSONResponse(error.answer() if isinstance(error, SlackError) else {"ok": False}, 400)


async def _misread(_: Request, error: Exception) -> JSONResponse:
    problems = error.errors() if isinstance(error, RequestValidationError) else []
    told = [f"{'.'.join(map(str, one['loc'][1:]))}: {one['msg']}" for one in problems]
    return JSONResponse({"ok": False, "error": "invalid_arguments", "errors": told}, 400)
