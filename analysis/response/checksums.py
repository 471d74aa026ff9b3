"""Whether what a version is made of is still what was registered, and the alert where it is not (A11)."""

from dataclasses import dataclass
from enum import StrEnum

from analysis.detection.alerts import Alert
from analysis.detection.findings import Finding, Reason
from analysis.vocabulary import Family, Severity, Verdict

METRIC = "sha256"


class State(StrEnum):
    """How one part of a version was found."""

    SAME = "same"
    DIFFERS = "differs"
    GONE = "gone"
    UNREAD = "unread"  # it may be there, but cannot be read from here
    UNREGISTERED = "unregistered"  # there is no checksum to compare with


WRONG = (State.DIFFERS, State.GONE)


@dataclass(frozen=True)
class Part:
    """The artefact or the training data of a version: as registered, and as found."""

    name: str  # artefact | training_data
    place: str | None
    registered: str | None
    found: str | None = None
    state: State = State.UNREGISTERED
    why: str | None = None  # of what cannot be read


@dataclass(frozen=True)
class Look:
    """One look at a version's parts."""

    model: str
    version: str
    parts: tuple[Part, ...]

    @property
    def wrong(self) -> tuple[Part, ...]:
        """Return the parts that are not what was registered."""
        return tuple(one for one in self.parts if one.state in WRONG)

    @property
    def is_proved(self) -> bool:
        """Return whether the artefact is what was registered, and no part is known to be another.

        >>> same = Part("artefact", "m.bin", "ab", "ab", State.SAME)
        >>> data = Part("training_data", "d.csv", "cd", "ee", State.DIFFERS)
        >>> Look("m", "1", (same,)).is_proved, Look("m", "1", (same, data)).is_proved, Look("m", "1", ()).is_proved
        (True, False, False)
        """
        artefact = next((one for one in self.parts if one.name == "artefact"), None)
        return artefact is not None and artefact.state is State.SAME and not self.wrong

    @property
    def mismatch(self) -> str | None:
        """Return what differs, in a word each; None where nothing is known to.

        >>> Look("m", "1", (Part("artefact", "m.bin", "ab", None, State.GONE),)).mismatch
        'artefact gone'
        """
        return ", ".join(f"{one.name} {one.state}" for one in self.wrong) or None

    @property
    def unread(self) -> str | None:
        """Return which parts could not be read, and why; None where all were.

        >>> Look("m", "1", (Part("artefact", "x", "ab", None, State.UNREAD, "it lies elsewhere"),)).unread
        'artefact: it lies elsewhere'
        """
        return "; ".join(f"{one.name}: {one.why}" for one in self.parts if one.state is State.UNREAD) or None


def judged(part: Part, found: str | None, *, why: str | None = None) -> Part:
    """Return the part with how it was found: its checksum, or none and perhaps why it could not be read.

    >>> judged(Part("artefact", "m.bin", "ab"), "cd").state, judged(Part("artefact", "m.bin", "ab"), None).state
    (<State.DIFFERS: 'differs'>, <State.GONE: 'gone'>)
    """
    if part.registered is None or part.place is None:
        state = State.UNREGISTERED
    elif why is not None:
        state = State.UNREAD
    elif found is None:
        state = State.GONE
    else:
        state = State.SAME if found == part.registered else State.DIFFERS
    return Part(part.name, part.place, part.registered, found, state, why)


def fingerprint(version: str) -> tuple[str, ...]:
    """Return what names the cause: one version of a model that is not what was registered."""
    return (Family.SECURITY.value, METRIC, version)


def alert(look: Look, *, serves: bool) -> Alert | None:
    """Return the alert that a look raises, always critical; None where nothing is wrong. The artefact leads."""
    findings = tuple(_finding(look, one, serves=serves) for one in look.wrong)
    if not findings:
        return None
    return Alert(Family.SECURITY, Severity.CRITICAL, findings[0], findings[1:], fingerprint(look.version))


def _finding(look: Look, part: Part, *, serves: bool) -> Finding:
    facts = {"state": part.state.value, "place": part.place, "registered": part.registered, "found": part.found}
    return Finding(
        Family.SECURITY,
        METRIC,
        column=look.version,
        group=part.name,
        verdict=Verdict.ALARM,
        severity=Severity.CRITICAL,
        reason=Reason.MATERIAL_AND_CERTAIN,
        facts={**facts, "serves": serves},
    )
