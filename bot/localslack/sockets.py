"""Socket Mode: connections of the app, envelopes to one of them, acknowledgements back."""

import asyncio
import json
import secrets
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass, field

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from bot.localslack.records import Json
from bot.localslack.transport import Answer, Parcel
from bot.localslack.workspace import APP, Workspace

MOST_CONNECTIONS = 10


@dataclass(eq=False)
class Connection:
    """One socket of the app and the envelopes it has not acknowledged."""

    socket: WebSocket
    loop: asyncio.AbstractEventLoop
    waiting: dict[str, "Future[Answer]"] = field(default_factory=dict)

    def push(self, body: Json) -> None:
        """Send a frame from any thread."""
        asyncio.run_coroutine_threadsafe(self.socket.send_text(json.dumps(body)), self.loop)

    def close(self) -> None:
        """Close the socket from any thread."""
        asyncio.run_coroutine_threadsafe(self.socket.close(), self.loop)

    def acknowledge(self, frame: Json) -> None:
        """Hand an acknowledgement to whoever waits for it."""
        waiting = self.waiting.pop(frame.get("envelope_id", ""), None)
        if waiting is not None and not waiting.done():
            waiting.set_result(Answer(ok=True, payload=frame.get("payload") or None))

    def lost(self) -> None:
        """Fail all that waits: nobody will acknowledge it."""
        for waiting in list(self.waiting.values()):
            if not waiting.done():
                waiting.set_result(Answer(ok=False, error="operation_timeout", reason="timeout"))


@dataclass
class Sockets:
    """Every connection; a payload goes to one of them, in turn."""

    workspace: Workspace
    tickets: set[str] = field(default_factory=set)
    connections: list[Connection] = field(default_factory=list)
    turn: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_connected(self) -> bool:
        """Return whether the app holds a connection."""
        return bool(self.connections)

    def ticket(self) -> str:
        """Return an address that takes one connection."""
        ticket = secrets.token_urlsafe(12)
        self.tickets.add(ticket)
        return f"{self.workspace.url.replace('http', 'ws', 1)}/link/?ticket={ticket}&app_id={APP}"

    def send(self, parcel: Parcel, seconds: float) -> Answer:
        """Return the acknowledgement of an envelope; `dispatch_failed` when no app is connected."""
        connection = self._next()
        if connection is None:
            return Answer(ok=False, error="dispatch_failed", reason="connection_failed")
        with self.workspace.lock:
            id = self.workspace.new_id("env", 12)
        waiting: Future[Answer] = Future()
        connection.waiting[id] = waiting
        connection.push(_envelope(id, parcel))
        try:
            return waiting.result(seconds)
        except TooLate:
            return Answer(ok=False, error="operation_timeout", reason="timeout")
        finally:
            connection.waiting.pop(id, None)

    def verify(self, seconds: float) -> Answer:
        """Return that it is: with Socket Mode there is no address to prove."""
        return Answer(ok=True)

    def disconnect(self, reason: str = "warning") -> None:
        """Tell every connection to come again; all but a warning also closes it."""
        for connection in list(self.connections):
            connection.push({"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-local-1"}})
            if reason != "warning":
                connection.close()

    def close(self) -> None:
        """Close every connection without a word."""
        for connection in list(self.connections):
            connection.close()

    def _next(self) -> Connection | None:
        with self.lock:
            self.turn += 1
            return self.connections[self.turn % len(self.connections)] if self.connections else None


def _envelope(id: str, parcel: Parcel) -> Json:
    body: Json = {"envelope_id": id, "type": parcel.kind, "payload": parcel.payload}
    body["accepts_response_payload"] = parcel.kind != "events_api"
    if parcel.kind == "events_api":
        body |= {"retry_attempt": parcel.attempt, "retry_reason": parcel.reason}
    return body


def router(sockets: Sockets) -> APIRouter:
    """Return the route that the app's sockets connect to."""
    routes = APIRouter()

    @routes.websocket("/link/")
    async def link(socket: WebSocket, ticket: str = "") -> None:
        if ticket not in sockets.tickets or len(sockets.connections) >= MOST_CONNECTIONS:
            await socket.close(1008)
            return
        sockets.tickets.discard(ticket)
        await socket.accept()
        connection = Connection(socket, asyncio.get_running_loop())
        await socket.send_text(json.dumps(_hello(len(sockets.connections) + 1)))
        sockets.connections.append(connection)
        try:
            while True:
                _take(connection, await socket.receive_text())
        except (WebSocketDisconnect, RuntimeError):
            pass
        finally:
            sockets.connections.remove(connection)
            connection.lost()

    return routes


def _take(connection: Connection, frame: str) -> None:
    try:
        body = json.loads(frame)
    except ValueError:
        return
    if isinstance(body, dict):
        connection.acknowledge(body)


def _hello(count: int) -> Json:
    debug = {"host": "applink-local-1", "build_number": 1, "approximate_connection_time": 18060}
    return {"type": "hello", "num_connections": count, "debug_info": debug, "connection_info": {"app_id": APP}}
