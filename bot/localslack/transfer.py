"""The plain addresses beside the Web API: uploads, files, and `response_url`."""

import json

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from bot.localslack.errors import SlackError
from bot.localslack.responses import respond
from bot.localslack.workspace import TEAM, Workspace

DRAWN = ("image/png", "image/jpeg", "image/gif")


def router(workspace: Workspace, bot_token: str) -> APIRouter:
    """Return the routes of uploads, downloads and answers to interactions."""
    routes = APIRouter()

    @routes.post("/upload/v1/{id}")
    async def upload(id: str, request: Request) -> Response:
        data = await _bytes(request)
        file = workspace.files.get(id)
        if file is None or file.ready_at is not None:
            return Response("file_not_found", 404)
        if len(data) != file.size:
            return Response(f"expected {file.size} bytes, got {len(data)}", 400)
        file.data = data
        return Response(f"OK - {len(data)}", media_type="text/plain")

    @routes.get("/files-pri/{name}/{filename}")
    def download(name: str, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {bot_token}":
            return Response("not_authed", 403)
        return content(workspace, name.removeprefix(f"{TEAM['id']}-"))

    for path in ("actions", "commands", "app"):
        routes.add_api_route(f"/{path}/{{team}}/{{id}}", _answering(workspace), methods=["POST"])
    return routes


def content(workspace: Workspace, id: str) -> Response:
    """Return a file's bytes: images as they are, everything else to save and never to run."""
    try:
        file = workspace.file(id)
    except SlackError as error:
        return Response(error.error, 404)
    kind = file.mimetype if file.mimetype in DRAWN else "application/octet-stream"
    headers = {} if file.mimetype in DRAWN else {"Content-Disposition": "attachment"}
    return Response(file.data or b"", headers=headers, media_type=kind)


def _answering(workspace: Workspace):  # type: ignore[no-untyped-def]  # noqa: ANN202
    async def answer(id: str, request: Request) -> Response:
        try:
            body = json.loads(await request.body())
        except ValueError:
            return Response("invalid_payload", 400)
        return await run_in_threadpool(_respond, workspace, id, body)

    return answer


def _respond(workspace: Workspace, id: str, body: dict[str, object]) -> Response:
    try:
        with workspace.lock:
            respond(workspace, id, body)
    except SlackError as error:
        status = 404 if error.error in ("used_url", "expired_url") else 400
        return Response(json.dumps(error.answer()), status, media_type="application/json")
    return Response("ok", media_type="text/plain")


async def _bytes(request: Request) -> bytes:
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await request.body()
    async with request.form() as form:
        for value in form.values():
            if isinstance(value, UploadFile):
                return await value.read()
    return b""
