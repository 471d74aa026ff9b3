"""The one error of the workspace: an `ok: false` answer on its way to the caller."""

from typing import Any


class SlackError(Exception):
    """An answer of Slack with `ok: false`, its code and whatever Slack adds to that code."""

    def __init__(self, error: str, **extra: object) -> None:
        super().__init__(error)
        self.error = error
        self.extra = extra

    def answer(self) -> dict[str, Any]:
        """Return the JSON body that Slack sends for this error."""
        return {"ok": False, "error": self.error, **self.extra}


def invalid(error: str, problems: list[str]) -> SlackError:
    """Return the refusal of a payload, with one line a problem as Slack words them."""
    return SlackError(
        error, errors=problems, response_metadata={"messages": [f"[ERROR] {problem}" for problem in problems]}
    )


def missing(argument: str) -> SlackError:
    """Return the refusal of a call that lacks a required argument."""
    return invalid("invalid_arguments", [f"missing required field: {argument}"])
