"""Conditions over what a run measured, written in CEL (https://cel.dev) and read by its library, never by `eval`.

A metric alone is the worst over its columns, `psi > 0.2`; with a column it is that one, `psi["age"] > 0.2`. Comparisons
with numbers are joined by `&&`, `||`, `!` and parentheses. The rest of the language (calls, macros, arithmetic, lists)
is refused, so that no condition takes long. What a run could not measure makes a condition unknown, not false, unless
what it did measure decides.
"""

import difflib
import itertools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, NamedTuple

from pydantic import BeforeValidator, InstanceOf, PlainSerializer, ValidationInfo

from analysis.detection.findings import Finding
from analysis.metrics.table import METRICS, Worse

if TYPE_CHECKING:
    import cel

LONGEST = 500  # characters; deeper nesting and longer work than these allow is nobody's honest rule
JOINS = {"_&&_", "_||_", "!_", "_<_", "_<=_", "_>_", "_>=_", "-_"}  # operators, by the names the library gives them
OF_COLUMN = re.compile(r"""\b([A-Za-z]\w*)\s*\[\s*(?:"([^"\\]*)"|'([^'\\]*)')\s*\]""")
BY_GROUP = {"selection_rate"}  # one number a group, and none of them is the worst
SYNTAX = re.compile(r"<input>:(\d+):(\d+): (?:Syntax error: )?(.*?)(?: expecting .*)?$", re.MULTILINE)
EXAMPLE = 'psi["age"] > 0.2 && error_rate > 0.01'
TRIALS = (0.0, 1.0, 1e300, -1e300)  # values with which each part of an honest condition can be compared


class Measure(NamedTuple):
    """What a condition asks for: a metric, of one column or the worst of all.

    >>> str(Measure("psi", "age")), str(Measure("error_rate"))
    ('psi["age"]', 'error_rate')
    """

    metric: str
    column: str | None = None

    def __str__(self) -> str:
        quote = "'" if '"' in (self.column or "") else '"'
        return self.metric if self.column is None else f"{self.metric}[{quote}{self.column}{quote}]"


Values = Mapping[Measure, float]


@dataclass(frozen=True)
class Condition:
    """A condition that was read; equal to another one of the same text.

    >>> condition = Condition.parse('psi["age"] > 0.2 || error_rate > 0.01')
    >>> condition.holds({Measure("error_rate"): 0.02}), condition.holds({Measure("error_rate"): 0.0})
    (True, None)
    """

    text: str
    asks: Mapping[str, Measure] = field(compare=False)  # the library's variable → what it stands for
    program: "cel.Program" = field(compare=False, repr=False)

    @classmethod
    def parse(cls, text: str) -> "Condition":
        """Return the condition that is written there; raise ValueError: where, what, the nearest name that is known.

        >>> Condition.parse("psy > 0.2")
        Traceback (most recent call last):
        ValueError: line 1, column 1: psy is no metric, did you mean psi?
        """
        if len(text) > LONGEST:
            raise ValueError(f"a condition of {len(text)} characters is too long, {LONGEST} is the most")
        flat, asks = _flat(text)
        program = _compiled(flat)
        asks |= {name: Measure(name) for name in program.variables() if name not in asks}
        asks = dict(sorted(asks.items(), key=lambda asked: _at(flat, asked[0])))
        for name, measure in asks.items():
            _known(measure.metric, flat, _at(flat, name))
        _is_plain(program, asks)
        return cls(text.strip(), asks, program)

    def holds(self, values: Values) -> bool | None:
        """Return whether it holds; None where what is not known could decide."""
        known = {name: float(values[measure]) for name, measure in self.asks.items() if measure in values}
        try:
            return bool(self.program.execute(known))
        except (RuntimeError, TypeError):  # the library's word for a variable that is not there
            return None

    def measured(self, values: Values) -> dict[Measure, float]:
        """Return the values of what it asks for, those that are known, in the order of the text."""
        return {measure: values[measure] for measure in self.asks.values() if measure in values}

    def __str__(self) -> str:
        return self.text


def _flat(text: str) -> tuple[str, dict[str, Measure]]:
    """Return the text with each `metric["column"]` as one variable, every sign in its place, and what they stand for.

    >>> _flat('psi["age"] > 0.2')
    ('_0         > 0.2', {'_0': Measure(metric='psi', column='age')})
    """
    asks: dict[str, Measure] = {}
    free = (name for n in itertools.count() if (name := f"_{n}") not in text)

    def variable(match: re.Match[str]) -> str:
        name = next(free)
        asks[name] = Measure(match[1], match[2] if match[3] is None else match[3])
        return name.ljust(len(match[0]))

    return OF_COLUMN.sub(variable, text), asks


def _compiled(flat: str) -> "cel.Program":
    import cel  # noqa: PLC0415  (it brings a shell of its own, for whoever writes a condition only)

    try:
        return cel.compile(flat)
    except ValueError as error:
        found = SYNTAX.search(str(error))
        what = f"line {found[1]}, column {found[2]}: {found[3]}" if found else "it cannot be read"
        raise ValueError(f"{' '.join(what.split())}; write a condition like {EXAMPLE}") from None


def _at(flat: str, name: str) -> int:
    """Return where the variable stands first."""
    found = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", flat)
    return found.start() if found else 0


def _known(metric: str, flat: str, at: int) -> None:
    """Raise ValueError where no rule can ask for the metric."""
    if metric in METRICS and metric not in BY_GROUP:
        return
    place = f"line {flat.count(chr(10), 0, at) + 1}, column {at - flat.rfind(chr(10), 0, at)}"
    near = difflib.get_close_matches(metric, set(METRICS) - BY_GROUP, 1)
    raise ValueError(f"{place}: {metric} is no metric" + (f", did you mean {near[0]}?" if near else ""))


def _is_plain(program: "cel.Program", asks: Mapping[str, Measure]) -> None:
    """Raise ValueError where it is anything but comparisons of metrics with numbers."""
    others = sorted(set(program.functions()) - JOINS)
    if others or not asks:
        more = ", ".join(name.replace("_", " ").strip() for name in others)
        what = f"it holds more than comparisons ({more})" if others else "it asks for no metric"
        raise ValueError(f"{what}; write a condition like {EXAMPLE}")
    for trial in TRIALS:
        try:
            held = program.execute(dict.fromkeys(asks, trial))
        except (RuntimeError, TypeError, ValueError, LookupError):
            held = None
        if not isinstance(held, bool):
            raise ValueError(f"it compares what cannot be compared; write metric, sign and number, like {EXAMPLE}")


def _condition(text: object, info: ValidationInfo) -> Condition:
    if isinstance(text, Condition):
        return text
    try:
        if not isinstance(text, str):
            raise ValueError(f"“{text}” is no text; write a condition like {EXAMPLE}")
        return Condition.parse(text)
    except ValueError as error:
        raise ValueError(f"the condition of the rule {info.data.get('name', 'without a name')}: {error}") from None


When = Annotated[
    InstanceOf[Condition],
    BeforeValidator(_condition, json_schema_input_type=str),
    PlainSerializer(str, return_type=str),
]


def values_of(findings: Iterable[Finding]) -> dict[Measure, float]:
    """Return what a run measured: of each column, and of all columns the worst.

    The whole window goes before its hours and days; where there are only groups, the worst of them counts.
    """
    found: dict[Measure, list[Finding]] = {}
    for one in findings:
        if one.value is not None and one.metric in METRICS and one.metric not in BY_GROUP:
            found.setdefault(Measure(one.metric, one.column), []).append(one)
    values = {measure: _worst([one for one in same if one.group is None] or same) for measure, same in found.items()}
    alone: dict[Measure, list[Finding]] = {}
    for measure, finding in values.items():
        alone.setdefault(Measure(measure.metric), []).append(finding)
    values |= {measure: _worst(same) for measure, same in alone.items()}
    return {measure: float(finding.value or 0.0) for measure, finding in values.items()}


def _worst(findings: Sequence[Finding]) -> Finding:
    """Return the finding that is worst, by what is worse of its metric."""
    return max(findings, key=lambda one: BADNESS[METRICS[one.metric].worse](one.value or 0.0))


BADNESS: dict[Worse, Callable[[float], float]] = {Worse.UP: float, Worse.DOWN: lambda value: -value, Worse.AWAY: abs}
