"""The picture of an incident: one glance says what is past its limit, and by how much."""

import functools
import io
import json
from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from analysis.detection.alerts import Alert as Raised
from analysis.detection.report import Report
from analysis.vocabulary import Family
from storage.incidents import IncidentView
from templates import drawing, finding, names
from templates.drawing import INK, label

SIZE, DOTS = (6.4, 3.36), 250  # inches, dots an inch: 1600 × 840, with letters that can be read in a thread

Drawing = Callable[[Figure, Raised, Report], str]
DRAWINGS: dict[Family, Drawing] = {
    Family.FAIRNESS: drawing.approvals,
    Family.DATA: drawing.shifts,
    Family.QUALITY: drawing.faults,
    Family.MODEL: drawing.performance,
    Family.EXPLANATION: drawing.reasons,
    Family.OPERATIONS: drawing.service,
}


@dataclass(frozen=True)
class Picture:
    """A PNG, the line above it, and what it shows for who cannot see it."""

    title: str
    png: bytes
    alt: str


def of(view: IncidentView) -> Picture | None:
    """Return the picture of what opened the incident; None where there is nothing to draw from."""
    raised = finding.raised(view.alerts[0]) if view.alerts else None
    if raised is None or finding.report(view.report) is None:
        return None
    facts = (json.dumps(one, sort_keys=True) for one in (raised.to_json(), view.report))
    return _once(*facts, f"{names.FAMILY[raised.family]}: {view.model.name}")


@functools.lru_cache(maxsize=16)
def _once(alert: str, seen: str, title: str) -> Picture | None:
    """Return the picture of an alert and a report as JSON; what is sent again is not drawn again."""
    report = finding.report(json.loads(seen))
    return drawn(Raised.from_json(json.loads(alert)), report, title) if report else None


def drawn(raised: Raised, report: Report, title: str) -> Picture | None:
    """Return the picture of an alert; None where its family has none, or nothing is known to draw."""
    draw = DRAWINGS.get(raised.family)
    return picture(title, lambda figure: draw(figure, raised, report)) if draw else None


def picture(title: str, draw: Callable[[Figure], str]) -> Picture | None:
    """Return what is drawn under the title; None where nothing is."""
    figure = Figure(figsize=SIZE, dpi=DOTS, facecolor="white", layout=ConstrainedLayoutEngine(w_pad=0.16, h_pad=0.12))
    alt = draw(figure)
    if not alt:
        return None
    figure.suptitle(label(title, 70), x=0.02, ha="left", fontsize=13, fontweight="bold", color=INK)
    return Picture(title, png(figure), alt)


def png(figure: Figure) -> bytes:
    """Return the figure's bytes: the same for the same figure."""
    kept = io.BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(kept, format="png", metadata={"Software": None}, facecolor="white")
    return kept.getvalue()
