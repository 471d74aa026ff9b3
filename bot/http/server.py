"""Routes: `/slack/events`, `/v1/…` (api.py), `/v1/gate/{model}`, `/healthz`, `/readyz`."""

from typing import Any

import structlog
from fastapi import FastAPI, HTTPException, Request, Response
from slack_bolt import App
from starlette.concurrency import run_in_threadpool

from bot import health, receive
from bot.board import Board
from bot.health import Parts
from bot.http import api, gate, hooks, local, problems, retrains, reviews, rollouts, versions
from bot.http.bounds import Bounds
from bot.http.signature import is_genuine
from bot.payload import Malformed, read
from bot.services import Services

log = structlog.get_logger(__name__)

FORMS = {"application/json": "json", "application/x-www-form-urlencoded": "form"}
NO_BOT = Parts()


def build(
    services: Services,
    slack: App,
    signing_secret: str | None,
    parts: Parts = NO_BOT,
    *,
    gate_token: str | None = None,
    webhook_secret: str | None = None,
) -> FastAPI:
    """Return the HTTP app; deliveries of Slack are refused where there is no signing secret."""
    http = FastAPI(title="EthixAI Incidents", docs_url=None, redoc_url=None, openapi_url=None)

    http.add_middleware(Bounds)
    problems.register(http)

    @http.post("/slack/events")
    async def deliver(request: Request) -> Response:
        body = await request.body()
        if signing_secret is None or not is_genuine(
            signing_secret,
            request.headers.get("x-slack-request-timestamp", ""),
            request.headers.get("x-slack-signature", ""),
            body,
            services.clock(),
        ):
            raise HTTPException(401)
        return await run_in_threadpool(_answered, slack, body, request.headers.get("content-type", ""))

    http.include_router(local.router(services))
    http.include_router(hooks.router(services))
    http.include_router(api.router(services))
    http.include_router(retrains.router(services, webhook_secret))
    http.include_router(rollouts.router(services))
    http.include_router(versions.router(services))
    bell = gate.Bell(Board(services))
    http.state.bell = bell
    http.include_router(gate.router(bell, gate_token))
    http.include_router(reviews.router(services, gate_token))

    @http.get("/healthz")
    def alive() -> dict[str, str]:
        return {"status": "ok"}

    @http.get("/readyz")
    def ready(response: Response) -> dict[str, Any]:
        seen = health.look(services, parts)
        response.status_code = 200 if seen.ready else 503
        return seen.facts()

    return http


def _answered(slack: App, body: bytes, content_type: str) -> Response:
    """Return the answer to a genuine delivery; what it says beyond the body is not signed, so nothing else is read."""
    kind = FORMS.get(content_type.partition(";")[0].strip().lower())
    if kind is None:
        raise HTTPException(415)
    try:
        payload = read(body, is_form=kind == "form")
    except Malformed as error:
        log.warning("a delivery was not understood", why=str(error))
        return problems.problem(400, headers={"x-slack-no-retry": "1"})
    answer = receive.take(slack, payload)
    if answer.status == 400:
        return problems.problem(400, headers={"x-slack-no-retry": "1"})
    if answer.status >= 300:
        return problems.problem(answer.status)
    headers = {name: values[0] for name, values in answer.headers.items()}
    return Response(answer.body, status_code=answer.status, headers=headers)
