"""Modals and App Home: open, push, update, publish."""

import hashlib
import json

from bot.localslack.api import pictures
from bot.localslack.api.call import Call
from bot.localslack.api.chat import fresh
from bot.localslack.errors import SlackError, missing
from bot.localslack.kit import lint
from bot.localslack.kit.values import name_all, state
from bot.localslack.people import BY_ID
from bot.localslack.records import Json, View
from bot.localslack.workspace import APP, BOT, TEAM, Workspace

DEEPEST = 3
DEFAULTS: Json = {
    "private_metadata": "",
    "callback_id": "",
    "external_id": "",
    "title": None,
    "close": None,
    "submit": None,
    "clear_on_close": False,
    "notify_on_close": False,
}


def open_modal(call: Call) -> Json:
    """Return the modal that now is open for the person of the trigger."""
    body = _asked(call, "modal")
    user = call.workspace.spend(call.text("trigger_id"))
    return {"view": shown(call.workspace, add(call.workspace, user, body, on_top=False))}


def push(call: Call) -> Json:
    """Return the modal that now lies on top; `push_limit_reached` beyond three."""
    body = _asked(call, "modal")
    user = call.workspace.spend(call.text("trigger_id"))
    return {"view": shown(call.workspace, add(call.workspace, user, body, on_top=True))}


def update(call: Call) -> Json:
    """Return the view after the change; `not_found`, `hash_conflict`."""
    workspace = call.workspace
    view = _named(call)
    body = _asked(call, view.body["type"])
    if call.has("hash") and call.text("hash") != view.hash:
        raise SlackError("hash_conflict")
    return {"view": shown(workspace, replace(workspace, view, body))}


def publish(call: Call) -> Json:
    """Return the App Home that the person now sees; `not_enabled` where the manifest has none."""
    workspace, user = call.workspace, call.text("user_id")
    if not workspace.manifest.has_home:
        raise SlackError("not_enabled")
    if user not in BY_ID:
        raise SlackError("user_not_found")
    body = _asked(call, "home")
    old = workspace.homes.get(user)
    if old is None:
        id = workspace.new_id("V")
        view = View(id, user, {}, "", id)
        workspace.views[id], workspace.homes[user] = view, id
    else:
        view = workspace.views[old]
        if call.has("hash") and call.text("hash") != view.hash:
            raise SlackError("hash_conflict")
    return {"view": shown(workspace, replace(workspace, view, body))}


def add(workspace: Workspace, user: str, body: Json, *, on_top: bool) -> View:
    """Return a new modal, alone or on top of those that are open."""
    stack = workspace.stacks.get(user, []) if on_top else []
    if on_top and not stack:
        raise SlackError("not_found")
    if len(stack) >= DEEPEST:
        raise SlackError("push_limit_reached")
    _check_external(workspace, body, None)
    id = workspace.new_id("V")
    view = View(id, user, {}, "", stack[0] if stack else id, stack[-1] if stack else None)
    workspace.views[id] = view
    workspace.stacks[user] = [*stack, id]
    return replace(workspace, view, body)


def replace(workspace: Workspace, view: View, body: Json) -> View:
    """Return the view with a new body; what was entered stays where block and action keep their ids."""
    _check_external(workspace, body, view)
    view.body = {**body, "blocks": name_all(body["blocks"], fresh(workspace))}
    digest = hashlib.sha256(json.dumps(view.body, sort_keys=True).encode()).hexdigest()[:8]
    view.hash = f"{workspace.new_ts()}.{digest}"
    workspace.changed()
    return view


def shown(workspace: Workspace, view: View) -> Json:
    """Return the view object with its state."""
    ids = {"id": view.id, "team_id": TEAM["id"], "app_id": APP, "app_installed_team_id": TEAM["id"], "bot_id": BOT}
    place = {"hash": view.hash, "root_view_id": view.root, "previous_view_id": view.previous}
    return {**DEFAULTS, **view.body, **ids, **place, "state": {"values": state(view.body["blocks"], view.entered)}}


def _asked(call: Call, kind: str) -> Json:
    given = call.structure("view")
    if given is None:
        raise missing("view")
    body = lint.view(given, kind)
    pictures.check(call.workspace, body["blocks"], "/view/blocks", "invalid_arguments")
    return body


def _named(call: Call) -> View:
    id, external = call.text("view_id", ""), call.text("external_id", "")
    for view in call.workspace.views.values():
        if view.id == id or (external and view.body.get("external_id") == external):
            is_open = (
                view.id in call.workspace.stacks.get(view.user, []) or call.workspace.homes.get(view.user) == view.id
            )
            if is_open:
                return view
    raise SlackError("not_found")


def _check_external(workspace: Workspace, body: Json, mine: View | None) -> None:
    wanted = body.get("external_id")
    is_open = [id for stack in workspace.stacks.values() for id in stack]
    if wanted and any(
        workspace.views[id].body.get("external_id") == wanted for id in is_open if mine is None or id != mine.id
    ):
        raise SlackError("duplicate_external_id")
