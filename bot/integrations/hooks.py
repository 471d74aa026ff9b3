"""Signed calls to systems of the team's own: a gate, a pipeline.

`X-EthixAI-Signature` is `v1=` and the hex HMAC-SHA256 of `v1:<timestamp>:<body>`; `X-EthixAI-Delivery` names the call,
so that who is told twice does it once.
"""

from dataclasses import dataclass
from datetime import datetime

from pydantic import SecretStr

from bot.integrations import http
from bot.integrations.errors import Permanent
from bot.signing import signed

SCHEME = "v1"


@dataclass(frozen=True)
class Call:
    """What is told to whom; `delivery` stays the same however often it is tried."""

    who: str  # a name for people
    address: str
    body: bytes
    delivery: str
    now: datetime


def send(call: Call, secret: SecretStr | None) -> None:
    """Return once the other side has taken it; raise SendError.

    Of several secrets, separated by commas while one is changed, the first signs.
    """
    if secret is None:
        raise Permanent("ETHIXBOT_WEBHOOK_SECRET is not set")
    stamp, newest = str(int(call.now.timestamp())), secret.get_secret_value().split(",")[0].strip()
    headers = {
        "Content-Type": "application/json",
        "X-EthixAI-Timestamp": stamp,
        "X-EthixAI-Signature": signed(newest, stamp, call.body, SCHEME),
        "X-EthixAI-Delivery": call.delivery,
    }
    # A redirect would turn it into a question that anybody answers well.
    http.call(call.who, "POST", call.address, content=call.body, headers=headers, follow_redirects=False)
