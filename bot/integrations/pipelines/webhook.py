"""A system of one's own: told by a signed call to begin or to end, it says how it goes by calls back, signed alike.

The delivery is named by the request, so that who is told twice begins once.
"""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bot.integrations import hooks
from bot.integrations.hooks import Call
from bot.integrations.pipelines.port import Running, Seen


class Webhook:
    """How a run goes is written down by the door that is called back (`bot.http.retrains`)."""

    every = timedelta(seconds=30)
    asks_first = False  # the receiver knows a request by its id

    def start(self, run: Running) -> Mapping[str, Any]:
        """Return nothing to remember, once the other side has taken it."""
        self._send(run, "retrain", dict(run.told))
        return {}

    def look(self, run: Running) -> Seen:
        """Return that it runs: whatever else there is to know comes by itself."""
        return Seen()

    def cancel(self, run: Running) -> bool:
        """Tell the other side to end; return that we have done with it, whatever it makes of that."""
        self._send(run, "cancel", {"request": run.request.id})
        return True

    def _send(self, run: Running, event: str, told: Mapping[str, str]) -> None:
        body = json.dumps({"event": event, **told, "progress": f"/v1/retrain/{run.request.id}/progress"}).encode()
        delivery = run.request.id if event == "retrain" else f"{run.request.id}:{event}"
        hooks.send(Call("The pipeline", str(run.how.webhook), body, delivery, run.now), run.settings.webhook_secret)
