"""The door for the command line of the same machine: who can read the data folder's keys may knock.

A bot on SQLite is the only process that writes its database, so commands that write ask it to.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import APIRouter, HTTPException, Request

from analysis.errors import Refused, Unknown
from analysis.response import life, quiet
from analysis.response.outcomes import Outcome
from analysis.response.quiet import Kind
from bot.http.signature import SLACK, is_genuine
from bot.operations import (
    approvals,
    cases,
    doing,
    erasure,
    extracts,
    governing,
    incidents,
    outgoing,
    quieting,
    resetting,
    tokens,
    versions,
)
from bot.operations.deciding import Decision
from bot.operations.governing import Proposal
from bot.payload import fit
from bot.services import Services
from bot.signing import signed
from storage import people
from storage.extracts import Wanted
from templates import answers
from templates.slack import quiet as quieted
from templates.slack.mrkdwn import plainly

PATH = "/local/v1"
LARGEST = 1 << 19  # a policy has at most half of it
PATIENCE_S = 10
LONGEST_REASON = 1_000


def secret(signing: Ed25519PrivateKey) -> str:
    """Return what both ends know: derived from the signing key, which never leaves the data folder."""
    return hashlib.sha256(b"local door\0" + signing.private_bytes_raw()).hexdigest()


def _outbox(services: Services, asked: dict[str, Any]) -> dict[str, Any]:
    keys = tuple(str(key) for key in asked.get("keys", ()))
    wish = outgoing.Wish(str(asked["verb"]), str(asked["by"]), keys, str(asked.get("reason", "")), facts=_facts(asked))
    return {"keys": outgoing.mend(services, wish)}


def _erase(services: Services, asked: dict[str, Any]) -> dict[str, Any]:
    wish = erasure.Wish(str(asked["person"]), str(asked["by"]), str(asked["reason"]), _facts(asked))
    return {"is_new": erasure.erase(services, wish)}


def _erase_request(services: Services, asked: dict[str, Any]) -> dict[str, Any]:
    names = (_text(asked, "model"), _text(asked, "request"))
    wish = erasure.Request(*names, _person(services, asked), _text(asked, "reason"), _facts(asked))
    return {"case": erasure.erase_request(services, wish)}


def _reviews(services: Services, asked: dict[str, Any]) -> dict[str, Any]:
    given = (_text(asked, "decision"), _text(asked, "note"))
    wish = cases.Wish(_person(services, asked), int(asked["case"]), *given, facts=_facts(asked))
    return _told(cases.decide(services, wish))


def _export(services: Services, asked: dict[str, Any]) -> dict[str, Any]:
    extract = extracts.Extract(str(asked["by"]), Wanted.of(asked["wanted"]), _facts(asked))
    extracts.record(services, extract, asked.get("given"))
    return {}


def _facts(asked: dict[str, Any]) -> dict[str, str]:
    return {"door": "command line", "login": str(asked.get("login", ""))[:100]}


def _policy(services: Services, asked: dict[str, Any]) -> dict[str, Any]:
    proposal = Proposal(str(asked["by"]), str(asked["text"]), str(asked["reason"]), facts=_facts(asked))
    return _told(governing.propose(services, proposal))


def _incident(services: Services, asked: dict[str, Any]) -> dict[str, Any]:
    verb, fields = _text(asked, "verb"), {fit(str(name)): fit(str(value)) for name, value in asked["fields"].items()}
    if verb not in life.MOVES:
        raise Unknown("move", verb, list(life.MOVES))
    request = doing.Request(
        verb, _text(asked, "incident")[:50], _person(services, asked), fields=fields, facts=_facts(asked)
    )
    return _told(incidents.move(services, request))


def _baseline(services: Services, asked: dict[str, Any]) -> dict[str, Any]:
    facts = (_text(asked, "reason"), _text(asked, "cause"))
    wish = resetting.Wish(_text(asked, "model"), _person(services, asked), *facts, facts=_facts(asked))
    outcome = resetting.ask(services, wish)
    return _told(outcome) | {"run": outcome.facts.get("run")}


def _quiet(services: Services, asked: dict[str, Any]) -> dict[str, Any]:
    who, facts = _person(services, asked), _facts(asked)
    if asked["verb"] == "end":
        ends = quieting.Wish(Kind.SILENCE, who, ends=_text(asked, "quiet"), reason=_text(asked, "reason"), facts=facts)
        found, shown = quieting.change(services, ends), quieted.ended
    else:
        kind = quiet.kind_of(str(asked["verb"]))
        typed = quiet.read(kind, [fit(str(word)) for word in asked["words"]], services.clock())
        found, shown = quieting.change(services, quieting.Wish(kind, who, typed, facts=facts)), quieted.made
    assert found is not None  # nothing comes twice without the id of a delivery
    return {"says": plainly(shown(found).text)}


def _registry(services: Services, asked: dict[str, Any]) -> dict[str, Any]:
    reason = fit(str(asked.get("reason", "")))[:LONGEST_REASON]
    model, version = _text(asked, "model")[:80], _text(asked, "version")
    wish = versions.Wish(_person(services, asked), model, version, reason, _facts(asked))
    if asked["verb"] in ("retire", "readmit"):
        change = versions.retire if asked["verb"] == "retire" else versions.readmit
        return {"is_new": change(services, wish)}
    if asked["verb"] == "alias":
        return {"was": versions.point(services, wish, _text(asked, "alias"))}
    names = ("artefact", "artefact_sha256", "training_data", "training_data_sha256")
    parts = {name: _text(asked, name) for name in names if asked.get(name) is not None}
    return {"is_new": versions.register(services, wish, versions.Parts(**parts))}


def _decide(services: Services, asked: dict[str, Any]) -> dict[str, Any]:
    reason = fit(str(asked.get("reason", "")))
    what, word = (_text(asked, "verb"), _text(asked, "approval")[:50]), fit(str(asked.get("word", "")))
    decision = Decision(*what, _person(services, asked), reason, facts=_facts(asked), word=word)
    return _told(approvals.decide(services, decision))


def _token(services: Services, asked: dict[str, Any]) -> dict[str, Any]:
    wish = tokens.Wish(_person(services, asked), _facts(asked))
    if asked["verb"] == "revoke":
        return {"is_new": tokens.revoke(services, wish, str(asked["token"]))}
    return {"token": tokens.create(services, wish, str(asked["for"]), int(asked["days"]))}


def _person(services: Services, asked: dict[str, Any]) -> str:
    """Return the Slack id of who asks, where Slack knows the address."""
    with services.database.read() as session:
        return people.id_of(session, _text(asked, "by"))


def _text(asked: dict[str, Any], name: str) -> str:
    """Return what was typed, made fit to be kept, as what Slack delivers; raise KeyError."""
    return fit(str(asked[name]))


def _told(outcome: Outcome) -> dict[str, Any]:
    """Return how it ended, for a terminal; a refusal is raised."""
    if outcome.error is not None:
        raise outcome.error
    return {"kind": outcome.kind.value, "says": plainly(answers.sentence(outcome))}


ASKED: dict[str, Callable[[Services, dict[str, Any]], dict[str, Any]]] = {
    "outbox": _outbox,
    "erase": _erase,
    "erase request": _erase_request,
    "audit export": _export,
    "policy": _policy,
    "incident": _incident,
    "baseline": _baseline,
    "quiet": _quiet,
    "registry": _registry,
    "reviews": _reviews,
    "approvals": _decide,
    "token": _token,
}


def router(services: Services) -> APIRouter:
    """Return the routes; what is not signed is not there."""
    routes = APIRouter()

    @routes.post(PATH + "/{what}")
    async def ask(what: str, request: Request) -> dict[str, Any]:
        body = await request.body()
        stamp, signature = (request.headers.get(f"x-ethixbot-{name}", "") for name in ("timestamp", "signature"))
        known = secret(services.keys.signing)
        if len(body) > LARGEST or not is_genuine(known, stamp, signature, body, services.clock()) or what not in ASKED:
            raise HTTPException(404)
        return _answered(services, what, body)

    return routes


def _answered(services: Services, what: str, body: bytes) -> dict[str, Any]:
    try:
        return ASKED[what](services, dict(json.loads(body)))
    except Refused as error:
        raise HTTPException(409, answers.refusal(error)) from None
    except (ValueError, KeyError, TypeError):
        raise HTTPException(422, "not understood") from None


@dataclass(frozen=True)
class Neighbour:
    """The bot that runs on this machine, as a command sees it."""

    address: str
    signing: Ed25519PrivateKey

    def ask(self, what: str, now: float, **asked: Any) -> dict[str, Any] | str:  # noqa: ANN401
        """Return its answer, or why it refused; raise httpx.HTTPError where there is nobody."""
        body, stamp = json.dumps(asked).encode(), str(int(now))
        known = signed(secret(self.signing), stamp, body, SLACK)
        headers = {"x-ethixbot-timestamp": stamp, "x-ethixbot-signature": known}
        with httpx.Client(trust_env=False, timeout=PATIENCE_S) as client:
            answer = client.post(f"{self.address}{PATH}/{what}", content=body, headers=headers)
        if answer.status_code == 200:
            return dict(answer.json())
        return str(answer.json().get("detail", answer.status_code))
