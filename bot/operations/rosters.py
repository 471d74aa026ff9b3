"""Looking at who is on call, and taking it along as a calendar file: recorded, like every look."""

from analysis.errors import Unknown
from analysis.response.notifying import Reason
from analysis.response.permissions import View
from bot import duty
from bot.operations import viewing
from bot.services import Services, whole
from storage import outbox
from storage.tables import Owed


def look(services: Services, actor: str, at_what: str, delivery: str) -> None:
    """Record once a delivery that the person looks; raise NotAllowed, but never for whom a rota names."""
    with services.database.read() as session:
        is_named = duty.is_named(session, services.policy, actor, services.clock())
    viewing.look(services, actor, View.ON_CALL, at_what, delivery, is_theirs=is_named)


def calendar(services: Services, actor: str, name: str, delivery: str) -> None:
    """Owe the person the calendar file of the rota; raise NotAllowed, or Unknown where there is no such rota."""
    look(services, actor, f"rota:{name}", delivery)
    if services.policy.rota(name) is None:
        raise Unknown("rota", name[:80], [rota.name for rota in services.policy.rotas])
    _owe(services, actor, name, f"calendar:{delivery}")


@whole
def _owe(services: Services, actor: str, name: str, key: str) -> None:
    now = services.clock()
    with services.transaction() as session:
        owed = Owed(key=key, kind="calendar", subject=name, channel=actor, priority=5, reason=Reason.ASKED,
                    next_at=now, created_at=now)  # fmt: skip
        outbox.owe(session, owed)
