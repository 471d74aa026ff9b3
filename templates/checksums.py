"""A version that is not what was registered, in words; raw text."""

from analysis.detection.alerts import Alert
from analysis.detection.findings import Finding
from analysis.response.checksums import State

PARTS = {"artefact": "artefact", "training_data": "training data"}
IS = {"artefact": "is", "training_data": "are"}


def sentence(found: Finding) -> str:
    """Return what one finding says: which part of which version, and how it was found."""
    name = str(found.group)
    part, verb = PARTS.get(name, name), IS.get(name, "is")
    if found.facts.get("state") == State.GONE:
        return f"The {part} of version {found.column} {verb} gone from {found.facts.get('place')}."
    return f"The {part} of version {found.column} {verb} not what was registered: somebody changed {_it(name)}."


def _it(part: str) -> str:
    return "them" if part == "training_data" else "it"


def affected(raised: Alert) -> str:
    """Return whom it touches: everybody where the version serves."""
    if raised.lead.facts.get("serves"):
        return "Everybody whose requests this version answers: it serves now."
    return "Nobody yet: this version does not serve, and may not until it is as registered."
