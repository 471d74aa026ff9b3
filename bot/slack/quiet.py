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


def answer(door: Door, user: str, kind: Kind, typed: list[str], place: tuple[str, str]) -> Message:
    """Return the answer to what was typed after the subcommand; raise Refused.

    `place` is the channel, and the delivery, which was recorded as a look.
    """
    channel, delivery = place
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
    wish = Wish(kind, user, deciding.read(kind, typed, now), delivery=f"{delivery}:quiet", place=_heard(channel, user))
    made = quieting.change(services, wish)
    return shown.made(made) if made else Message(AGAIN)


def _heard(channel: str, user: str) -> str:
    """Return where both the bot and the person hear a later word: the channel, or between the two of them."""
    return channel if channel.startswith("C") else user
