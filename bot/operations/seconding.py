"""Whether a move needs a second person, and whether who asks is known to be who they were."""

from analysis.errors import NotSure
from analysis.response import life
from analysis.vocabulary import Role
from bot.operations import oversight
from bot.operations.doing import Doing
from bot.services import Services
from storage import incidents


def look_anew(services: Services, *actors: str) -> NotSure | None:
    """Return why these people's roles are not known as they are now; None where they are."""
    try:
        services.look_anew(*actors)
    except NotSure as error:
        return error
    return None


def needs(doing: Doing) -> frozenset[Role]:
    """Return who must approve; a weaker restraint is an unfreeze, judged by every incident that relies on it."""
    verb, severity = doing.request.verb, incidents.worst(doing.session, doing.incident)
    held = oversight.loosens(doing)
    if held:
        verb, severity = "unfreeze", oversight.worst(doing.session, doing.incident, held)
    return life.second(verb, severity)
