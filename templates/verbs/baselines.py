"""The reset of a baseline in the words of its incident's thread: counted, activated, or why not."""

from storage.incidents import IncidentView
from storage.tables import TimelineEntry
from templates import figures
from templates.slack import status
from templates.slack.mrkdwn import code
from templates.verbs.row import Happening, given, number

LONGEST_ERROR = 300


def _counted(entry: TimelineEntry, view: IncidentView) -> str:
    version, before = (str(entry.facts.get(name, "?")) for name in ("version", "before"))
    rows = figures.counted(number(entry, "rows") or 0, "decision")
    compare = code(f"ethixbot baseline diff {view.model.id} {before} {version}", 160)
    holds = f"It holds once a second person approves; until then {code(before)} does."
    return f"🧮 Counted: {code(version)}, from {rows}. {holds} What would change: {compare}"


def _done(entry: TimelineEntry, view: IncidentView) -> str:
    who, version = status.person(entry.actor, view), code(entry.facts.get("version", "?"))
    return f"✅ Windows are compared with {version} from now on, as {who} asked. The baseline before it is kept."


def _failed(entry: TimelineEntry, view: IncidentView) -> str:
    again = "Nothing was changed. Mend it, then ask for the reset again."
    return f"⚠️ The log could not be counted.{given(entry, 'error', LONGEST_ERROR)}\n{again}"


HAPPENINGS = {
    "baseline_counted": Happening("counted the baseline", _counted),
    "baseline_reset_done": Happening("reset the baseline", _done),
    "baseline_reset_failed": Happening("could not count the baseline", _failed),
}
