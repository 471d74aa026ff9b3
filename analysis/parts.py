"""What every part of the policy is made of: immutable records without unknown keys, and spans as people type them."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict

UNITS = {"s": 1, "min": 60, "h": 3_600, "d": 86_400}


def duration(text: object) -> object:
    """Return a timedelta for `15 min`, `1 h`, `7 d`; anything else goes on to pydantic.

    >>> duration("15 min")
    datetime.timedelta(seconds=900)
    """
    match = re.fullmatch(r"\s*(\d+)\s*(s|min|h|d)\s*", text) if isinstance(text, str) else None
    return timedelta(seconds=int(match[1]) * UNITS[match[2]]) if match else text


Span = Annotated[timedelta, BeforeValidator(duration)]


class Part(BaseModel):
    """A part of the policy: immutable, and an unknown key is an error that names it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
