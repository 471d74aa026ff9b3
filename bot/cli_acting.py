"""`ethixbot incident …`, `approvals …`, `token …`: what can be pressed in Slack, from a shell."""

from typing import Annotated, Any

import typer

from analysis.errors import BadInput

By = Annotated[str, typer.Option(help="Who you are: the Slack id or e-mail address that the policy gives a role.")]
approvals_cli = typer.Typer(help="What waits for a second person.", no_args_is_help=True)
token_cli = typer.Typer(help="Personal tokens for the HTTP API.", no_args_is_help=True)


def incident(
    verb: Annotated[str, typer.Argument(help="acknowledge, freeze, unfreeze, resolve … as in README.")],
    incident_id: Annotated[str, typer.Argument(metavar="INCIDENT", help="INC-2026-11-001.")],
    by: By,
    fields: Annotated[list[str] | None, typer.Option("--field", help="name=value, once for each field.")] = None,
) -> None:
    """Make a move of an incident: the same as its button in Slack."""
    from bot import offline

    given = dict(_field(one) for one in fields or [])
    asked = {"verb": verb, "incident": incident_id, "by": by, "fields": given}
    _say(offline.ask_or_do("incident", asked))


def _say(told: dict[str, Any]) -> None:
    """Print what became of it. Exit code: 0 done or asked for, 1 nothing was changed."""
    typer.echo(told["says"])
    raise typer.Exit(0 if told["kind"] in {"done", "requested"} else 1)


def _field(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise BadInput("--field", f"“{text}” is not name=value.")
    return name, value


@approvals_cli.command(name="list")
def listed() -> None:
    """List what waits, who asked, and until when."""
    from bot import offline
    from storage import approvals
    from templates.slack import approval
    from templates.slack.mrkdwn import plainly

    with offline.reading("approvals") as database, database.read() as session:
        found = approvals.views(session)
    for view in found:
        typer.echo(plainly(approval.line(view)))
    if not found:
        typer.echo("Nothing waits for a second person.")


@approvals_cli.command()
def approve(
    approval: Annotated[str, typer.Argument(help="APR-12.")],
    by: By,
    confirm: Annotated[str, typer.Option(help="The word that it asks for: PROMOTE for a promotion.")] = "",
) -> None:
    """Approve what somebody else has asked for."""
    _decide("approve", approval, by, word=confirm)


@approvals_cli.command()
def decline(
    approval: Annotated[str, typer.Argument(help="APR-12.")],
    by: By,
    reason: Annotated[str, typer.Option(help="Why; who asked reads it.")],
) -> None:
    """Decline it, or take back what you asked for."""
    _decide("decline", approval, by, reason=reason)


def _decide(verb: str, approval: str, by: str, **given: str) -> None:
    from bot import offline

    asked = {"verb": verb, "approval": approval, "by": by, **given}
    _say(offline.ask_or_do("approvals", asked))


@token_cli.command()
def create(
    by: By,
    person: Annotated[str, typer.Option("--for", help="Whose it is: Slack id or e-mail address.")],
    days: Annotated[int, typer.Option(help="How long it holds.", min=1, max=366)] = 90,
) -> None:
    """Print a new token, once: it is kept nowhere."""
    from bot import offline

    typer.echo(offline.ask_or_do("token", {"verb": "create", "by": by, "for": person, "days": days})["token"])


@token_cli.command(name="list")
def tokens() -> None:
    """List tokens by their first signs: whose, until when, when last used."""
    from bot import offline
    from storage import tokens as stored

    with offline.reading("token") as database, database.read() as session:
        for one in stored.listed(session):
            used = f"used {one.used_at:%Y-%m-%d %H:%M}" if one.used_at else "never used"
            ends = "revoked" if one.revoked_at else f"until {one.expires_at:%Y-%m-%d}"
            typer.echo(f"{one.prefix}…  {one.person}  {ends}  {used}")


@token_cli.command()
def revoke(token: Annotated[str, typer.Argument(help="Its first signs, from the list.")], by: By) -> None:
    """End a token at once; an Admin, or whose it is."""
    from bot import offline

    asked = {"verb": "revoke", "by": by, "token": token.removesuffix("…")}
    done = offline.ask_or_do("token", asked)
    typer.echo(f"{token} is {'revoked' if done['is_new'] else 'revoked already'}")
