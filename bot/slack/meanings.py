"""What an answer of Slack's that is no success means for the row that is owed."""

import re
from typing import Any

from slack_sdk.errors import SlackApiError

from bot.integrations.errors import Limited, Permanent, SendError, TryLater, Uncertain, Unreachable

# Slack's words: "It's possible some aspect of the operation succeeded".
AMBIGUOUS = {"internal_error", "fatal_error", "request_timeout", "service_unavailable", "team_added_to_org"}
# Nothing goes through until somebody mends it: a token, the app. Nothing is parked for it.
CLOSED = {
    "account_inactive",
    "ekm_access_denied",
    "invalid_auth",
    "not_authed",
    "org_login_required",
    "team_access_not_granted",
    "token_expired",
    "token_revoked",
}
LOOK_AGAIN_S = 30.0
WORD = re.compile(r"[a-z0-9_.:-]{1,100}")  # what Slack's errors look like; the client puts its own words there too


def of(error: SlackApiError) -> SendError:
    """Return what an answer of Slack's asks for: 429 was surely not done, 5xx may have been."""
    response = error.response
    status = getattr(response, "status_code", 200)
    told = getattr(response, "data", response)
    says = str(told.get("error") or "") if isinstance(told, dict) else ""
    if not WORD.fullmatch(says):  # no answer of Slack's: a proxy's page, or half of one
        return Uncertain(f"HTTP {status} without Slack's answer") if status != 429 else _limited(response)
    if status == 429 or says in ("ratelimited", "rate_limited"):
        return _limited(response)
    if status >= 500 or says in AMBIGUOUS:
        return Uncertain(says)
    if says in CLOSED:
        return Unreachable(says, after=LOOK_AGAIN_S)
    if says == "missing_scope":  # other calls work: only this row waits until the app is installed anew
        return TryLater(f"missing_scope: {response.get('needed')}", after=LOOK_AGAIN_S)
    return Permanent(says)


def _limited(response: Any) -> Limited:  # noqa: ANN401  (a SlackResponse, or its like)
    headers = {k.lower(): v for k, v in (getattr(response, "headers", None) or {}).items()}
    return Limited("ratelimited", after=_seconds(headers.get("retry-after")))


def _seconds(told: object) -> float:
    try:
        return max(1.0, float(str(told)))
    except ValueError:
        return 1.0
