"""`explained`: a report whose fairness and accuracy alerts say where the change comes from.

1. A question is a raised metric: a gap or ratio between groups, or accuracy; of each alert the first of each event.
2. Both logs are read again and counted: what each feature and the mix of people would do alone.
3. Those that count are chosen, their levels put together (`players.py`), and both logs are counted once more, jointly.
4. The parts are worked out from the two tables (`metrics/reweighting.py`).

A table is used only where its rates are those of the profiles: a log that changed since, or another than the baseline
was counted from, is not. Without the baseline's log the profiles alone tell the mix of people (`remembered.py`).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from analysis.detection import remembered
from analysis.detection.crosstab import Plan, Player, tables
from analysis.detection.origins import Origin, Part, Source, Untold
from analysis.detection.pair import Pair
from analysis.detection.players import LOST, Candidate, chosen, features, mix, stratified, weighed
from analysis.detection.questions import Question, asked, question
from analysis.detection.report import Report
from analysis.metrics.reweighting import Parts, Share, parts, without_counterpart
from analysis.profile.cells import Ints
from analysis.vocabulary import Verdict

Read = Callable[[], Iterable[pa.RecordBatch]]  # a log, to be read as often as asked
Sides = tuple[Ints, Ints]


def is_owed(report: Report) -> bool:
    """Return whether an alert has a change that can be taken apart."""
    return any(asked(alert) for alert in report.alerts)


def explained(pair: Pair, report: Report, logs: tuple[Read, Read] | None) -> Report:
    """Return the report with the origins of its alerts; the same for the same logs, however they are split.

    `logs` are those of the baseline and of the window; None where one cannot be read any more.
    """
    questions = [question(pair, i, finding) for i, alert in enumerate(report.alerts) for finding in asked(alert)]
    if not questions:
        return report
    found = _of_logs(pair, report, questions, logs) if logs else None
    if found is None:
        found = [_remembered(pair, one) for one in questions]
    told = [
        replace(alert, origins=tuple(o for q, o in zip(questions, found, strict=True) if q.alert == i))
        for i, alert in enumerate(report.alerts)
    ]
    return replace(report, alerts=tuple(told))


def _of_logs(pair: Pair, report: Report, questions: Sequence[Question], logs: tuple[Read, Read]) -> list[Origin] | None:
    """Return the origins as two passes over both logs tell them; None where a log is not the one that was profiled."""
    candidates = [(one, *candidate) for one in questions for candidate in _candidates(pair, one)]
    singly = _counted(pair, logs, [Plan(one.population, (player,)) for one, player, _ in candidates])
    if not all(one.agrees(sides) for (one, *_), sides in zip(candidates, singly, strict=True)):
        return None
    weighted = [
        (one, weighed(player, sides, one.kind.measure, is_mix=is_mix))
        for (one, player, is_mix), sides in zip(candidates, singly, strict=True)
    ]
    raised = {str(found.column) for found in report.findings if found.verdict is Verdict.ALARM and found.column}
    games = [Game.of(one, [candidate for of, candidate in weighted if of is one], raised) for one in questions]
    jointly = _counted(pair, logs, [Plan(game.question.population, game.players) for game in games])
    if not all(game.question.agrees(sides) for game, sides in zip(games, jointly, strict=True)):
        return None
    return [game.origin(sides) for game, sides in zip(games, jointly, strict=True)]


def _candidates(pair: Pair, one: Question) -> list[tuple[Player, bool]]:
    people = mix(pair, one.attributes)
    found = [(people, True)] if people else []
    return found + [(feature, False) for feature in features(pair, one.attributes)]


def _counted(pair: Pair, logs: tuple[Read, Read], plans: Sequence[Plan]) -> list[Sides]:
    before, now = (tables(pair.spec, plans, read()) for read in logs)
    return list(zip(before, now, strict=True))


@dataclass(frozen=True)
class Game:
    """A question, who plays, and the columns that moved but cannot play."""

    question: Question
    playing: tuple[Candidate, ...]
    players: tuple[Player, ...]
    untold: tuple[str, ...]

    @classmethod
    def of(cls, asked_for: Question, candidates: Sequence[Candidate], raised: set[str]) -> "Game":
        """Return the game of a question."""
        playing = chosen(candidates, raised)
        moved = [one for one in candidates if one.is_certain or one.is_lost or set(one.player.columns) & raised]
        untold = [name for one in moved if one not in playing for name in one.player.columns]
        return cls(asked_for, tuple(playing), stratified(playing), tuple(untold))

    def origin(self, sides: Sides) -> Origin:
        """Return the parts; while too many rows have no counterpart, the player that loses most is left out."""
        playing, untold = list(self.playing), list(self.untold)
        while playing and without_counterpart(*sides) > LOST:
            worst = max(range(len(playing)), key=lambda i: without_counterpart(*_of_one(sides, i)))
            untold += playing.pop(worst).player.columns
            sides = _summed(sides, (1 + worst,))
        told = origin(self.question, parts(*sides, self.question.kind.measure), playing)
        told = replace(told, new_share=without_counterpart(*sides), untold=tuple(untold))
        return replace(told, parts=(), reason=Untold.NO_COUNTERPART) if untold and not playing else told


def _of_one(sides: Sides, player: int) -> Sides:
    return _summed(sides, tuple(1 + i for i in range(sides[0].ndim - 2) if i != player))


def _summed(sides: Sides, axes: tuple[int, ...]) -> Sides:
    return sides[0].sum(axis=axes), sides[1].sum(axis=axes)


def origin(asked_for: Question, found: Parts, playing: Sequence[Candidate]) -> Origin:
    """Return the parts by name, the largest first."""

    def part(source: Source, columns: tuple[str, ...], share: Share) -> Part:
        of_all = share.value / found.change.value if found.change.value else None
        return Part(source, columns, share.value, share.interval, of_all)

    made = [
        part(Source.MIX if one.is_mix else Source.FEATURE, one.player.columns, share)
        for one, share in zip(playing, found.players, strict=True)
    ]
    made += [part(Source.MODEL, (), found.model)] + [part(Source.NEW, (), found.new)] * bool(found.new.value)
    made.sort(key=lambda one: (-abs(one.value), one.source, one.columns))
    values = (asked_for.value(0), asked_for.value(1))
    return Origin(asked_for.metric, asked_for.population.column, *values, found.change.interval, tuple(made))


def _remembered(pair: Pair, one: Question) -> Origin:
    """Return what the profiles alone tell."""
    found = remembered.mix(pair, one)
    if found is None:
        told = Origin(one.metric, one.population.column, one.value(0), one.value(1), reason=Untold.NO_LOG)
        return replace(told, basis=remembered.BASIS)
    told = origin(one, parts(found.before, found.now, one.kind.measure), [found])
    return replace(told, basis=remembered.BASIS, new_share=without_counterpart(found.before, found.now))
