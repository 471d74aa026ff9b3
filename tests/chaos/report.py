"""One JSON line a run: every count, and where the bot was killed or with which seed."""

import json
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Told:
    """The verdict of one run."""

    database: str
    run: str  # the failpoint and its hit, or the seed
    counts: dict[str, list[str]]
    kills: int
    seconds: float
    more: dict[str, object] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Return whether every count is zero."""
        return not any(self.counts.values())

    def line(self) -> str:
        """Return the line; what a count found is named where it found something."""
        found = {name: what[:10] for name, what in self.counts.items() if what}
        body = {"database": self.database, "run": self.run, "kills": self.kills, "seconds": round(self.seconds, 1)}
        body |= self.more | {name: len(what) for name, what in self.counts.items()}
        return json.dumps(body | ({"found": found} if found else {}), ensure_ascii=False)
