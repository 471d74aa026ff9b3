"""One drawing a family: each draws into a figure and returns what it shows in words; an empty text where it cannot.

Before is grey, now is blue, what is past its limit is vermilion: told apart without seeing red and green.
"""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, get_font
from matplotlib.ticker import MultipleLocator

from analysis.detection.alerts import Alert as Raised
from analysis.detection.findings import Finding
from analysis.detection.report import Report
from analysis.vocabulary import Verdict
from templates import figures, finding, names
from templates.finding import fact
from templates.slack.limits import fit

BEFORE, NOW, PAST = "#A7ADB5", "#0072B2", "#D55E00"  # Okabe–Ito
INK, SOFT = "#1D1C1D", "#616061"
MOST_BARS = 8
BAR = 0.36


def label(text: object, most: int = 26) -> str:
    """Return a name as it can be drawn: short, no formula, no sign that the font lacks."""
    font = get_font(findfont("DejaVu Sans"))
    drawn = "".join(
        c if (font.get_char_index(ord(c)) and c.isprintable()) or c == "\n" else "□" for c in fit(str(text), most)
    )
    return drawn.replace("$", r"\$")


def approvals(figure: Figure, raised: Raised, report: Report) -> str:
    """Draw approval rates by group, before and now, and the line under which the 80 % rule is broken."""
    return by_group(figure, raised.lead.column, report)


def by_group(figure: Figure, attribute: str | None, report: Report) -> str:
    """Draw the approval rates of an attribute's groups."""
    rates = sorted(finding.group_rates(report, attribute), key=lambda one: one.value or 0.0)[:MOST_BARS]
    if len(rates) < 2:
        return ""
    axes, line = _axes(figure), 0.8 * max(one.value or 0.0 for one in rates)
    pairs = [(one.baseline_value or 0.0, one.value or 0.0) for one in rates]
    bars(axes, [str(one.group) for one in rates], pairs, [now < line for _, now in pairs], figures.share)
    for place, one in enumerate(rates):
        if one.interval:
            axes.plot(one.interval, [place + BAR / 2] * 2, color=INK, linewidth=1.4, solid_capstyle="butt")
    _limit(axes, line, "80 % rule")
    axes.set_xlabel(label(f"Approved, by {attribute}", 60), color=SOFT)
    return _alt(
        "Approval rates", rates, pairs, figures.share, f"The 80 % rule asks for at least {figures.share(line)}."
    )


def shifts(figure: Figure, raised: Raised, report: Report) -> str:
    """Draw how far each input has shifted, against the limit."""
    found = sorted((f for f in report.findings if f.metric == "psi" and f.value is not None), key=_value)[-MOST_BARS:]
    if not found:
        return ""
    axes, limit = _axes(figure), min((one.limit for one in found if one.limit is not None), default=None)
    colours = [PAST if one.verdict is Verdict.ALARM else BEFORE for one in found]
    axes.barh(range(len(found)), [_value(one) for one in found], 0.6, color=colours)
    _names(axes, [str(one.column) for one in found])
    for place, one in enumerate(found):
        axes.annotate(figures.ratio(_value(one)), (_value(one), place), (4, 0), bbox=_ON_WHITE, **_NEXT_TO)
    if limit is not None:
        _limit(axes, limit, "limit")
    axes.set_xlabel("Shift of values since the baseline (PSI); 0 is no change", color=SOFT)
    told = ", ".join(f"{one.column} {figures.ratio(_value(one))}" for one in reversed(found))
    return f"Shift of values by input: {told}." + (f" Limit {figures.ratio(limit)}." if limit is not None else "")


def faults(figure: Figure, raised: Raised, report: Report) -> str:
    """Draw the share of requests with missing or impossible values, before and now."""
    kinds = ("null_increase", "unseen_share", "out_of_range_share")
    known = [
        f for f in (raised.lead, *raised.consequences) if f.metric in kinds and fact(f, "window_share") is not None
    ]
    found = sorted(known, key=lambda one: fact(one, "window_share") or 0.0)[-MOST_BARS:]
    if not found:
        return shifts(figure, raised, report)
    axes = _axes(figure)
    pairs = [(fact(one, "baseline_share") or 0.0, fact(one, "window_share") or 0.0) for one in found]
    texts = [f"{fit(str(one.column), 22)}\n{names.metric(one.metric).measures}" for one in found]
    bars(axes, texts, pairs, [True] * len(found), figures.share)
    axes.set_xlabel("Share of requests", color=SOFT)
    return _alt("Broken values", found, pairs, figures.share)


def performance(figure: Figure, raised: Raised, report: Report) -> str:
    """Draw accuracy and ranking quality, before and now, on an axis that ends at 100 %."""
    whole = [f for f in report.findings if f.metric in ("auc", "accuracy") and not f.group]
    found = [one for one in whole if one.value is not None and one.baseline_value is not None]
    if not found:
        return ""
    axes, told = _axes(figure), []
    past = {one.metric for one in (raised.lead, *raised.consequences)}
    for place, one in enumerate(found):
        was, now = one.baseline_value or 0.0, _value(one)
        colour = PAST if f"{one.metric}_drop" in past else NOW
        axes.plot([was, now], [place, place], color="#DDDFE3", linewidth=6, zorder=1, solid_capstyle="round")
        if one.interval:
            axes.plot(one.interval, [place, place], color=colour, linewidth=2, zorder=2)
        axes.scatter([was, now], [place, place], s=110, color=[BEFORE, colour], zorder=3)
        for value, colour_of in ((was, SOFT), (now, colour)):
            axes.annotate(_rate(one, value), (value, place), (0, 11), color=colour_of, **_ABOVE)
        told.append(f"{names.metric(one.metric).measures} {_rate(one, now)}, before {_rate(one, was)}")
    _names(axes, [names.first(names.measured(one.metric)).replace(" (", "\n(") for one in found])
    axes.set_ylim(-0.6, len(found) - 0.4)
    axes.xaxis.set_major_locator(MultipleLocator(0.05))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.2f}")
    legend(axes, past=True)
    return f"{'; '.join(told)}."


def reasons(figure: Figure, raised: Raised, report: Report) -> str:
    """Draw which inputs weighed most, before and now."""
    old, new = finding.listed(raised.lead, "top_before"), finding.listed(raised.lead, "top_now")
    if not old or not new:
        return ""
    axes, out = _axes(figure), max(len(old), len(new))
    moved = set(finding.listed(raised.lead, "moved"))
    for name in dict.fromkeys([*old, *new]):
        ends = [side.index(name) if name in side else out for side in (old, new)]
        colour = PAST if name in moved else BEFORE
        axes.plot([0, 1], ends, color=colour, linewidth=2.5, marker="o", markersize=8, zorder=2 if name in moved else 1)
    for side, place, align in ((old, -0.04, "right"), (new, 1.04, "left")):
        for rank, name in enumerate(side):
            colour = PAST if name in moved else INK
            axes.text(place, rank, label(f"{rank + 1}. {name}"), ha=align, va="center", color=colour, fontsize=11)
    axes.text(0, -0.75, "Before", ha="center", color=SOFT)
    axes.text(1, -0.75, "Now", ha="center", color=SOFT)
    if set(old) != set(new):
        axes.text(0.5, out + 0.55, "no longer among the five, or new to them", ha="center", color=SOFT, fontsize=9)
    axes.set_xlim(-0.75, 1.75)
    axes.set_ylim(out + 0.8, -1.0)
    axes.axis("off")
    return f"Inputs that weighed most. Before: {', '.join(old)}. Now: {', '.join(new)}."


PANELS = {"error_rate": "Failed requests", "latency_p95_ratio": "Slow responses (95th percentile)"}


def service(figure: Figure, raised: Raised, report: Report) -> str:
    """Draw failed requests and slow responses: before, in the whole window, in its worst hours."""
    panels = [(metric, _hours(report, metric)) for metric in PANELS]
    shown = [(metric, found) for metric, found in panels if found]
    told = []
    for axes, (metric, found) in zip(axes_of(figure, len(shown)), shown, strict=True):
        values = [_before_of(found[0]), *map(_now_of, found)]
        texts = ["Before", "Whole window", "Worst hours"][: len(values)]
        written = figures.share if metric == "error_rate" else figures.milliseconds
        colours = [BEFORE, *(PAST if one.verdict is Verdict.ALARM else NOW for one in found)]
        axes.bar(range(len(values)), values, 0.6, color=colours)
        axes.set_xticks(range(len(values)), [text.replace(" ", "\n") for text in texts], color=INK)
        for place, value in enumerate(values):
            axes.annotate(written(value), (place, value), (0, 4), color=INK, **_ABOVE)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.margins(y=0.15)
        axes.set_title(PANELS[metric], loc="left", fontsize=11, color=SOFT)
        spoken = (f"{text.lower()} {written(value)}" for text, value in zip(texts, values, strict=True))
        told.append(f"{PANELS[metric]}: {', '.join(spoken)}")
    return f"{'; '.join(told)}." if told else ""


_NEXT_TO: dict[str, Any] = {"textcoords": "offset points", "va": "center", "fontsize": 10, "color": INK}
_ON_WHITE = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
_ABOVE: dict[str, Any] = {"textcoords": "offset points", "ha": "center", "fontsize": 10}


def _axes(figure: Figure) -> Axes:
    return axes_of(figure, 1)[0]


def axes_of(figure: Figure, count: int) -> list[Axes]:
    """Return so many axes side by side, plain as all our pictures are."""
    found = [figure.add_subplot(1, count, number + 1) for number in range(count)]
    for axes in found:
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        for side in ("left", "bottom"):
            axes.spines[side].set_color("#C9CCD1")
        axes.tick_params(colors=SOFT, length=0, labelsize=11)
    return found


def bars(
    axes: Axes,
    texts: Sequence[str],
    pairs: Sequence[tuple[float, float]],
    past: Sequence[bool],
    written: figures.Written,
) -> None:
    """Draw two bars a name, before above now; what is past its limit stands out."""
    places = range(len(pairs))
    now = [PAST if is_past else NOW for is_past in past]
    axes.barh([place - BAR / 2 for place in places], [was for was, _ in pairs], BAR, color=BEFORE)
    axes.barh([place + BAR / 2 for place in places], [value for _, value in pairs], BAR, color=now)
    most = max(max(pair) for pair in pairs) or 1.0
    size = min(10.0, 48 / len(pairs))  # as much as fits into a bar
    for place, (was, value) in enumerate(pairs):
        axes.text(most * 0.012, place - BAR / 2, written(was), va="center", fontsize=size, color=INK)
        axes.text(
            most * 0.012,
            place + BAR / 2,
            written(value),
            va="center",
            fontsize=size,
            color="white" if value > most * 0.12 else INK,
            fontweight="bold",
        )
    _names(axes, texts)
    room = 1.0 if len(pairs) == 1 else 0.6
    axes.set_ylim(len(pairs) - 1 + room, -room)
    axes.set_xlim(0, most * 1.12)
    axes.xaxis.set_major_formatter(lambda value, _: figures.share(value))
    legend(axes, past=any(past), now=not all(past))


def _names(axes: Axes, texts: Sequence[str]) -> None:
    axes.set_yticks(range(len(texts)), [label(text, 60) for text in texts], color=INK)


def _limit(axes: Axes, value: float, text: str) -> None:
    axes.axvline(value, color=INK, linewidth=1.2, linestyle=(0, (4, 3)))
    axes.annotate(text, (value, 1.0), (4, 3), xycoords=("data", "axes fraction"), **(_NEXT_TO | {"fontsize": 9}))


def legend(axes: Axes, *, past: bool, now: bool = False) -> None:
    """Say above the axes what each colour means."""
    shown = [("Before", BEFORE), *([("Now", NOW)] if now else []), *([("Now, past its limit", PAST)] if past else [])]
    for text, colour in shown:
        axes.scatter([], [], s=70, marker="s", color=colour, label=text)
    axes.legend(
        loc="lower right",
        bbox_to_anchor=(1.0, 1.05),
        ncols=len(shown),
        frameon=False,
        fontsize=9,
        labelcolor=SOFT,
        handletextpad=0.2,
    )


def _alt(
    what: str, found: Sequence[Finding], pairs: Sequence[tuple[float, float]], written: figures.Written, more: str = ""
) -> str:
    told = [
        f"{one.group or f'{one.column} ({names.metric(one.metric).measures})'} {written(now)}, before {written(was)}"
        for one, (was, now) in zip(found, pairs, strict=True)
    ]
    return " ".join(filter(None, [f"{what}: {'; '.join(told)}.", more]))


def _hours(report: Report, metric: str) -> list[Finding]:
    """Return the finding of the whole window and that of its worst hours, where they are known."""
    found = [f for f in report.findings if f.metric == metric and f.value is not None]
    return sorted(found, key=lambda one: one.group is not None)[:2]


def _now_of(found: Finding) -> float:
    return _value(found) if found.metric == "error_rate" else fact(found, "ms") or 0.0


def _before_of(found: Finding) -> float:
    return (found.baseline_value or 0.0) if found.metric == "error_rate" else fact(found, "baseline_ms") or 0.0


def _rate(found: Finding, value: float) -> str:
    return figures.share(value) if found.metric == "accuracy" else figures.ratio(value)


def _value(found: Finding) -> float:
    return found.value or 0.0
