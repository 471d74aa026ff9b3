"""How far people are with an incident: contained by other means than a freeze, being investigated, being remedied."""

from bot.operations.doing import Doing, Effect


def contain(doing: Doing) -> Effect:
    """Note that it is contained, and how; the first time counts."""
    columns = {"contained_at": doing.incident.contained_at or doing.now}
    return Effect(columns, {"note": doing.field("note")})


def investigate(doing: Doing) -> Effect:
    """Say that somebody looks for the cause."""
    return Effect()


def remediate(doing: Doing) -> Effect:
    """Keep the plan of what is done about it."""
    return Effect(facts={"note": doing.field("note")})
