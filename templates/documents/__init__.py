"""The longer texts, by Jinja2 from the same records: what is known is told, what is not known yet is said plainly."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from typing import Any

from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateNotFound
from jinja2.sandbox import ImmutableSandboxedEnvironment

from storage.incidents import IncidentView
from templates.documents import outside, story
from templates.documents.story import Story

# name → what it is, for whom
DOCUMENTS = {
    "incident_report.md": "The incident report, for trackers and evidence",
    "incident_report.html": "The incident report, to print or to send",
    "issue.md": "The text of an incident's issue in the tracker",
    "mail.txt": "A mail on an incident to those whom the policy names, complete without its other half",
    "mail.html": "The same with the chart in it",
    "review.md": "The review of an incident: drafted from the record, held by people, kept with what they found",
    "notification_letter.txt": "A letter to people affected, a draft: what happened and why, the remedy, how to appeal",
    "regulator_notice.txt": "A notice to an authority, a draft from the record",
    "notification.txt": "A notification: first word, update or resolution, for the audience that is told",
}


class _Packaged(BaseLoader):
    """Loads templates from this package, however it is installed."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, Any]:
        """Return the text of a template; raise TemplateNotFound for a name that is none."""
        if template.removesuffix(".j2") not in DOCUMENTS:
            raise TemplateNotFound(template)
        return (resources.files(__package__) / template).read_text(encoding="utf-8"), None, lambda: True


@dataclass(frozen=True)
class Notice:
    """To whom a notification goes, and how they can ask."""

    audience: str = "internal"  # internal | leadership | customers | regulator
    contact: str = "the incident's channel"
    next_update: str | None = None
    appeal_url: str | None = None


@dataclass(frozen=True)
class Letter:
    """What a mail says beside the story: what has just happened, and what its picture shows."""

    news: str = ""
    picture: str = ""  # none: it has none


def render(
    name: str, view: IncidentView, now: datetime, notice: Notice | None = None, letter: Letter | None = None
) -> str:
    """Return the document; raise KeyError for a name that is none."""
    if name not in DOCUMENTS:
        raise KeyError(name)
    clean = _CLEAN[name.rpartition(".")[2]]
    told: Story = story.of(view, now, cleaned=clean)
    known = {
        "story": told,
        "outside": outside.of(view, clean),
        "notice": notice or Notice(),
        "letter": letter or Letter(),
    }
    return _environment(name).get_template(f"{name}.j2").render(known)


def _environment(name: str) -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        loader=_Packaged(),
        undefined=StrictUndefined,
        autoescape=name.endswith(".html"),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


_CLEAN = {"md": story.markdown, "html": story.plain, "txt": story.plain}

__all__: Sequence[str] = ("DOCUMENTS", "Letter", "Notice", "render")
