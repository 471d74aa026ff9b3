"""One column, before and now: bars by value for a category, an outline for a number."""

import numpy as np
from matplotlib.figure import Figure

from analysis.detection.pair import missing
from analysis.profile import Profile
from analysis.profile.grid import Grid
from analysis.profile.histogram import edges, shares
from analysis.profile.levels import Levels
from analysis.spec import Number
from templates import drawing, figures
from templates.drawing import BEFORE, NOW, SOFT, label

Sides = tuple[Profile, Profile]  # before, now
SCORE = "score"
MOST = 6  # bars of a category; the last stands for all that are rarer


def column(figure: Figure, name: str, sides: Sides) -> str:
    """Draw the column on both sides and return what is shown in words; an empty text where nothing was counted."""
    spec = sides[0].spec
    if name in spec.numbers:
        return _number(figure, (name, f"number:{name}"), spec.numbers[name], sides)
    if name in (SCORE, spec.column(SCORE)):
        return _number(figure, (name, SCORE), spec.score, sides)
    return _values(figure, (name, f"group:{name}" if name in spec.protected else f"category:{name}"), sides)


def _number(figure: Figure, where: tuple[str, str], number: Number, sides: Sides) -> str:
    name, table = where
    old, new = (Grid.of(side.table(table, 2), number.origin) for side in sides)
    borders = edges((old, new))
    if not len(borders):
        return ""
    gone = [missing(side, table) / max(1, side.rows) for side in sides]
    before, now = (shares(grid, number.origin, borders) for grid in (old, new))
    axes = drawing.axes_of(figure, 1)[0]
    axes.stairs(before * (1 - gone[0]), borders, fill=True, color=BEFORE, alpha=0.7)
    axes.stairs(now * (1 - gone[1]), borders, color=NOW, linewidth=2.4)
    axes.set_xlim(borders[0], borders[-1])
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(lambda value, _: figures.share(value))
    drawing.legend(axes, past=False, now=True)
    axes.set_ylabel("Share of requests", color=SOFT)
    told = f"mean {_plain(new.mean)}, before {_plain(old.mean)}{_missing(*gone)}"
    axes.set_xlabel(label(told[:1].upper() + told[1:], 90), color=SOFT)
    return f"Values of {name}: {told}."


def _plain(value: float) -> str:
    if not np.isfinite(value):
        return "none"
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.3g}"


def _missing(before: float, now: float) -> str:
    return f"; missing {figures.share(now)}, before {figures.share(before)}" if before or now else ""


def _values(figure: Figure, where: tuple[str, str], sides: Sides) -> str:
    name, kept = where
    old, new = (_by_value(side.level(kept, 1)) for side in sides)
    most = sorted({*old, *new}, key=lambda value: (-max(old.get(value, 0), new.get(value, 0)), value))
    shown = most if len(most) <= MOST else most[: MOST - 1]
    rest = [value for value in most if value not in shown]
    if not shown:
        return ""
    pairs = [(old.get(value, 0.0), new.get(value, 0.0)) for value in shown]
    if rest:
        shown = [*shown, f"{len(rest)} others"]
        pairs.append((sum(old.get(v, 0.0) for v in rest), sum(new.get(v, 0.0) for v in rest)))
    axes = drawing.axes_of(figure, 1)[0]
    drawing.bars(axes, shown, pairs, [False] * len(pairs), figures.share)
    axes.set_xlabel("Share of requests", color=SOFT)
    told = (
        f"{v} {figures.share(now)}, before {figures.share(was)}" for v, (was, now) in zip(shown, pairs, strict=True)
    )
    return f"Values of {name}: {'; '.join(told)}."


def _by_value(levels: Levels) -> dict[str, float]:
    counts = {name: float(row[0]) for name, row in zip(levels.names, levels.values, strict=True)}
    counts |= {"(missing)": float(levels.null[0]), "(rare values)": float(levels.other[0])}
    total = sum(counts.values()) or 1.0
    return {name: count / total for name, count in counts.items() if count}
