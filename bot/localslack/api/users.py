"""People, user groups, the team, and who is asking."""

from bot.localslack.api.call import Call, page
from bot.localslack.errors import SlackError
from bot.localslack.people import BY_ID, PEOPLE, Person, user
from bot.localslack.records import Json
from bot.localslack.workspace import APP, BOT, BOT_USER, TEAM, Workspace


def auth_test(call: Call) -> Json:
    """Return who the token belongs to."""
    names = {"url": f"{call.workspace.url}/", "team": TEAM["name"], "user": call.workspace.manifest.bot_name}
    ids = {"team_id": TEAM["id"], "user_id": BOT_USER, "bot_id": BOT}
    return {**names, **ids, "is_enterprise_install": False}


def info(call: Call) -> Json:
    """Return one person, or the bot itself; `user_not_found`."""
    id = call.text("user")
    if id == BOT_USER:
        return {"user": bot(call.workspace)}
    if id not in BY_ID:
        raise SlackError("user_not_found")
    return {"user": _shown(call, BY_ID[id])}


def list_all(call: Call) -> Json:
    """Return everyone, a page at a time."""
    found, more = page(call, [*(_shown(call, person) for person in PEOPLE.values()), bot(call.workspace)])
    return {"members": found, "cache_ts": int(call.workspace.clock()), "response_metadata": more}


def by_email(call: Call) -> Json:
    """Return the person of an address; `users_not_found`."""
    email = call.text("email")
    for person in PEOPLE.values():
        if person.email == email:
            return {"user": _shown(call, person)}
    raise SlackError("users_not_found")


def groups(call: Call) -> Json:
    """Return the user groups, with their members where asked for."""
    with_users = call.flag("include_users")
    return {"usergroups": [group(call.workspace, id, with_users=with_users) for id in call.workspace.groups]}


def group_members(call: Call) -> Json:
    """Return the ids of a user group's members; `no_such_subteam`."""
    id = call.text("usergroup")
    if id not in call.workspace.groups:
        raise SlackError("no_such_subteam")
    return {"users": [PEOPLE[handle].id for handle in call.workspace.groups[id][2]]}


def team_info(call: Call) -> Json:
    """Return the team."""
    return {
        "team": {**TEAM, "email_domain": "ethixai.local", "icon": {"image_default": True}, "url": call.workspace.url}
    }


def group(workspace: Workspace, id: str, *, with_users: bool) -> Json:
    """Return a user group object."""
    handle, name, handles = workspace.groups[id]
    users = {"users": [PEOPLE[one].id for one in handles]} if with_users else {}
    shown = {"id": id, "team_id": TEAM["id"], "is_usergroup": True, "name": name, "handle": handle, "date_delete": 0}
    return {**shown, "user_count": len(handles), **users}


def bot(workspace: Workspace) -> Json:
    """Return the bot's user object."""
    name = workspace.manifest.bot_name
    profile = {"real_name": name, "display_name": name, "api_app_id": APP, "bot_id": BOT}
    about = {"is_bot": True, "is_app_user": False, "deleted": False, "tz": "UTC", "tz_offset": 0}
    return {"id": BOT_USER, "team_id": TEAM["id"], "name": name, "real_name": name, "profile": profile, **about}


def _shown(call: Call, person: Person) -> Json:
    shown = user(person, TEAM["id"], with_email="users:read.email" in call.workspace.manifest.scopes)
    return shown | {"deleted": person.id in call.workspace.deactivated}
