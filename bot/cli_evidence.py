"""`ethixbot evidence …`: ask for a bundle, and check one as anybody may who has the public key."""

import json
from pathlib import Path
from typing import Annotated

import typer

from analysis.errors import BadInput

evidence_cli = typer.Typer(help="Bundles of evidence.", no_args_is_help=True)


@evidence_cli.command()
def verify(
    bundle: Annotated[Path, typer.Argument(help="The tar.gz.")],
    key: Annotated[Path | None, typer.Option(help="The public key, PEM; else the one of the data folder.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the verdict as JSON.")] = False,
) -> None:
    """Check every byte of a bundle against what was signed; the exit code is 1 where something is not as it was."""
    from bot import keys
    from bot import settings as environment
    from storage import inspection

    # Never the key that lies in the bundle: whoever forges one forges that too.
    public = keys.public(environment.load().data / "keys", key)
    verdict = inspection.verify(bundle, public)
    if as_json:
        typer.echo(json.dumps(inspection.told(verdict), indent=1, ensure_ascii=False))
    for fault in () if as_json else verdict.faults:
        typer.secho(fault, fg="red")
    if verdict.faults:
        raise typer.Exit(1)
    if not as_json:
        what = verdict.stated.get("External-Description", "a bundle")
        counted = f"{verdict.files} files, {verdict.audit_rows} rows of the audit log"
        typer.secho(f"{what}: {counted}, as signed.", fg="green")
        typer.echo(f"SHA-256 {verdict.sha256}")


@evidence_cli.command()
def export(
    incident: Annotated[str, typer.Argument(help="INC-2026-11-001.")],
    by: Annotated[str, typer.Option(help="Who you are: the Slack id or e-mail address that the policy gives a role.")],
    out: Annotated[Path | None, typer.Option(help="Copy the bundle here once it is made.")] = None,
) -> None:
    """Have a bundle made of the incident as it is now; it comes to the incident's thread too."""
    from bot import offline
    from bot.bundling import Bundling
    from bot.services import Services

    def make(alone: Services, told: dict[str, object]) -> dict[str, object]:
        while Bundling(alone).step():
            pass
        return told

    told = offline.ask_or_do("incident", {"verb": "export", "incident": incident, "by": by, "fields": {}}, make)
    typer.echo(told["says"])
    if told["kind"] == "refused":
        raise typer.Exit(1)
    if out is not None:
        _copy(incident, out)


def _copy(incident: str, out: Path) -> None:
    import shutil
    import time

    from bot import offline
    from storage import bundles

    for _ in range(600):
        with offline.reading("evidence") as database, database.read() as session:
            newest = bundles.newest(session, incident)
        if newest is not None and newest.status in ("made", "failed"):
            break
        time.sleep(0.1)
    if newest is None or newest.path is None:
        raise BadInput(incident, "the bundle could not be made.", (newest and newest.error) or "The thread says why.")
    shutil.copyfile(newest.path, out)
    typer.secho(f"{out}  SHA-256 {newest.sha256}", fg="green")
