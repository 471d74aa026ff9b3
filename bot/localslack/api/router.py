"""The Web API over HTTP: token, faults, rate limit, scope, then the method; one JSON answer with status 200."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from bot.localslack.api.call import Call
from bot.localslack.api.methods import METHODS, POSTS
from bot.localslack.errors import SlackError
from bot.localslack.faults import Fault, Faults
from bot.localslack.rates import Rates
from bot.localslack.records import Json
from bot.localslack.workspace import APP, Workspace

SOCKETS = "apps.connections.open"


@dataclass(frozen=True)
class Door:
    """What the Web API needs beside the workspace."""

    workspace: Workspace
    rates: Rates
    faults: Faults
    bot_token: str
    app_token: str
    open_socket: Callable[[], str]
    pause: Callable[[float], object]


def router(door: Door, cut: Callable[[Request], None]) -> APIRouter:
    """Return the routes of the Web API; `cut` ends a connection without an answer."""
    routes = APIRouter()

    @routes.api_route("/api/{method}", methods=["GET", "POST"])
    async def call(method: str, request: Request) -> Response:
        given = await arguments(request)
        token = _token(request, given)
        response, drops = await run_in_threadpool(answer, door, method, token, given)
        if drops:
            cut(request)
        return response

    return routes


async def arguments(request: Request) -> Json:
    """Return the arguments of query and body: a form, a multipart form or JSON."""
    given: Json = dict(request.query_params)
    kind = request.headers.get("content-type", "")
    if kind.startswith("application/json"):
        try:
            body = json.loads(await request.body() or b"{}")
        except ValueError:
            return {**given, "": "invalid_json"}
        return {**given, **body} if isinstance(body, dict) else {**given, "": "json_not_object"}
    if "form" in kind:
        async with request.form() as form:
            given |= {name: value for name, value in form.items() if not isinstance(value, UploadFile)}
    return given


def answer(door: Door, method: str, token: str, given: Json) -> tuple[Response, bool]:
    """Return the answer of a call and whether the connection is cut instead, with the fault that was asked for."""
    fault = door.faults.take(method)
    if fault is None:
        return _plain(door, method, token, given), False
    if fault.lands_late:
        door.pause(fault.delay_s)
    response = _plain(door, method, token, given) if fault.works else None
    if not fault.lands_late:
        door.pause(fault.delay_s)
    return _faulty(fault) or response or Response(status_code=500), fault.drop_answer


def _faulty(fault: Fault) -> Response | None:
    if fault.body is not None:
        return Response(fault.body, 200, media_type="application/json; charset=utf-8")
    headers = {"Retry-After": str(fault.retry_after)} if fault.retry_after is not None else {}
    if fault.status is not None or fault.retry_after is not None:
        status = fault.status or 429
        error = fault.error or ("ratelimited" if status == 429 else "")
        body = json.dumps({"ok": False, "error": error}) if error else "upstream connect error"
        return Response(body, status, headers, "application/json" if error else "text/html")
    return _json({"ok": False, "error": fault.error}) if fault.error else None


def _plain(door: Door, method: str, token: str, given: Json) -> Response:
    try:
        return _json({"ok": True, **_result(door, method, token, given)}, door)
    except SlackError as error:
        if error.error == "ratelimited":
            return Response(
                json.dumps(error.answer()), 429, {"Retry-After": str(error.extra["retry_after"])}, "application/json"
            )
        return _json(error.answer(), door)


def _result(door: Door, method: str, token: str, given: Json) -> Json:
    row = METHODS.get(method)
    if row is None and method != SOCKETS:
        raise SlackError("unknown_method", req_method=method)
    _check_token(door, method, token)
    if "" in given:
        raise SlackError(given[""])
    if row is None:
        _check_rate(door, method, 1, "")
        return {"url": door.open_socket()}
    _check_rate(door, method, row.tier, _place(door, given) if row.tier == POSTS else "")
    call = Call(door.workspace, row, given)
    call.require(row.scopes)
    with door.workspace.lock:
        return row.answer(call)


def _check_token(door: Door, method: str, token: str) -> None:
    wanted, other = (door.app_token, door.bot_token) if method == SOCKETS else (door.bot_token, door.app_token)
    if not token:
        raise SlackError("not_authed")
    if token == other:
        raise SlackError("not_allowed_token_type")
    if token != wanted:
        raise SlackError("invalid_auth")


def _place(door: Door, given: Json) -> str:
    try:
        return door.workspace.channel(str(given.get("channel", ""))).id
    except SlackError:
        return ""


def _check_rate(door: Door, method: str, tier: int, channel: str) -> None:
    seconds = door.rates.wait_for(f"{method}:{channel}", tier)
    if seconds:
        raise SlackError("ratelimited", retry_after=seconds)


def _token(request: Request, given: Json) -> str:
    header = request.headers.get("authorization", "")
    return header.removeprefix("Bearer ").strip() if header else str(given.pop("token", ""))


def _json(body: object, door: Door | None = None) -> Response:
    scopes = ",".join(sorted(door.workspace.manifest.scopes)) if door else ""
    headers = {"X-OAuth-Scopes": scopes, "X-Slack-App-Id": APP} if door else {}
    return Response(json.dumps(body), 200, headers, "application/json; charset=utf-8")
