"""Pictures of a comparison, a file each: every alert, every column that drifted, approvals by group.

A histogram needs the counts themselves, which a report does not hold, so both profiles are handed in.
"""

import re
from collections.abc import Iterator
from functools import partial

from analysis.detection.report import Report
from analysis.profile import Profile
from analysis.vocabulary import Verdict
from templates import chart, drawing, histograms, words
from templates.chart import Picture

SHIFTS = (
    "psi", "wasserstein_over_std", "null_increase", "unseen_share", "out_of_range_share", "cramers_v", "score_psi",
    "score_total_variation",
)  # fmt: skip


def of(report: Report, before: Profile, now: Profile) -> dict[str, Picture]:
    """Return the pictures by the names of their files."""
    named = (*_alerts(report), *_columns(report, before, now), *_groups(report, before))
    return {name: picture for name, picture in named if picture}


def _alerts(report: Report) -> Iterator[tuple[str, Picture | None]]:
    for number, raised in enumerate(report.alerts, 1):
        title = words.title(raised)
        yield f"alert-{number:02}-{safe(title)}.png", chart.drawn(raised, report, title)


def _columns(report: Report, before: Profile, now: Profile) -> Iterator[tuple[str, Picture | None]]:
    for number, name in enumerate(drifted(report), 1):
        draw = partial(histograms.column, name=name, sides=(before, now))
        yield f"column-{number:02}-{safe(name)}.png", chart.picture(f"Values of {name}", draw)


def _groups(report: Report, before: Profile) -> Iterator[tuple[str, Picture | None]]:
    for number, name in enumerate(before.spec.protected, 1):
        draw = partial(drawing.by_group, attribute=name, report=report)
        yield f"fairness-{number:02}-{safe(name)}.png", chart.picture(f"Approvals by {name}", draw)


def drifted(report: Report) -> list[str]:
    """Return the columns of which something has moved, as an alarm says or an alert tells."""
    told = [one for raised in report.alerts for one in (raised.lead, *raised.consequences)]
    moved = [one for one in report.findings if one.verdict is Verdict.ALARM]
    return list(dict.fromkeys(one.column or histograms.SCORE for one in (*told, *moved) if one.metric in SHIFTS))


def safe(text: str) -> str:
    """Return what of a name can stand in a file's name anywhere; a number before it keeps names apart.

    >>> safe("../../etc/passwd: $(rm) Größe"), safe("…")
    ('etc-passwd-rm-Gr-e', 'unnamed')
    """
    return re.sub(r"[^A-Za-z0-9_]+", "-", text).strip("-")[:48].strip("-") or "unnamed"
