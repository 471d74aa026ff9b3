"""`/ethix silence` and `/ethix maintenance`: what is quiet now; make it so, end it early."""

from analysis.errors import Missing
from analysis.response import quiet as deciding
from analysis.response.quiet import Kind
from bot.operations import quieting
from bot.operations.quieting import Wish
from bot.slack.door import Door
from storage import quiet
from templates.slack import quiet as shown
from templates.slack.blocks import Message

AGAIN = "That came twice; it counted once."


def answer(door: Door, user: str, kind: Kind, typed: list[str], delivery: str) -> Message:
    """Return the answer to what was typed after the subcommand; raise Refused. `delivery` was recorded as a look."""
    services = door.services
    now = services.clock()
    if not typed:
        with services.database.read() as session:
            return shown.listed(quiet.views(session, now))
    if typed[0].lower() == "end":
        if len(typed) < 2:
            raise Missing(kind, "id", f"is missing: /ethix {kind.value} end QUI-…")
        wish = Wish(kind, user, ends=typed[1], reason=" ".join(typed[2:]), delivery=f"{delivery}:quiet")
        ended = quieting.change(services, wish)
        return shown.ended(ended) if ended else Message(AGAIN)
    wish = Wish(kind, user, deciding.read(kind, typed, now), delivery=f"{delivery}:quiet")
    made = quieting.change(services, wish)
    return shown.made(made) if made else Message(AGAIN)
