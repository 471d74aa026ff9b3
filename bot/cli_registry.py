"""`ethixbot registry …`: versions of a model, what they are made of, and what each alias stands for."""

from pathlib import Path
from typing import Annotated, Any

import typer

from analysis.errors import BadInput, Unknown

registry_cli = typer.Typer(help="Versions of models, their checksums and aliases.", no_args_is_help=True)
Model = Annotated[str, typer.Argument(help="The model's id in the policy.")]
By = Annotated[str, typer.Option(help="Who you are: the Slack id or e-mail address that the policy gives a role.")]
SHOWN = 12  # signs of a checksum


@registry_cli.command()
def register(
    model: Model,
    version: str,
    by: By,
    artefact: Annotated[str, typer.Option(help="The model: a file, a folder, or s3://… and the like.")],
    training_data: Annotated[str | None, typer.Option(help="The data that it was trained on.")] = None,
) -> None:
    """Register a version with the checksums of what it is made of, counted here and now."""
    places = {"artefact": artefact, "training_data": training_data}
    asked: dict[str, Any] = {"verb": "register", "model": model, "version": version, "by": by}
    for name, place in places.items():
        if place is not None:
            asked |= _counted(model, name, place)
    told = _ask(asked)
    typer.echo(f"{version} of {model} is {'registered' if told['is_new'] else 'registered already'}")
    for name, place in places.items():
        if place is not None:
            typer.echo(f"{asked[f'{name}_sha256']}  {asked[name]}")


@registry_cli.command()
def alias(
    model: Model,
    name: Annotated[str, typer.Argument(help="champion (which serves), fallback or last_known_good.")],
    version: str,
    by: By,
    reason: Annotated[str, typer.Option(help="Why; kept with the change.")] = "",
) -> None:
    """Let an alias stand for a version. Which one serves is changed by promotion and rollback only."""
    asked = {"verb": "alias", "model": model, "alias": name, "version": version, "by": by, "reason": reason}
    was = _ask(asked)["was"]
    before = f"; it was {was}" if was and was != version else ""
    typer.echo(f"{name} of {model} {'already stands' if was == version else 'stands'} for {version}{before}")


@registry_cli.command()
def retire(
    model: Model,
    version: str,
    by: By,
    reason: Annotated[str, typer.Option(help="Why; shown wherever somebody asks for the version.")],
) -> None:
    """Let a version serve no more: it can neither be promoted, nor rolled back to, nor named."""
    told = _ask({"verb": "retire", "model": model, "version": version, "by": by, "reason": reason})
    typer.echo(f"{version} of {model} {'is' if told['is_new'] else 'was already'} retired")


@registry_cli.command()
def readmit(
    model: Model, version: str, by: By, reason: Annotated[str, typer.Option(help="Why; kept in the audit log.")] = ""
) -> None:
    """Let a version that was retired serve again, once somebody promotes it, rolls back to it or names it."""
    told = _ask({"verb": "readmit", "model": model, "version": version, "by": by, "reason": reason})
    typer.echo(f"{version} of {model} {'may serve again' if told['is_new'] else 'was not retired'}")


@registry_cli.command(name="list")
def listed(model: Model) -> None:
    """List the versions, oldest first: aliases, checksum, whether it is what was registered."""
    from bot import offline
    from storage import registry
    from storage.tables import Model as Table

    with offline.reading("registry") as database, database.read() as session:
        if session.get(Table, model) is None:
            raise Unknown("model", model)
        found, aliases = registry.versions(session, model), registry.aliases(session, model)
    for row in found:
        named = [name for name, one in aliases.items() if one.version == row.version]
        against = registry.why_not(row)
        looked = f"compared {row.verified_at:%Y-%m-%d %H:%M}" if row.verified_at else "never compared"
        looked += f", COULD NOT BE READ SINCE: {row.unread}" if row.unread else ""
        sha = f"{row.artefact_sha256[:SHOWN]}…" if row.artefact_sha256 else "no checksum"
        state = f"MAY NOT SERVE: {against}" if against else looked
        typer.echo("  ".join(filter(None, (row.version, ", ".join(sorted(named)), sha, state, row.artefact))))
    if not found:
        typer.echo(f"No version of {model} is registered.")


def _counted(model: str, name: str, place: str) -> dict[str, str]:
    """Return the place, as it is found from anywhere, and its checksum; raise BadInput."""
    from bot import checksums, connected
    from bot import settings as environment
    from bot.integrations.errors import SendError

    option = f"--{name.replace('_', '-')}"
    path = checksums.local(place)
    where = place if path is None else str(Path(path).absolute())
    try:
        found = connected.checksum(environment.load(), model, where)
    except (checksums.Unreadable, SendError) as error:
        raise BadInput(option, f"{place} cannot be read ({error}).") from None
    if found is None:
        raise BadInput(option, f"there is nothing at {place}.")
    return {name: where, f"{name}_sha256": found}


def _ask(asked: dict[str, Any]) -> dict[str, Any]:
    from bot import offline

    return offline.ask_or_do("registry", asked)
