"""Whom an incident calls, and when: the part of the policy that `analysis.response.escalation` plans from."""

import re
from datetime import timedelta
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from analysis.detection.limits import Level
from analysis.parts import Part, Span
from analysis.rotas import Place
from analysis.vocabulary import PERSON, Family, Role

MINUTE = timedelta(minutes=1)
WRITTEN = (
    "a role, rota:name, rota:name:secondary, user:U… or user:name@example.org, group:S…, channel:name, pager:name or"
    " notify:name"
)
KINDS = {
    "rota": re.compile(rf"[a-z0-9][a-z0-9_-]{{0,63}}(:({'|'.join(Place)}))?"),
    "user": re.compile(rf"{PERSON.pattern}|[^@\s]+@[^@\s]+"),
    "group": re.compile(r"S[A-Z0-9]{1,20}"),
    "channel": re.compile(r"[^\s#:]{1,80}"),
    "pager": re.compile(r"[a-z0-9][a-z0-9_-]{0,39}"),
    "notify": re.compile(r"[a-z0-9][a-z0-9_-]{0,39}"),
}


def target(text: str) -> str:
    """Return whom a step calls, as it is written; raise ValueError for what nothing here can call.

    >>> target("rota:on_call:secondary"), target("cto")
    ('rota:on_call:secondary', 'cto')
    """
    kind, _, name = text.partition(":")
    if text in set(Role) or (kind in KINDS and KINDS[kind].fullmatch(name)):
        return text
    raise ValueError(f"“{text}” is nobody who can be called: write {WRITTEN}")


Target = Annotated[str, AfterValidator(target)]


class Repeat(Part):
    """How often a step calls again, while nobody acknowledges."""

    times: int = Field(ge=1, le=20)
    every: Span = Field(ge=MINUTE)


class Step(Part):
    """One step of an escalation: so long after the opening, to these."""

    after: Span = Field(ge=timedelta(0))
    to: tuple[Target, ...] = Field(min_length=1)
    until: Literal["acknowledged", "resolved"] = "acknowledged"
    repeat: Repeat | None = None


class Path(Part):
    """The steps for a severity, and for a family where that differs."""

    severity: Level
    families: tuple[Family, ...] = ()
    steps: tuple[Step, ...] = Field(min_length=1)
    still_on_it: Span | None = Field(default=None, ge=MINUTE)  # quiet for so long: who has it is asked; none: never
    answer_within: Span = Field(default=timedelta(minutes=15), ge=MINUTE)  # then the steps go on

    @model_validator(mode="after")
    def is_in_order(self) -> "Path":
        """Return the path; raise ValueError where a step is to come before the one above it."""
        if any(later.after < step.after for step, later in pairwise(self.steps)):
            raise ValueError("steps: write them in the order of their times")
        return self
