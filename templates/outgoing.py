"""An owed message in a line or two, for the command line and App Home; raw text."""

from collections.abc import Sequence

from storage.tables import Owed
from templates import figures, troubles

STATUS = {
    "pending": "waits",
    "sending": "is being sent",
    "sent": "sent",
    "parked": "given up",
    "withheld": "withheld",
    "dropped": "dropped",
}


def reason(row: Owed) -> str:
    """Return why it is sent, or withheld."""
    return next((text for name, text in troubles.REASONS.items() if name == row.reason), row.reason)


def lines(row: Owed, waiting: int = 0) -> list[str]:
    """Return what it is and where it stands; of one in trouble also what is in its way, and what to do."""
    where = f"#{row.channel}" if row.channel else "nowhere"
    told = [f"{row.key}  {where}  {STATUS[row.status]}  {row.created_at:%Y-%m-%d %H:%M:%S}  {reason(row)}"]
    if row.last_error and row.status in ("pending", "sending", "parked"):
        trouble = troubles.of(row.last_error)
        told.append(f"    {trouble.what} ({row.last_error}). {trouble.do}")
    if waiting and row.status == "parked":
        told.append(
            f"    {figures.counted(waiting, 'message')} of its thread {'waits' if waiting == 1 else 'wait'} for it."
        )
    return told


def health(owed: int, took: Sequence[float]) -> str:
    """Return that nothing was given up, and how soon alerts of the last day stood in Slack; seconds, sorted.

    >>> health(0, [1.0, 2.0, 9.0])
    'nothing was given up; 3 alerts of the last day stood in Slack after 2.0 s (median), 9.0 s at most'
    """
    waits = f", {figures.counted(owed, 'message')} on the way" if owed else ""
    if not took:
        return f"nothing was given up{waits}"
    middle, most = took[len(took) // 2], took[-1]
    told = f"{figures.counted(len(took), 'alert')} of the last day stood in Slack after"
    return f"nothing was given up{waits}; {told} {middle:.1f} s (median), {most:.1f} s at most"
