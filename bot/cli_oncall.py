"""`ethixbot oncall`: who is on call now and in the coming weeks, as lines or as a calendar file."""

from pathlib import Path
from typing import Annotated

import typer

from analysis.errors import BadInput


def oncall(
    ics: Annotated[Path | None, typer.Option(help="Write the coming half year as a calendar file.")] = None,
    rota: Annotated[str, typer.Option(help="Only this rota; needed for a file where there are several.")] = "",
) -> None:
    """Show who is on call, now and in the coming four weeks, and where nobody would be."""
    from datetime import UTC, datetime

    from bot import offline, rotas, settings

    policy = offline.policy(settings.load())
    chosen = [one for one in policy.rotas if rota in ("", one.name)]
    if not policy.rotas:
        raise BadInput(
            "oncall",
            "the policy has no rota.",
            "Write one under `rotas:`; who is on call without stands under `roles:`.",
        )
    if not chosen:
        known = ", ".join(one.name for one in policy.rotas)
        raise BadInput("--rota", f"the policy has no rota {rota}; it has {known}.")
    if ics is not None and len(chosen) > 1:
        raise BadInput(
            "--rota", "a calendar file is for one rota.", f"Choose one of {', '.join(r.name for r in chosen)}."
        )
    now = datetime.now(UTC)
    with offline.reading("oncall") as database, database.read() as session:
        if ics is None:
            typer.echo("\n".join(rotas.lines(session, chosen, now)))
            return
        made = rotas.file(session, chosen[0], now)
    try:
        ics.write_bytes(made)
    except OSError as error:
        raise BadInput("--ics", f"{ics} cannot be written ({error.strerror}).") from None
    typer.echo(f"{ics}: {chosen[0].name}")
