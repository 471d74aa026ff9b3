"""What a person does: say, press, submit, close, command, open the home; and what they then see."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.localslack import forms, payloads, responses, writing
from bot.localslack.api import views
from bot.localslack.delivery import Delivery
from bot.localslack.errors import SlackError
from bot.localslack.kit import lint, values
from bot.localslack.people import BY_ID, PEOPLE
from bot.localslack.records import Channel, Json, Message, ResponseUrl, View
from bot.localslack.transport import Answer
from bot.localslack.workspace import Workspace

POLL_S = 0.005
AT_WORK_S = 30.0
TROUBLE = "We had some trouble connecting. Try again?"
NOT_A_COMMAND = "{} is not a valid command."


@dataclass(frozen=True)
class Before:
    """What a person saw before they did something."""

    whispers: frozenset[str]
    view: tuple[str, str] | None
    ts: int = field(compare=False)


@dataclass
class Gestures:
    """The hands of every person of the workspace."""

    workspace: Workspace
    delivery: Delivery
    notes: dict[str, list[str]] = field(default_factory=dict)
    is_at_work: Callable[[], bool] | None = None  # whether the app still does something, where one can know

    def say(self, user: str, channel: Channel, text: str, thread_ts: str | None = None) -> Message:
        """Return the message a person wrote; names behind @ and # become mentions."""
        with self.workspace.lock:
            self._check_may_say(user, channel)
            if thread_ts:
                head = self.workspace.message(channel, thread_ts)
                thread_ts = head.thread_ts or head.ts
            written = writing.stored(self.workspace, text)
            message = Message(channel.id, self.workspace.new_ts(), user, text=written, thread_ts=thread_ts)
            return self.workspace.post(message)

    def press(self, user: str, channel: Channel, where: tuple[str, str, str], given: object, wait_s: float) -> Json:
        """Return what a person sees after a press or choice in a message; `where` is timestamp, action, block or ''."""
        ts, action_id, block_id = where
        with self.workspace.lock:
            message = _readable(channel, ts, user)
            blocks = [*message.blocks, *(block for one in message.attachments for block in one.get("blocks", ()))]
            block, element = forms.element(blocks, action_id, block_id)
            action = forms.action(block, element, given)
            if element["type"] in values.VALUES:
                message.entered.setdefault(user, {})[block["block_id"], action_id] = forms.read(element, given)
            payload = payloads.message_actions(self.workspace, user, channel, message, action)
            before = self._before(user)
        return self._seen(user, before, self.delivery.once("interactive", payload), wait_s)

    def press_in_view(self, user: str, view_id: str, where: tuple[str, str], given: object, wait_s: float) -> Json:
        """Return what a person sees after a press or choice in a view; `where` is action and block or ''."""
        with self.workspace.lock:
            view = self.open_view(user, view_id)
            block, element = forms.element(view.body["blocks"], *where)
            action = forms.action(block, element, given)
            if element["type"] in values.VALUES:
                view.entered[block["block_id"], where[0]] = forms.read(element, given)
            if block["type"] == "input" and not block.get("dispatch_action"):
                return _unsent(None)
            payload = payloads.view_actions(self.workspace, view, action)
            before = self._before(user)
        return self._seen(user, before, self.delivery.once("interactive", payload), wait_s)

    def submit(self, user: str, view_id: str, given: Json, wait_s: float) -> Json:
        """Return what a person sees after submitting a modal: the errors at its inputs, or what became of it."""
        with self.workspace.lock:
            view = self.open_view(user, view_id)
            forms.enter(view, given)
            errors = forms.errors(view)
            if errors:
                seen = _unsent(None) | {"ok": False, "views": self._stack(user), "view": self.shown(view)}
                return seen | {"errors": errors, "closed": False}
            payload = payloads.view_submission(self.workspace, view)
            before = self._before(user)
        answer = self.delivery.once("interactive", payload)
        with self.workspace.lock:
            refused = self._answered(view, answer.payload or {}) if answer.ok else {}
        if refused is None:
            answer = Answer(ok=False, error="invalid_response")
        seen = self._seen(user, before, answer, 0.0 if refused else wait_s)
        closed = view.id not in self.workspace.stacks.get(user, [])
        return seen | {"closed": closed} | ({"ok": False, "errors": refused} if refused else {})

    def close(self, user: str, view_id: str, *, clears: bool = False) -> Json:
        """Return `ok` after a modal was cancelled, or all by the cross; the app hears of it if it asked."""
        with self.workspace.lock:
            view = self.open_view(user, view_id)
            stack = self.workspace.stacks[user]
            everything = clears or bool(view.body.get("clear_on_close"))
            gone = list(reversed(stack)) if everything else [view.id]
            told = [one for one in map(self.workspace.views.__getitem__, gone) if one.body.get("notify_on_close")]
            closed = [payloads.view_closed(self.workspace, one, is_cleared=everything) for one in told]
            self.workspace.stacks[user] = [id for id in stack if id not in gone]
            self.workspace.changed()
        for payload in closed:
            self.delivery.once("interactive", payload)
        return {"ok": True, "error": None}

    def command(self, user: str, channel: Channel, text: str, wait_s: float) -> Json:
        """Return what a person sees after a slash command; one that no app has is answered by Slack itself."""
        name, _, rest = text.strip().partition(" ")
        if all(command.name != name for command in self.workspace.manifest.commands):
            return _unsent(NOT_A_COMMAND.format(name))
        with self.workspace.lock:
            payload = payloads.slash_command(self.workspace, user, channel, name, rest.strip())
            before = self._before(user)
        answer = self.delivery.once("slash_commands", payload)
        if answer.ok and answer.payload:
            with self.workspace.lock:
                responses.say(self.workspace, ResponseUrl("", user, channel.id, 0), answer.payload)
        seen = self._seen(user, before, answer, 0.0 if answer.payload else wait_s)
        return seen if seen["ok"] else seen | {"error": f'{name} failed with the error "{answer.error}"'}

    def shortcut(self, user: str, callback_id: str, message: Message | None, wait_s: float) -> Json:
        """Return what a person sees after a shortcut, global or on a message."""
        kind = "message" if message else "global"
        if not any(one.callback_id == callback_id and one.kind == kind for one in self.workspace.manifest.shortcuts):
            return _unsent("shortcut_not_found")
        with self.workspace.lock:
            if message:
                payload = payloads.message_shortcut(self.workspace, user, callback_id, message)
            else:
                payload = payloads.global_shortcut(self.workspace, user, callback_id)
            before = self._before(user)
        return self._seen(user, before, self.delivery.once("interactive", payload), wait_s)

    def home(self, user: str, wait_s: float, tab: str = "home") -> Json | None:
        """Return the App Home once the app has published it for the person, or as it was."""
        with self.workspace.lock:
            old = self.workspace.homes.get(user)
            before = self.workspace.views[old].hash if old else ""
            self.workspace.emit("app_home_opened", payloads.home_opened(self.workspace, user, tab))
        end = time.monotonic() + wait_s
        while time.monotonic() < end and self._home_hash(user) == before:
            time.sleep(POLL_S)
        with self.workspace.lock:
            id = self.workspace.homes.get(user)
            return self.shown(self.workspace.views[id]) if id else None

    def open_view(self, user: str, view_id: str) -> View:
        """Return a view that is open in front of the person; `view_not_found`."""
        stack = self.workspace.stacks.get(user, [])
        if view_id not in (*stack, self.workspace.homes.get(user)):
            raise SlackError("view_not_found")
        return self.workspace.views[view_id]

    def shown(self, view: View) -> Json:
        """Return the view object."""
        return views.shown(self.workspace, view)

    def _check_may_say(self, user: str, channel: Channel) -> None:
        manifest = self.workspace.manifest
        if user not in channel.members:
            raise SlackError("not_in_channel")
        if channel.is_archived:
            raise SlackError("is_archived")
        if channel.kind == "im" and (manifest.is_read_only or not manifest.has_messages):
            raise SlackError("messages_tab_disabled")

    def _home_hash(self, user: str) -> str:
        id = self.workspace.homes.get(user)
        return self.workspace.views[id].hash if id else ""

    def _before(self, user: str) -> Before:
        stack = self.workspace.stacks.get(user, [])
        top = self.workspace.views[stack[-1]] if stack else None
        whispers = frozenset(one.ts for one in self._whispers(user))
        return Before(whispers, (top.id, top.hash) if top else None, self.workspace.last_ts)

    def _whispers(self, user: str) -> list[Message]:
        return [one for channel in self.workspace.channels.values() for one in channel.whispers if one.only_for == user]

    def _posts(self, user: str, since: int) -> list[Message]:
        channels = [channel for channel in self.workspace.channels.values() if user in channel.members]
        posts = [one for channel in channels for one in channel.messages.values() if one.bot]
        return [one for one in posts if int(one.ts.replace(".", "")) > since]

    def _seen(self, user: str, before: Before, answer: Answer, wait_s: float) -> Json:
        if answer.ok:
            self._wait(user, before, wait_s)
        with self.workspace.lock:
            now = self._before(user)
            fresh = [one for one in self._whispers(user) if one.ts not in before.whispers]
            view = self.shown(self.workspace.views[now.view[0]]) if now.view and now.view != before.view else None
            told = [self._row(one) for one in fresh]
            posts = [self._row(one) for one in self._posts(user, before.ts)]
            result = {"ok": answer.ok, "error": answer.error or None, "view": view, "views": self._stack(user)}
        return result | {"ephemeral": told, "messages": posts}

    def _wait(self, user: str, before: Before, wait_s: float) -> None:
        knows = self.is_at_work
        end = time.monotonic() + (wait_s if knows is None else AT_WORK_S)
        while time.monotonic() < end and (self._before(user) == before if knows is None else knows()):
            time.sleep(POLL_S)

    def _stack(self, user: str) -> list[Json]:
        return [self.shown(self.workspace.views[id]) for id in self.workspace.stacks.get(user, [])]

    def _row(self, message: Message) -> Json:
        return message.shown(self.workspace.files, metadata=True) | {"channel": message.channel}

    def _answered(self, view: View, answer: Json) -> Json | None:
        stack = self.workspace.stacks.get(view.user, [])
        kind = answer.get("response_action")
        if kind == "errors":
            return forms.usable(view, answer.get("errors"))
        try:
            if kind == "update":
                views.replace(self.workspace, view, lint.view(answer.get("view"), "modal"))
            elif kind == "push":
                views.add(self.workspace, view.user, lint.view(answer.get("view"), "modal"), on_top=True)
            elif kind == "clear":
                self.workspace.stacks[view.user] = []
            elif kind is None:
                self.workspace.stacks[view.user] = [id for id in stack if id != view.id]
            else:
                return None
        except SlackError:
            return None
        self.workspace.changed()
        return {}


def _unsent(error: str | None) -> Json:
    return {"ok": error is None, "error": error, "view": None, "views": [], "ephemeral": [], "messages": []}


def person_id(name: str) -> str:
    """Return the id of a person named by handle or id; `user_not_found`."""
    if name in PEOPLE:
        return PEOPLE[name].id
    if name in BY_ID:
        return name
    raise SlackError("user_not_found")


def _readable(channel: Channel, ts: str, user: str) -> Message:
    for one in channel.whispers:
        if one.ts == ts and one.only_for == user:
            return one
    if user not in channel.members or ts not in channel.messages:
        raise SlackError("message_not_found")
    return channel.messages[ts]
