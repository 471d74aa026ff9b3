"""How severe an incident is, as a person sees it: routes, clocks and calls follow what they say."""

from analysis.errors import Missing
from analysis.vocabulary import Severity
from bot.operations import clocks
from bot.operations.doing import Doing, Effect


def assess(doing: Doing) -> Effect:
    """Set the severity that a person chose; raise Missing where it already is that."""
    was, chosen = doing.incident.severity, doing.field("severity")
    if chosen == was:
        raise Missing("severity", "severity", f"is {was} already; choose another one, or leave it")
    clocks.replan(doing, Severity(was), Severity(chosen))
    columns = {"severity": chosen, "assessed_at": doing.now}
    return Effect(columns, {"was": was, "severity": chosen, "reason": doing.field("reason")})
