"""`/hooks/pagerduty`, `/hooks/opsgenie`: what people do at a pager, told by it; only with its secret."""

import json
from typing import Any

import structlog
from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from analysis.outside import Pager
from bot.http import problems
from bot.integrations.errors import Permanent, SendError
from bot.integrations.pagers.page import Word
from bot.operations import paged
from bot.paging import VENDORS, identified
from bot.payload import fit
from bot.services import Services
from bot.settings import secret

log = structlog.get_logger(__name__)


def router(services: Services) -> APIRouter:
    """Return the routes."""
    routes = APIRouter()

    @routes.post("/hooks/{kind}")
    async def hook(kind: str, request: Request) -> Response:
        raw = await request.body()
        if kind not in VENDORS:
            raise HTTPException(404)
        return await run_in_threadpool(_heard, services, kind, dict(request.headers), raw)

    return routes


def _heard(services: Services, kind: str, headers: dict[str, str], raw: bytes) -> Response:
    """Return an answer that has the pager send it again only where that helps."""
    pager = _sender(services, kind, headers, raw)
    if pager is None:
        raise HTTPException(401, "The call does not carry the secret of a pager of the policy.")
    try:
        word = VENDORS[kind].read(raw, _clean(json.loads(raw)))
    except (ValueError, KeyError, TypeError, AttributeError):
        log.warning("a pager's call was not understood", pager=pager.name)
        return problems.problem(400)
    if word is None:
        return JSONResponse({"outcome": "ignored"})
    try:
        word = identified(pager, word)
    except Permanent as error:  # who it was stays unknown
        log.warning("a pager does not say who acted", pager=pager.name, error=error.says)
    except SendError:
        return problems.problem(503, headers={"Retry-After": "30"})
    return _told(services, pager, word)


def _told(services: Services, pager: Pager, word: Word) -> Response:
    outcome = paged.hear(services, pager, word)
    return JSONResponse({"outcome": outcome.kind.value if outcome else "ignored"})


def _sender(services: Services, kind: str, headers: dict[str, str], raw: bytes) -> Pager | None:
    """Return the pager whose secret the call carries."""
    services.refresh()
    for pager in services.policy.pagers:
        own = secret(pager.hook) if pager.kind == kind and pager.hook else None
        if own and VENDORS[kind].is_genuine(own, headers, raw):
            return pager
    return None


def _clean(told: Any) -> Any:  # noqa: ANN401
    """Return JSON from outside with its texts fit to be kept."""
    if isinstance(told, dict):
        return {name: _clean(value) for name, value in told.items()}
    if isinstance(told, list):
        return [_clean(one) for one in told]
    return fit(told)[:500] if isinstance(told, str) else told
