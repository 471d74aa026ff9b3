"""Asks before a model answers: `gate = Gate(url, "income-prequal")`, then `gate.check(score=0.7)` at every request.

One file without dependencies, to be copied into a serving application as it stands. A thread of its own keeps what
the bot says up to date; `check` only looks at what is known, and never waits. Where the bot cannot be reached for
`max_age_s`, the decision is what `on_unreachable` says:

* `freeze`: as if the model were paused: the fallback that was last named, or no answer;
* `last_known`: as the bot last said, however long ago; `remember` keeps that over a restart;
* `serve`: as if the model were not restrained.

A throttle holds for each process by itself: with eight workers eight times as many requests go through.
Where `check` says `review`, `ask_people` leaves the request to people, and `decided` says what they decided.
"""

import hashlib
import http.client
import json
import math
import os
import random
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import weakref
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

SERVE, REVIEW, REFUSE = "serve", "review", "refuse"
PAUSED, REVIEW_ALL, REVIEW_BELOW_CONFIDENCE = 4, 3, 2
UNREACHABLE = ("freeze", "last_known", "serve")
LARGEST = 1 << 20  # bytes of an answer
PAUSES_S = (0.2, 0.5, 1.0, 2.0)  # after the first, second, … failure
AT_ONCE = 100  # requests that are asked about in one call
PASSING = (408, 429, 500, 502, 503, 504)  # what may go another time


class NotStored(Exception):
    """People were not asked, and nobody else will: `retry_after_s` is when to try again; None: it helps nothing."""

    def __init__(self, why: str, retry_after_s: float | None) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(why)


@dataclass(slots=True)
class Decision:
    """What to do with one request."""

    action: str  # serve: answer; review: a person decides, the model proposes; refuse: give no answer
    version: str | None  # which version answers or proposes; None: whichever is deployed
    is_fallback: bool  # whether that is the fallback: a version, or the name of a set of rules
    sampled: bool  # whether a person looks at it afterwards
    level: int
    safe_mode: Mapping[str, Any]
    reason: str
    incident: str | None
    retry_after_s: float  # of a request that was refused for too many came: when one may go; else 0
    is_stale: bool  # the bot cannot be reached: this is what `on_unreachable` says


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a person decided of one request, and why."""

    decision: str
    note: str | None
    at: str  # ISO time


@dataclass(slots=True)
class _Bucket:
    """Tokens that are left, and when that was counted."""

    left: float
    at: float


@dataclass(slots=True)
class _Known:
    """What the bot said: the answer, its name, when, and the rules of it with their segments."""

    rules: list[dict[str, Any]]
    serve: str | None
    etag: str
    at: float


NOTHING: dict[str, Any] = {
    "level": 0, "fallback": None, "sample": 0.0, "confidence": None, "throttle": None, "safe_mode": {},
    "reason": "", "incident": None, "where": {},
}  # fmt: skip
NEVER_HEARD = {**NOTHING, "level": PAUSED, "reason": "the gate was never reached"}


@dataclass(eq=False)
class Gate:
    """What is known of one model; safe to use from many threads, and after a fork."""

    url: str
    model: str
    on_unreachable: Literal["freeze", "last_known", "serve"] = "freeze"
    token: str | None = None
    max_age_s: float = 15.0
    wait_s: float = 10.0  # how long the bot holds a call until something changes
    first_s: float = 2.0  # how long the constructor waits for the first answer
    remember: Path | None = None
    monotonic: Callable[[], float] = time.monotonic
    _known: _Known | None = None
    _remembered: bool = False
    _buckets: dict[str, _Bucket] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _heard: threading.Event = field(default_factory=threading.Event)
    _closed: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        """Ask for the first time; raise ValueError for a word that `on_unreachable` does not know."""
        if self.on_unreachable not in UNREACHABLE:
            raise ValueError(f"on_unreachable is {' or '.join(UNREACHABLE)}, not {self.on_unreachable!r}")
        if self.max_age_s <= self.wait_s:
            raise ValueError("max_age_s must be longer than wait_s: an answer that is held is no news")
        self._recall()
        self._start()
        _GATES.add(self)
        self._heard.wait(self.first_s)

    def check(
        self,
        *,
        score: float | None = None,
        confidence: float | None = None,
        request_id: str | None = None,
        attributes: Mapping[str, object] | None = None,
        counts: bool = True,
    ) -> Decision:
        """Return what to do with the request. Of a score alone, how far it is from undecided is the confidence.

        What does not count takes nothing from a throttle: a look at which version is to score, before the check.
        """
        known, stale = self._now()
        rule = self._rule(known, attributes) if known is not None else NEVER_HEARD
        level, fallback = rule["level"], rule["fallback"]
        if stale and self.on_unreachable == "freeze":
            level = PAUSED
        elif stale and self.on_unreachable == "serve":
            rule, level, fallback = NOTHING, 0, None
        wait = self._take(rule) if rule["throttle"] and counts else 0.0
        action = REFUSE if wait > 0 else _action(level, fallback, _is_sure(rule["confidence"], confidence, score))
        return Decision(
            action,
            fallback or (known.serve if known is not None else None),
            bool(fallback),
            level < REVIEW_BELOW_CONFIDENCE and self._is_sampled(rule["sample"], request_id),
            level,
            rule["safe_mode"],
            rule["reason"],
            rule["incident"],
            wait,
            stale,
        )

    def ask_people(
        self,
        request_id: str,
        decision: Decision,
        *,
        proposal: str | None = None,
        score: float | None = None,
        confidence: float | None = None,
        attributes: Mapping[str, object] | None = None,
        timeout_s: float = 5.0,
    ) -> int:
        """Return the number under which people have the request, once it is stored; else raise NotStored.

        It waits for the bot, unlike `check`. The same request may be left again: it is the same one.
        """
        told = {
            "request": request_id, "level": decision.level, "version": decision.version, "proposal": proposal,
            "score": _number(score), "confidence": _number(confidence), "incident": decision.incident,
            "attributes": {name: _number(value) for name, value in (attributes or {}).items()},
        }  # fmt: skip
        return int(self._call("reviews", told, timeout_s)["case"])

    def decided(self, request_ids: Iterable[str], *, timeout_s: float = 5.0) -> dict[str, Ruling | None]:
        """Return what was decided of each request that was left to people; None: it waits. Raise NotStored unreached.

        A request that is not in it was never left to people, or is erased.
        """
        wanted, found = list(dict.fromkeys(request_ids)), dict[str, Ruling | None]()
        for start in range(0, len(wanted), AT_ONCE):
            said = self._call("decided", {"requests": wanted[start : start + AT_ONCE]}, timeout_s)
            found |= dict.fromkeys(said["waiting"])
            found |= {
                name: Ruling(one["decision"], one["note"], one["decided_at"]) for name, one in said["decided"].items()
            }
        return found

    def close(self) -> None:
        """End the thread; what is known stays as it is."""
        self._closed.set()

    def _now(self) -> tuple[_Known | None, bool]:
        """Return what is known, and whether it is too old to be relied on."""
        known = self._known
        if known is None:
            return None, True
        return known, self._remembered or self.monotonic() - known.at > self.max_age_s

    def _rule(self, known: _Known, attributes: Mapping[str, object] | None) -> dict[str, Any]:
        """Return the strictest rule that the request falls under; a segment's goes before every request's."""
        rules = known.rules
        if len(rules) == 1:
            return rules[0]
        seen = attributes or {}
        chosen = rules[0]
        for rule in rules[1:]:
            # What was not sent may be of the segment: better one request too many before a person.
            falls = all(name not in seen or str(seen[name]) in values for name, values in rule["where"].items())
            if falls and rule["level"] >= chosen["level"]:
                chosen = rule
        return chosen

    def _take(self, rule: dict[str, Any]) -> float:
        """Return how long until the next request may go; 0 where this one may."""
        rate, burst = rule["throttle"]["per_second"], rule["throttle"]["burst"]
        name = f"{rule['where']}:{rate}:{burst}"
        with self._lock:
            now = self.monotonic()
            bucket = self._buckets.setdefault(name, _Bucket(burst, now))
            bucket.left = min(burst, bucket.left + (now - bucket.at) * rate)
            bucket.at = now
            if bucket.left < 1:
                return float((1 - bucket.left) / rate)
            bucket.left -= 1
            return 0.0

    def _is_sampled(self, share: float, request_id: str | None) -> bool:
        """Return whether it is one of the sample: of one id always the same, whoever asks."""
        if share <= 0:
            return False
        if request_id is None:
            return random.random() < share  # noqa: S311
        name = hashlib.blake2b(f"{self.model}\0{request_id}".encode(), digest_size=8).digest()
        return int.from_bytes(name, "big") < share * 2**64

    def _start(self) -> None:
        self._closed.clear()
        thread = threading.Thread(target=_follow, args=(weakref.ref(self), self._closed), name="gate", daemon=True)
        thread.start()

    def _ask(self, *, hold: bool) -> bool:
        """Return whether the bot held the call, or had news; raise OSError or ValueError where there is no answer.

        A proxy that takes the ETag away has each call answered at once, with nothing new.
        """
        known = self._known if not self._remembered else None
        wait = self.wait_s if hold and known is not None else 0
        request = self._request(f"?wait={wait:g}")
        if known is not None:
            request.add_header("If-None-Match", known.etag)
        try:
            with _OPENER.open(request, timeout=wait + 5) as answer:
                etag, body = answer.headers.get("ETag", ""), answer.read(LARGEST)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code != 304 or known is None:
                raise
            known.at = self.monotonic()
            return True
        new = self._take_over(json.loads(body), etag)
        self._keep(body)
        return known is None or (known.rules, known.serve) != (new.rules, new.serve)

    def _request(self, path: str, body: bytes | None = None) -> urllib.request.Request:
        address = f"{self.url.rstrip('/')}/v1/gate/{urllib.parse.quote(self.model, safe='')}{path}"
        request = urllib.request.Request(address, body)  # noqa: S310  (the address is the application's own setting)
        if body is not None:
            request.add_header("Content-Type", "application/json")
        if self.token is not None:
            request.add_header("Authorization", f"Bearer {self.token}")
        return request

    def _call(self, what: str, told: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        """Return what the bot answers about requests that are left to people; raise NotStored."""
        body = json.dumps(told, default=_plain).encode()
        try:
            with _OPENER.open(self._request(f"/{what}", body), timeout=timeout_s) as answer:
                return dict(json.loads(answer.read(LARGEST)))
        except urllib.error.HTTPError as error:
            with error:
                why = _why(error)
            wait = error.headers.get("Retry-After", "1")
            passes = error.code in PASSING
            raise NotStored(why, (float(wait) if wait.isdecimal() else 1.0) if passes else None) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise NotStored(f"the bot cannot be reached: {error}", 1.0) from error

    def _take_over(self, told: dict[str, Any], etag: str) -> _Known:
        rules = [{**NOTHING, **told, "where": {}}, *({**NOTHING, **one} for one in told["segments"])]
        if not all(isinstance(rule["level"], int) for rule in rules):
            raise ValueError("the gate's answer names no level")
        new = self._known = _Known(rules, told.get("serve"), etag, self.monotonic())
        self._remembered = False
        self._heard.set()
        return new

    def _recall(self) -> None:
        if self.remember is None:
            return
        try:
            self._take_over(json.loads(self.remember.read_bytes()), "")
        except (OSError, ValueError, KeyError, TypeError):  # never heard anything: the first answer will do
            self._known = None
        self._remembered = self._known is not None
        self._heard.clear()

    def _keep(self, body: bytes) -> None:
        if self.remember is None:
            return
        handle, name = tempfile.mkstemp(dir=self.remember.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(body)
        os.replace(name, self.remember)


def _action(level: int, fallback: str | None, is_sure: bool) -> str:
    if level >= PAUSED:
        return SERVE if fallback else REFUSE
    if level == REVIEW_ALL or (level == REVIEW_BELOW_CONFIDENCE and not is_sure):
        return REVIEW
    return SERVE


def _is_sure(limit: float | None, confidence: float | None, score: float | None) -> bool:
    """Return whether no person has to decide; what is not known to be sure is not."""
    if limit is None:
        return True
    if confidence is None and score is not None:
        confidence = max(score, 1 - score)
    return confidence is not None and confidence >= limit


def _number(value: object) -> object:
    """Return the value; None where it is the number that is none."""
    return None if isinstance(value, float) and math.isnan(value) else value


def _plain(value: Any) -> object:  # noqa: ANN401
    """Return a value of another library as JSON knows it."""
    return _number(value.item()) if hasattr(value, "item") else str(value)


def _why(error: urllib.error.HTTPError) -> str:
    """Return the sentence of a refusal."""
    try:
        return str(json.loads(error.read(LARGEST))["detail"])
    except (OSError, ValueError, KeyError, TypeError):
        return f"the bot answered {error.code}"


def _follow(ref: "weakref.ref[Gate]", closed: threading.Event) -> None:
    """Keep a gate up to date until it is closed, or nobody has it any more."""
    failed = 0
    while not closed.is_set():
        gate = ref()
        if gate is None:
            return
        try:
            failed = 0 if gate._ask(hold=not failed) else 1  # who comes back is heard at once
        except Exception:  # whatever comes back, serving goes on, and the age of what is known tells
            failed += 1
        del gate
        if failed:
            closed.wait(PAUSES_S[min(failed, len(PAUSES_S)) - 1])


def _begin_anew() -> None:
    for gate in list(_GATES):
        gate._lock = threading.Lock()
        gate._closed = threading.Event()
        gate._start()


_GATES: "weakref.WeakSet[Gate]" = weakref.WeakSet()
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # the bot is inside; no proxy stands between
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
