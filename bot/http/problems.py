"""Every answer that is no success: RFC 9457 problem details, one plain sentence, nothing of what was sent."""

import secrets
from http import HTTPStatus

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from storage.database import Busy
from templates import answers

log = structlog.get_logger(__name__)

SENTENCES = {
    400: "The request was not understood.",
    401: "The request is not signed by Slack, or not lately.",
    403: "Your role does not let you do that.",
    404: "There is nothing at this address.",
    405: "This address does not take that method.",
    408: "The body took too long to come.",
    413: "The body is larger than one MiB.",
    415: "The body is neither a form nor JSON.",
    503: "The records are busy for a moment; please try again.",
}


def problem(status: int, sentence: str | None = None, headers: dict[str, str] | None = None) -> JSONResponse:
    """Return the answer; without a sentence of its own it says what the status means."""
    title = HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": status, "detail": sentence or SENTENCES.get(status, title)}
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def register(http: FastAPI) -> None:
    """Answer what went wrong: a bad request, a busy database, a fault of ours with a reference to the log."""

    @http.exception_handler(HTTPException)
    def refused(_request: Request, error: HTTPException) -> JSONResponse:
        own = error.detail if error.detail != HTTPStatus(error.status_code).phrase else None
        return problem(error.status_code, own, dict(error.headers or {}))

    @http.exception_handler(RequestValidationError)
    def invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        places = ", ".join(sorted({".".join(str(part) for part in one["loc"])[:80] for one in error.errors()})[:5])
        return problem(422, f"Not as expected: {places}.")

    @http.exception_handler(ClientDisconnect)
    def gone(_request: Request, _error: ClientDisconnect) -> JSONResponse:
        return problem(400)  # nobody reads it

    @http.exception_handler(Busy)
    def busy(_request: Request, _error: Busy) -> JSONResponse:
        return problem(503, headers={"Retry-After": "1"})

    @http.exception_handler(Exception)
    def failed(request: Request, error: Exception) -> JSONResponse:
        reference = secrets.token_hex(4)
        log.error("request failed", reference=reference, method=request.method, exc_info=error)
        return problem(500, answers.trouble(reference))
