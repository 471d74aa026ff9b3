"""The demo's rota: whose week it is when it is tried, and who stands behind."""

import io
from datetime import datetime, timedelta

from ruamel.yaml import YAML

HANDED_OVER = timedelta(hours=9)  # by then on a Monday, so that a shift runs whenever the demo is started


def with_rota(text: str, now: datetime) -> str:
    """Return the policy with a weekly rota, which decides who is on call; it began this week."""
    yaml = YAML(typ="rt")
    policy = yaml.load(text)
    day = (now - HANDED_OVER).date()
    on_call, engineer, senior = (f"{name}@ethixai.local" for name in ("oncall", "ml_engineer", "senior_ml_engineer"))
    order = {
        "since": day - timedelta(days=day.weekday()),
        "primary": [on_call, engineer],
        "secondary": [senior],
    }
    policy["rotas"] = [{"name": "on_call", "zone": "Europe/Berlin", "weekday": 1, "at": "09:00", "orders": [order]}]
    del policy["roles"]["on_call"]
    written = io.StringIO()
    yaml.dump(policy, written)
    return written.getvalue()
