"""How a payload reaches the app: signed HTTP here, Socket Mode in `sockets`; both answer with an `Answer`."""

import hashlib
import hmac
import json
import secrets
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, replace
from typing import Protocol

from bot.localslack.records import Json
from bot.localslack.workspace import VERIFICATION


@dataclass(frozen=True)
class Answer:
    """The app's acknowledgement, or why there is none; `reason` is Slack's word for a retry."""

    ok: bool
    payload: Json | None = None
    error: str = ""
    reason: str = ""
    may_retry: bool = True


@dataclass(frozen=True)
class Parcel:
    """One payload on its way: its kind in Socket Mode's words, and which attempt this is."""

    kind: str
    payload: Json
    attempt: int = 0
    reason: str = ""


class Transport(Protocol):
    """A way to the app."""

    @property
    def is_connected(self) -> bool:
        """Return whether the app can be reached, as far as is known."""

    def send(self, parcel: Parcel, seconds: float) -> Answer:
        """Return the acknowledgement, waiting for it so long."""

    def verify(self, seconds: float) -> Answer:
        """Return whether the app proves that its address is its own, as Slack asks when the address is entered."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object) -> None:
        """Return nothing: a redirect is an answer that is no 2xx."""


LATE = Answer(ok=False, error="operation_timeout", reason="http_timeout")
UNREACHED = Answer(ok=False, error="dispatch_failed", reason="connection_failed")
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())


@dataclass(frozen=True)
class SignedHttp:
    """Delivery to a request URL, signed with the app's secret."""

    url: str
    secret: str

    @property
    def is_connected(self) -> bool:
        """Return True: whether a request URL answers is seen when it is asked."""
        return True

    def send(self, parcel: Parcel, seconds: float) -> Answer:
        """Return the app's HTTP answer; anything but 2xx in time is a failure."""
        answer, raw = self._post(parcel, seconds)
        return replace(answer, payload=_decode(raw)) if answer.ok else answer

    def verify(self, seconds: float) -> Answer:
        """Return whether the app answers `url_verification` with the challenge: plain, as a form or as JSON."""
        challenge = secrets.token_urlsafe(24)
        asked = {"token": VERIFICATION, "challenge": challenge, "type": "url_verification"}
        answer, raw = self._post(Parcel("events_api", asked), seconds)
        told = raw.decode(errors="replace").strip()
        given = (told, told.removeprefix("challenge="), str((_decode(raw) or {}).get("challenge")))
        return answer if not answer.ok or challenge in given else Answer(ok=False, error="challenge_failed")

    def _post(self, parcel: Parcel, seconds: float) -> tuple[Answer, bytes]:
        body, kind = encode(parcel)
        headers = {"Content-Type": kind, "User-Agent": "Slackbot 1.0", **sign(self.secret, body, int(time.time()))}
        if parcel.attempt:
            headers |= {"X-Slack-Retry-Num": str(parcel.attempt), "X-Slack-Retry-Reason": parcel.reason}
        request = urllib.request.Request(self.url, body, headers)  # noqa: S310  # the test's own address
        try:
            with _OPENER.open(request, timeout=seconds) as response:
                return Answer(ok=True), response.read()
        except urllib.error.HTTPError as error:
            with error:
                may_retry = error.headers.get("X-Slack-No-Retry") != "1"
                return Answer(ok=False, error="http_service_error", reason="http_error", may_retry=may_retry), b""
        except TimeoutError:
            return LATE, b""
        except OSError as error:
            is_late = isinstance(getattr(error, "reason", None), TimeoutError)
            return LATE if is_late else UNREACHED, b""


def encode(parcel: Parcel) -> tuple[bytes, str]:
    """Return the body and its content type: JSON for events, a form for the rest."""
    if parcel.kind == "events_api":
        return json.dumps(parcel.payload).encode(), "application/json"
    fields = {"payload": json.dumps(parcel.payload)} if parcel.kind == "interactive" else parcel.payload
    return urllib.parse.urlencode(fields).encode(), "application/x-www-form-urlencoded"


def sign(secret: str, body: bytes, now: int) -> dict[str, str]:
    """Return the two headers with which the app knows that Slack sent the body."""
    base = b"v0:" + str(now).encode() + b":" + body
    digest = hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(now), "X-Slack-Signature": f"v0={digest}"}


def _decode(body: bytes) -> Json | None:
    if not body.strip():
        return None
    try:
        payload = json.loads(body)
    except ValueError:
        return {"text": body.decode(errors="replace")}
    return payload if isinstance(payload, dict) else None
