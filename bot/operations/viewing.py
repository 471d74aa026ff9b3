"""Looking is an action too: checked against the access table, and audited (E3)."""

from analysis.errors import NotAllowed
from analysis.response import permissions
from analysis.response.permissions import View
from bot.services import Services, whole
from storage import audit, inbox


@whole
def look(
    services: Services,
    actor: str,
    view: View,
    at_what: str = "",
    delivery: str | None = None,
    *,
    is_theirs: bool = False,
) -> frozenset[View]:
    """Return all that the person may see, recorded once a delivery; raise NotAllowed where not even this.

    `is_theirs`: it is about them, so that they may see it whatever their roles.
    """
    refused: NotAllowed | None = None
    with services.transaction() as session:
        try:
            roles = services.roles(session, actor)
            if not is_theirs:
                permissions.allow(view, roles)
        except NotAllowed as error:
            refused = error
        is_first = delivery is None or inbox.arrive(session, delivery, "interaction", services.clock())
        outcome = "refused" if refused else "done"
        entry = audit.Entry(actor, "view", at_what[:100] or view, outcome, {"view": view.value})
        if is_first:
            audit.append(session, entry, services.clock())
    if refused is not None:
        raise refused
    return permissions.views(roles)


@whole
def hear(services: Services, delivery: str) -> None:
    """Keep the id of a delivery that asks for nothing: help, a closed form, a word that nobody knows."""
    with services.transaction() as session:
        inbox.arrive(session, delivery, "interaction", services.clock())
