"""Routes: `/slack/events`, `/v1/gate/{model}`, `/healthz`, `/readyz`."""

from datetime import timedelta
from typing import Any

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from slack_bolt import App, BoltRequest
from starlette.concurrency import run_in_threadpool

from bot.http import local
from bot.http.signature import is_genuine
from bot.services import Services
from storage import migrate, oversight, overview
from storage.database import Busy
from storage.tables import Model

LARGEST = 1 << 20  # bytes of a delivery


def build(services: Services, slack: App, signing_secret: str | None) -> FastAPI:
    """Return the HTTP app; deliveries of Slack are refused where there is no signing secret."""
    http = FastAPI(title="EthixAI Incidents", docs_url=None, redoc_url=None, openapi_url=None)

    @http.exception_handler(Busy)
    def busy(_request: Request, _error: Busy) -> JSONResponse:
        return JSONResponse(
            {"title": "The database is busy; try again."}, status_code=503, headers={"Retry-After": "1"}
        )

    @http.post("/slack/events")
    async def deliver(request: Request) -> Response:
        body = await _read(request)
        if signing_secret is None or not is_genuine(
            signing_secret,
            request.headers.get("x-slack-request-timestamp", ""),
            request.headers.get("x-slack-signature", ""),
            body,
            services.clock(),
        ):
            raise HTTPException(401, "not signed by Slack")
        try:
            text = body.decode()
        except UnicodeDecodeError:
            raise HTTPException(400, "not UTF-8") from None
        answer = await run_in_threadpool(lambda: slack.dispatch(BoltRequest(body=text, headers=dict(request.headers))))
        headers = {name: values[0] for name, values in answer.headers.items()}
        return Response(answer.body, status_code=answer.status, headers=headers)

    http.include_router(local.router(services))

    @http.get("/v1/gate/{model_id}")
    def gate(model_id: str) -> dict[str, Any]:
        """Return how far the model is restrained; serving code asks before it answers."""
        with services.database.read() as session:
            if session.get(Model, model_id) is None:
                raise HTTPException(404, f"no model {model_id}")
            now = oversight.current(session, model_id)
        if now is None:
            return {"model": model_id, "level": 0, "fallback": None, "since": None, "incident": None}
        return {
            "model": model_id,
            "level": now.level,
            "fallback": now.fallback,
            "since": now.at.isoformat(),
            "incident": now.incident_id,
        }

    @http.get("/healthz")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    @http.get("/readyz")
    def ready(response: Response) -> dict[str, Any]:
        current, newest = migrate.revisions(services.database)
        now = services.clock()
        with services.database.read() as session:
            seen = overview.load(session, now, now - timedelta(days=1))
        is_ready = current == newest
        response.status_code = 200 if is_ready else 503
        return {"ready": is_ready, "schema": current, "owed": seen.pending, "parked": seen.parked}

    return http


async def _read(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            raise HTTPException(413, "too large")
    return body
