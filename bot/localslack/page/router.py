"""Routes of the page: the shell, what one person sees as JSON, news of changes, files."""

import asyncio
import threading
import time
from pathlib import Path

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader
from starlette.responses import FileResponse

from bot.localslack.gestures import Gestures, person_id
from bot.localslack.local import find
from bot.localslack.page import scene
from bot.localslack.people import PEOPLE
from bot.localslack.records import Json
from bot.localslack.transfer import content
from bot.localslack.workspace import TEAM, Workspace

HERE = Path(__file__).parent
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
START = "ethixai-incidents"
LONGEST_S, LOOK_S = 25.0, 0.05


def router(gestures: Gestures, stopping: threading.Event) -> APIRouter:
    """Return the routes of the page."""
    routes = APIRouter()
    _shell(routes, gestures.workspace)
    _seen(routes, gestures)

    @routes.get("/_page/changes")
    async def changes(since: int = 0) -> Json:
        end = time.monotonic() + LONGEST_S
        while gestures.workspace.version <= since and time.monotonic() < end and not stopping.is_set():
            await asyncio.sleep(LOOK_S)
        return {"version": gestures.workspace.version}

    return routes


def _shell(routes: APIRouter, workspace: Workspace) -> None:
    templates = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True)
    files = {path.name: path for path in (HERE / "static").iterdir() if path.suffix in KINDS}

    @routes.get("/")
    def shell() -> HTMLResponse:
        page = templates.get_template("workspace.html.j2").render(
            team=TEAM["name"],
            bot_name=workspace.manifest.bot_name,
            people=[scene.person(one) for one in PEOPLE.values()],
            start_channel=START,
        )
        return HTMLResponse(page, headers={"Cache-Control": "no-store"})

    @routes.get("/static/{name}")
    def static(name: str) -> Response:
        path = files.get(name)
        if path is None:
            return Response(status_code=404)
        return FileResponse(path, media_type=KINDS[path.suffix], headers={"Cache-Control": "no-cache"})

    @routes.get("/favicon.ico")
    def icon() -> Response:
        return RedirectResponse("/static/mark.svg")

    @routes.get("/archives/{channel}/{stamp}")
    def permalink(channel: str, stamp: str) -> Response:
        ts = f"{stamp[1:-6]}.{stamp[-6:]}"
        return RedirectResponse(f"/?channel={workspace.channel(channel).id}&message={ts}")


def _seen(routes: APIRouter, gestures: Gestures) -> None:
    workspace = gestures.workspace

    @routes.get("/_page/state")
    def state(user: str) -> Json:
        with workspace.lock:
            return scene.state(gestures, person_id(user))

    @routes.get("/_page/channel")
    def channel(user: str, channel: str) -> Json:
        reader = person_id(user)
        with workspace.lock:
            place = find(workspace, channel, reader)
            return {"channel": scene.place(place, reader), "messages": scene.messages(workspace, place, reader)}

    @routes.get("/_page/thread")
    def thread(user: str, channel: str, ts: str) -> Json:
        reader = person_id(user)
        with workspace.lock:
            place = find(workspace, channel, reader)
            return scene.thread(workspace, place, workspace.message(place, ts), reader)

    @routes.post("/_page/read")
    def read(asked: scene.Read) -> Json:
        with workspace.lock:
            place = find(workspace, asked.channel, person_id(asked.user))
            place.read[person_id(asked.user)] = next(reversed(place.messages), "0")
            workspace.changed()
        return {"ok": True}

    @routes.get("/_page/file/{id}")
    def file(id: str) -> Response:
        return content(workspace, id)
