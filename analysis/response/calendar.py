"""The calendar of what a team reviews though nothing happened: its policy, its limits, its runbooks (E5; 003 §9)."""

from datetime import date, time
from typing import Literal

from pydantic import Field

from analysis.parts import Part
from analysis.vocabulary import Role


class Review(Part):
    """Something that is looked at every so many months, on the first day of one, by people of these roles."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")
    what: str = Field(min_length=1, max_length=300)
    months: Literal[1, 2, 3, 4, 6, 12]
    by: tuple[Role, ...] = Field(min_length=1)
    at: time = time(9, 0)  # UTC

    def is_on(self, day: date) -> bool:
        """Return whether it is due on that day; quarters and years begin in January.

        >>> review = Review(name="policy", what="Review the policy", months=3, by=(Role.ML_LEAD,))
        >>> review.is_on(date(2027, 4, 1)), review.is_on(date(2027, 3, 1)), review.is_on(date(2027, 4, 2))
        (True, False, False)
        """
        return day.day == 1 and (day.month - 1) % self.months == 0
