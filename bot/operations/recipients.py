"""To which addresses a mail goes: those the policy names, and those under which Slack knows the people it names."""

from collections.abc import Iterable

from sqlmodel import Session

from analysis.outside import STAKEHOLDERS
from analysis.vocabulary import Family, Role, Severity
from bot.operations import reaching
from bot.services import Services
from storage import people
from storage.tables import Incident

INSIDE = ("internal", "leadership")


def addresses(services: Services, session: Session, named: Iterable[str], about: Incident | None = None) -> list[str]:
    """Return the addresses behind what the policy names, each once, in order."""
    found: list[str] = []
    for name in named:
        found += [name] if "@" in name and ":" not in name else _of(services, session, name, about)
    return list({address.lower(): address for address in reversed(found)}.values())[::-1]


def _of(services: Services, session: Session, name: str, about: Incident | None) -> list[str]:
    """Return the addresses of the people who are meant; who is unknown to Slack but named by an address gets it too."""
    targets = [name] if name != STAKEHOLDERS else _stakeholders(services, about) if about is not None else []
    reached = reaching.reach(services, session, targets).people
    known = people.by_id(session, reached)
    mails = [str(known[one].email) for one in reached if one in known and known[one].email]
    written = [one.partition(":")[2] for one in targets if one.startswith("user:") and "@" in one]
    held = [one for target in targets if target in set(Role) for one in services.policy.roles.get(Role(target), ())]
    strangers = [one for one in (*written, *held) if "@" in one and people.known_as(session, one) is None]
    return [*mails, *(one for one in strangers if not one.startswith("group:"))]


def _stakeholders(services: Services, about: Incident) -> list[str]:
    """Return whom the policy tells of such an incident, of our own people."""
    severity, family = Severity(about.severity), Family(about.family)
    return [
        target
        for one in services.policy.stakeholders
        if one.audience in INSIDE and one.fits(severity, family, {one.stage})
        for target in one.to
    ]
