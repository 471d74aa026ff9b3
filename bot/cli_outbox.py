"""`ethixbot outbox …`: what is owed to the outside, what was given up and why; sent again or dropped."""

from typing import Annotated, Any

import typer

from analysis.errors import BadInput

outbox_cli = typer.Typer(help="Messages that are owed, sent, withheld or given up.", no_args_is_help=True)
By = Annotated[str, typer.Option(help="Who you are: the Slack id or e-mail address that the policy gives a role.")]
STATES = {
    "parked": ("parked",),
    "owed": ("pending", "sending"),
    "sent": ("sent",),
    "withheld": ("withheld",),
    "dropped": ("dropped",),
}


@outbox_cli.command(name="list")
def listed(
    state: Annotated[str, typer.Option(help="parked, owed, sent, withheld or dropped.")] = "parked",
    limit: Annotated[int, typer.Option(help="At most so many, the newest.", min=1)] = 50,
) -> None:
    """Show messages: where they go, why they are sent or withheld, and what is in their way."""
    from bot import offline
    from storage import outbox
    from templates import outgoing

    if state not in STATES:
        raise BadInput("--state", f"“{state}” is none of {', '.join(STATES)}.")
    with offline.reading("outbox") as database, database.read() as session:
        for row in outbox.listed(session, STATES[state], limit):
            for line in outgoing.lines(row, outbox.waiting_for(session, row.key)):
                typer.echo(line)


@outbox_cli.command()
def retry(
    by: By,
    keys: Annotated[list[str] | None, typer.Argument(help="Keys from the list; none: all that was given up.")] = None,
) -> None:
    """Send again what was given up; what may be in Slack already is looked for first."""
    _mend("retry", by, keys or [], "")


@outbox_cli.command()
def drop(
    key: Annotated[str, typer.Argument(help="Its key, from the list.")],
    by: By,
    reason: Annotated[str, typer.Option(help="Why it need not be sent.")],
) -> None:
    """Give a message up for good, with what waits for it."""
    _mend("drop", by, [key], reason)


def _mend(verb: str, by: str, keys: list[str], reason: str) -> None:
    from bot import offline

    done = offline.ask_or_do("outbox", {"verb": verb, "by": by, "keys": keys, "reason": reason})
    _told(verb, done)


def _told(verb: str, done: dict[str, Any]) -> None:
    word = {"retry": "owed again", "drop": "dropped"}[verb]
    for key in done["keys"]:
        typer.echo(f"{key}: {word}")
    if not done["keys"]:
        typer.echo("Nothing was given up.")
