"""What a line or a restraint is about, in a few words: which version, how far, for whom; raw text."""

from collections.abc import Mapping
from typing import Any

from analysis.response.restraint import throttle_of
from analysis.vocabulary import Oversight
from storage.tables import OversightChange
from templates import finding, names
from templates.slack.mrkdwn import stamp

TERMS = {"segment": "only for", "fallback": "served instead:", "throttle": "at most"}


def about(facts: Mapping[str, Any]) -> str:
    """Return in brackets which retrain or change of what serves it is, which version, how far the model is restrained.

    >>> about({"level": 3, "segment": "sex=Female"}), about({"rollout": "PRM-1", "version": "2.1", "was": "2.0"})
    (' (level 3, all reviewed, only for sex=Female)', ' (PRM-1, version 2.1 in place of 2.0)')
    """
    level, version, was = facts.get("level"), facts.get("version"), facts.get("was")
    told = [str(facts[name]) for name in ("retrain", "rollout") if facts.get(name)]
    if isinstance(version, str):
        told.append(f"version {version}" + (f" in place of {was}" if isinstance(was, str) else ""))
    if isinstance(level, int) and level in set(Oversight):
        until = finding.moment(facts.get("until"))
        told.append(f"level {level}, {names.LEVEL[Oversight(level)].name.lower()}")
        told += _terms(facts)
        told += [f"until {stamp(until)}"] if until else []
    return f" ({', '.join(told)})" if told else ""


def restraint(change: OversightChange) -> str:
    """Return how far, what that means, on what terms, since when."""
    level, rate = names.LEVEL[Oversight(change.level)], throttle_of(change.terms)
    kept = {"segment": change.segment, "fallback": change.fallback, "throttle": rate.words if rate else None}
    told = ", ".join([f"level {change.level}, {level.name.lower()} ({level.means})", *_terms(kept)])
    return f"{told}, since {stamp(change.at)}" + (f" until {stamp(change.until)}" if change.until else "")


def _terms(facts: Mapping[str, Any]) -> list[str]:
    return [f"{words} {facts[name]}" for name, words in TERMS.items() if facts.get(name)]
