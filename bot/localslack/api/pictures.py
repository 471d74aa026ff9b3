"""Pictures inside blocks: a `slack_file` must name an uploaded image that is ready."""

from collections.abc import Iterator

from bot.localslack.errors import SlackError, invalid
from bot.localslack.kit.checks import problem
from bot.localslack.records import Json
from bot.localslack.workspace import Workspace

DRAWN = ("png", "jpg", "gif")


def check(workspace: Workspace, blocks: object, at: str, error: str = "invalid_blocks") -> None:
    """Return if every picture may be shown; the error names each that may not."""
    wrong = [problem("invalid slack file", place) for place in _unknown(workspace, blocks, at)]
    if wrong:
        raise invalid(error, wrong)


def _unknown(workspace: Workspace, value: object, at: str) -> Iterator[str]:
    if isinstance(value, list):
        for index, one in enumerate(value):
            yield from _unknown(workspace, one, f"{at}/{index}")
    elif isinstance(value, dict):
        named = value.get("slack_file")
        if isinstance(named, dict) and not _is_image(workspace, named):
            yield f"{at}/slack_file"
        for name, one in value.items():
            yield from _unknown(workspace, one, f"{at}/{name}")


def _is_image(workspace: Workspace, named: Json) -> bool:
    id = named.get("id") or next((file.id for file in workspace.files.values() if file.url == named.get("url")), "")
    try:
        file = workspace.file(id)
    except SlackError:
        return False
    return file.is_ready and file.filetype in DRAWN
