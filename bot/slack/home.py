"""App Home: a person's desk, published when they open it and redrawn while something changes."""

from datetime import timedelta

from analysis.errors import NotAllowed
from analysis.response.permissions import View
from bot import rotas
from bot.operations import viewing
from bot.slack.door import Door
from storage import desk, overview, people
from templates.slack import home


def publish(door: Door, user: str, delivery: str | None = None) -> None:
    """Show the person their desk; raise SlackApiError where Slack refuses it."""
    services = door.services
    now = services.clock()
    try:
        sees = viewing.look(services, user, View.DRIFT_OVERVIEW, "home", delivery)
    except NotAllowed:
        view = home.stranger()
    else:
        with services.database.read() as session:
            seen = overview.seen_by(overview.load(session, now, now - timedelta(days=7)), sees)
            roles = services.roles(session, user)
            known = people.by_id(session, [user]).get(user)
            mine, shifts = desk.load(session, user), rotas.all_seen(session, services.policy, now)
        view = home.view(seen, home.Owner(known.name if known else user, roles, mine, shifts), now)
    door.directory.slack.client.views_publish(user_id=user, view=view)
