"""The door out to other systems by HTTP: one call, and what each answer asks for."""

import functools
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from bot.integrations.errors import Limited, NotThere, Permanent, TryLater, Uncertain

PATIENCE_S = 20.0
PIECE = 1 << 20
LONGEST_REST_S = 3_600.0
SHORTEST_REST_S = 60.0  # where a limit is named without an end (GitHub: “wait for at least one minute”)
LATER = {408, 425}
HERE = {"localhost", "127.0.0.1", "::1"}


def call(who: str, method: str, url: str, **sent: Any) -> httpx.Response:  # noqa: ANN401
    """Return the answer to a call of `who`, a name for people; raise SendError for one that is no success.

    `sent` is what httpx takes: headers, json, params. Nothing of it, and no address, stands in an error: either may
    hold a secret.
    """
    with _reaching(who), _client(url) as client:
        return checked(who, client.request(method, url, **sent))


@contextmanager
def streamed(who: str, url: str, **sent: Any) -> Iterator[Iterator[bytes]]:  # noqa: ANN401
    """Give what lies at the address in pieces, however large it is; raise SendError, at the last piece too."""
    with _reaching(who), _client(url) as client, client.stream("GET", url, **sent) as answer:
        if answer.status_code >= 300:
            answer.read()
        yield checked(who, answer).iter_bytes(PIECE)


def _client(url: str) -> httpx.Client:
    return httpx.Client(verify=_trust(), timeout=PATIENCE_S, follow_redirects=True, trust_env=_is_away(url))


@contextmanager
def _reaching(who: str) -> Iterator[None]:
    """Turn what goes wrong on the way into what is to be done about it."""
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
        raise TryLater(f"{who} cannot be reached ({type(error).__name__})", after=20) from None
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.TooManyRedirects):
        raise Permanent(f"{who} has an address that leads nowhere") from None
    except httpx.HTTPError as error:
        raise Uncertain(f"{who}: the answer was lost ({type(error).__name__})") from None


def reach(who: str, url: str) -> None:
    """Return where somebody answers at the address, whatever they say; raise SendError."""
    with suppress(Permanent, Limited):
        call(who, "GET", url)


def checked(who: str, answer: httpx.Response) -> httpx.Response:
    """Return the answer; raise SendError for one that is no success."""
    code = answer.status_code
    if code < 300:
        return answer
    says = f"{who} answers {code}{_reason(answer)}"
    rest = rests(code, answer.headers)
    if rest is not None:
        raise Limited(says, after=rest)
    if code in LATER:
        raise TryLater(says)
    if code >= 500:  # a gateway says so too where what stands behind it has done the work
        raise Uncertain(says)
    raise (NotThere if code == 404 else Permanent)(says)


def rests(code: int, headers: Mapping[str, str]) -> float | None:
    """Return for how many seconds to wait where the answer is a limit; None for any other answer.

    RFC 9110 §10.2.3; GitHub, “Rate limits for the REST API”: a 403 or 429 with Retry-After, or with none left until
    `x-ratelimit-reset`.
    """
    if code not in (403, 429, 503):
        return None
    told = headers.get("retry-after")
    if told is not None:
        return _bounded(_seconds(told))
    if code == 503:
        return None
    if headers.get("x-ratelimit-remaining") == "0" and headers.get("x-ratelimit-reset", "").isdigit():
        return _bounded(int(headers["x-ratelimit-reset"]) - _now(headers))
    return SHORTEST_REST_S if code == 429 else None


def _seconds(told: str) -> float:
    return float(told) if told.isascii() and told.isdigit() else SHORTEST_REST_S


def _bounded(seconds: float) -> float:
    return min(LONGEST_REST_S, max(1.0, seconds))


def _now(headers: Mapping[str, str]) -> float:
    """Return the time by the clock of who answers: ours may differ from it."""
    try:
        return parsedate_to_datetime(headers["date"]).timestamp()
    except (KeyError, ValueError):
        return time.time()


@functools.cache
def _trust() -> ssl.SSLContext:
    """Return whom to believe; read once, for that takes longer than a call."""
    return httpx.create_ssl_context()


def _is_away(url: str) -> bool:
    """Return whether the environment's proxy may stand between: not before this machine itself."""
    return httpx.URL(url).host not in HERE


def _reason(answer: httpx.Response) -> str:
    """Return what a JSON answer says of itself."""
    try:
        told = answer.json()
    except ValueError:
        return ""
    said = [told.get("message")] if isinstance(told, dict) else []
    faults = told.get("errors") if isinstance(told, dict) else None
    said += [str(one.get("message") or one.get("field") or one.get("code") if isinstance(one, dict) else one)
             for one in (faults if isinstance(faults, list) else [])]  # fmt: skip
    words = "; ".join(str(one) for one in said if one)
    return f": {words[:300]}" if words else ""
