"""What stands before every route: loopback names only, JSON for `/_local`, and headers that keep the page closed."""

from typing import Any

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


class Guard:
    """Refuses foreign hosts (DNS rebinding), and pages and forms of other origins (CSRF)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a refused request, or pass it on."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
        refusal = _refusal(scope, headers)
        if refusal is None:
            await self.app(scope, receive, _closed(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await JSONResponse({"ok": False, "error": refusal[1]}, refusal[0])(scope, receive, send)


def _refusal(scope: Scope, headers: dict[str, str]) -> tuple[int, str] | None:
    if not _is_loopback(headers.get("host", "")):
        return 403, "host_not_allowed"
    origin = headers.get("origin")
    if origin and origin.partition("://")[2] != headers["host"]:
        return 403, "origin_not_allowed"
    is_ours = scope["path"].startswith(("/_local", "/_page"))
    if is_ours and scope.get("method") == "POST" and not headers.get("content-type", "").startswith("application/json"):
        return 415, "json_required"
    return None


def _is_loopback(host: str) -> bool:
    name = host if host.endswith("]") or ":" not in host else host.rpartition(":")[0]
    return name in LOOPBACK


def _closed(send: Send) -> Send:
    async def closed(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers: list[Any] = list(message.get("headers", []))
            message["headers"] = [*headers, *HEADERS]
        await send(message)

    return closed
