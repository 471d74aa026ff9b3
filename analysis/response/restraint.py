"""How far a model is restrained, and for which requests: what a freeze sets and the gate tells (C3)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import Field, field_validator

from analysis.parts import Part, Span
from analysis.spec import Spec
from analysis.vocabulary import Oversight

LONGEST = 200  # characters of a segment
MOST_OUTCOMES = 100  # options of one list in Slack
MOST_NAMED = 12


class Gate(Part):
    """What the levels mean for one model, where the policy says otherwise than 000, 003 and 004."""

    sample_normal: float = Field(default=0.02, ge=0, le=1)  # level 0: share that people look at afterwards, 1–5 %
    sample_watched: float = Field(default=0.15, ge=0, le=1)  # level 1: 10–20 %
    confidence: float = Field(default=0.80, ge=0, le=1)  # level 2: below it people decide
    safe_mode: dict[str, str | float | bool] = Field(default_factory=dict)  # parameters to serve with while restrained
    outcomes: tuple[Annotated[str, Field(min_length=1, max_length=75)], ...] = ()  # what people may decide; none: any
    hidden: tuple[str, ...] = ()  # beside `protected`, what who decides is not shown: it tells of those
    most_cases: int = Field(default=1_000, ge=1, le=100_000)  # requests that may wait for people
    most_samples: int = Field(default=100, ge=0, le=100_000)  # answered ones that may wait to be looked at
    remind_after: Span = Field(default=timedelta(hours=4), ge=timedelta(minutes=5), le=timedelta(days=7))  # and again

    @field_validator("outcomes")
    @classmethod
    def outcomes_differ(cls, outcomes: tuple[str, ...]) -> tuple[str, ...]:
        """Return them; raise ValueError where a form could not offer them: one twice, or more than a list holds."""
        if len(outcomes) > MOST_OUTCOMES or len({one.casefold() for one in outcomes}) < len(outcomes):
            raise ValueError(f"name at most {MOST_OUTCOMES} outcomes, each once")
        return outcomes


class Gates(Part):
    """Other gates that are told what ours tells."""

    flagd: str | None = None  # a file of flags for flagd (OpenFeature), written at every change
    webhooks: tuple[Annotated[str, Field(pattern=r"^https?://\S+$")], ...] = ()  # signed with ETHIXBOT_WEBHOOK_SECRET


@dataclass(frozen=True)
class Throttle:
    """How many requests a second may be answered, and how many at once after a pause."""

    per_second: float
    burst: int

    @classmethod
    def parse(cls, text: str) -> "Throttle":
        """Return the throttle; raise ValueError with what may be written.

        >>> Throttle.parse("20/s"), Throttle.parse("90 / min, burst 5")
        (Throttle(per_second=20.0, burst=20), Throttle(per_second=1.5, burst=5))
        """
        match = re.fullmatch(r"(\d{1,6}(?:\.\d{1,3})?)\s*/\s*(s|min)(?:\s*,?\s*burst\s+(\d{1,6}))?", text.strip())
        rate = float(match[1]) / (60 if match[2] == "min" else 1) if match else 0.0
        burst = int(match[3]) if match and match[3] else max(1, round(rate))
        if rate <= 0 or burst < 1:  # of none at once, none would ever go
            raise ValueError(f"“{text[:40]}” is no rate: write 20/s, 90/min, or 20/s burst 40")
        return cls(rate, burst)

    @property
    def words(self) -> str:
        """Return the rate as people write it; what is read from that is the same.

        >>> Throttle.parse("20/s").words, Throttle.parse("5 / min, burst 3").words
        ('20/s', '5/min burst 3')
        """
        rate = f"{self.per_second:g}/s" if self.per_second >= 1 else f"{self.per_second * 60:g}/min"
        return rate if self.burst == max(1, round(self.per_second)) else f"{rate} burst {self.burst}"


@dataclass(frozen=True)
class Segment:
    """The requests that it is for: of each attribute one of the values; of none: every request."""

    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> "Segment":
        """Return the segment; raise ValueError with what may be written.

        >>> Segment.parse("sex = Female; race = Black, Asian").where
        {'race': ('Asian', 'Black'), 'sex': ('Female',)}
        """
        where: dict[str, tuple[str, ...]] = {}
        for part in filter(None, (one.strip() for one in text.split(";"))):
            name, sign, values = part.partition("=")
            said = tuple(sorted({one.strip() for one in values.split(",")}))
            if not sign or not name.strip() or not all(said) or name.strip() in where or not part.isprintable():
                raise ValueError(f"“{part[:40]}” is no segment: write sex=Female; race=Black, Asian")
            where[name.strip()] = said
        return cls(dict(sorted(where.items())))

    @property
    def name(self) -> str:
        """Return how it is written down; one segment has one name.

        >>> Segment.parse("race = Black,Asian;sex=Female").name
        'race=Asian,Black; sex=Female'
        """
        return "; ".join(f"{name}={','.join(values)}" for name, values in self.where.items())


def strange(segment: Segment, spec: Spec) -> str | None:
    """Return what of the segment is no column or no group of the model's log; None where all is.

    A category may have a value that the baseline did not have; a group of people is one of the groups that it has.

    >>> spec = Spec(categories={"channel": ("web",)}, protected={"sex": ("Female", "Male")})
    >>> strange(Segment.parse("sex=female"), spec)
    '“female” is no value of sex in the log: Female, Male'
    >>> strange(Segment.parse("channel=kiosk"), spec), strange(Segment.parse("chanel=web"), spec)
    (None, '“chanel” is no column of the log: channel, sex')
    """
    values = {**dict.fromkeys(spec.numbers, ()), **spec.categories, **spec.protected}
    for name, wanted in segment.where.items():
        if name not in values:
            return f"“{name}” is no column of the log: {', '.join(sorted(values))}"
        spelt = {one.casefold() for one in values[name]}
        for one in wanted:
            if one not in values[name] and (name in spec.protected or one.casefold() in spelt):
                return f"“{one}” is no value of {name} in the log: {', '.join(values[name][:MOST_NAMED])}"
    return None


@dataclass(frozen=True)
class Restraint:
    """One restraint that stands."""

    level: Oversight
    segment: Segment = Segment()
    fallback: str | None = None  # a version, or the name of a set of rules, that is served instead
    throttle: Throttle | None = None
    since: str | None = None
    until: str | None = None
    reason: str = ""
    incident: str | None = None

    def is_weaker_than(self, other: "Restraint") -> bool:
        """Return whether it lets through what the other holds back, or ends sooner.

        >>> Restraint(Oversight.REVIEW_ALL).is_weaker_than(Restraint(Oversight.PAUSED))
        True
        >>> Restraint(Oversight.PAUSED).is_weaker_than(Restraint(Oversight.REVIEW_ALL, throttle=Throttle(1, 1)))
        False
        >>> Restraint(Oversight.PAUSED, fallback="1.0.0").is_weaker_than(Restraint(Oversight.PAUSED))
        True
        """
        mine, theirs = self.throttle, other.throttle
        faster = theirs is not None and (mine is None or mine.per_second > theirs.per_second)
        sooner = self.until is not None and (other.until is None or _time(self.until) < _time(other.until))
        answers = other.level is Oversight.PAUSED and other.fallback is None and self.fallback is not None
        if self.level != other.level:  # a higher one never waits for others, whatever it lacks
            return self.level < other.level
        return other.level > Oversight.NORMAL and (faster or sooner or answers)

    def terms(self) -> dict[str, Any]:
        """Return what is kept of it beyond level, fallback and segment."""
        rate = self.throttle
        return {"throttle": {"per_second": rate.per_second, "burst": rate.burst}} if rate else {}


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def throttle_of(terms: Mapping[str, Any]) -> Throttle | None:
    """Return the throttle of kept terms."""
    kept = terms.get("throttle")
    return Throttle(float(kept["per_second"]), int(kept["burst"])) if kept else None


def told(model: str, serve: str | None, standing: Sequence[Restraint], gate: Gate) -> dict[str, Any]:
    """Return what the gate tells serving code: what holds for every request, and for segments besides."""
    whole = next((one for one in standing if not one.segment.where), Restraint(Oversight.NORMAL))
    parts = sorted((one for one in standing if one.segment.where), key=lambda one: one.segment.name)
    return {
        "model": model,
        "serve": serve,
        "sample_normal": gate.sample_normal,
        **_one(whole, gate),
        "segments": [{"where": {k: list(v) for k, v in one.segment.where.items()}, **_one(one, gate)} for one in parts],
    }


def _one(restraint: Restraint, gate: Gate) -> dict[str, Any]:
    level = restraint.level
    return {
        "level": int(level),
        "name": level.name.lower(),
        "fallback": restraint.fallback,
        "sample": gate.sample_watched if level is Oversight.INCREASED_MONITORING else gate.sample_normal,
        "confidence": gate.confidence if level is Oversight.REVIEW_BELOW_CONFIDENCE else None,
        "throttle": restraint.terms().get("throttle"),
        "safe_mode": gate.safe_mode if level else {},
        "since": restraint.since,
        "until": restraint.until,
        "reason": restraint.reason,
        "incident": restraint.incident,
    }
