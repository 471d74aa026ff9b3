"""What people do in a run: press, fill in, type, mention; twice, two at once, and the same delivery again."""

import contextlib
import random
from dataclasses import dataclass, field
from itertools import count

from bot.demo import demo
from bot.localslack import LocalSlack
from bot.localslack.delivery import envelope
from bot.localslack.errors import SlackError
from bot.localslack.people import PEOPLE
from bot.localslack.records import Message
from bot.localslack.transport import Parcel, SignedHttp
from bot.localslack.workspace import BOT_USER

CHANNEL, GENERAL = "C0INCIDENT", "C0GENERAL1"
WHO = ("oncall", "ml_lead", "ml_engineer", "compliance", "cto", "viewer", "senior_ml_engineer")
FIELDS = {
    "freeze": {"level": "1"},
    "unfreeze": {},
    "escalate": {},
    "retrain": {"notes": "as the runbook says"},
    "resolve": {},
    "rollback": {},
    "promote": {"candidate": "RTR-1"},
}
PLAIN = ("acknowledge", "export")
COMMANDS = (f"/ethix analyze {demo.MODEL}", "/ethix status", "/ethix models", "/ethix alerts")
WAIT_S = 1.5
APPROVE = "approval:approve"


@dataclass
class Hands:
    """The people of the workspace; what they do may fail, as it does for people."""

    slack: LocalSlack
    ports: list[int]
    chance: random.Random = field(default_factory=lambda: random.Random(0))
    wishes: "count[int]" = field(default_factory=lambda: count(1))

    def alert(self) -> Message | None:
        """Return an incident's message that has buttons."""
        with self.slack.workspace.lock:
            messages = self.slack.workspace.channels[CHANNEL].messages.values()
            found = [one for one in messages if one.bot and _verbs(one)]
        return self.chance.choice(found) if found else None

    def press(self, verb: str, by: str, message: Message | None = None) -> bool:
        """Return whether the press was acknowledged; a button that is not there is not pressed."""
        message = message or self.alert()
        if message is None or verb not in _verbs(message):
            return False
        return self._click(message, f"move:{verb}", by)

    def _click(self, message: Message, action: str, by: str) -> bool:
        channel = self.slack.workspace.channels[message.channel]
        with contextlib.suppress(SlackError):
            return bool(self.slack.gestures.press(PEOPLE[by].id, channel, (message.ts, action, ""), None, WAIT_S)["ok"])
        return False

    def wish(self) -> Message | None:
        """Return the newest message that asks for an approval."""
        with self.slack.workspace.lock:
            messages = self.slack.workspace.channels[CHANNEL].messages.values()
            return next((one for one in reversed(messages) if one.bot and APPROVE in _actions(one)), None)

    def approve(self, by: str, word: str = "") -> bool:
        """Return whether the newest wish was approved, with the word where one is asked for, and acknowledged."""
        wish = self.wish()
        if wish is None or not self._click(wish, APPROVE, by):
            return False
        return self._submit(by, APPROVE, {"word": word}) if word else True

    def fill(self, verb: str, by: str, message: Message | None = None) -> bool:
        """Return whether the modal of a verb was opened, filled in with a reason of its own, and acknowledged."""
        if not self.press(verb, by, message):
            return False
        word = "note" if verb == "resolve" else "reason"
        return self._submit(by, f"move:{verb}", FIELDS[verb] | {word: f"wish {next(self.wishes)}"})

    def _submit(self, by: str, of: str, values: dict[str, str]) -> bool:
        user = PEOPLE[by].id
        stack = self.slack.workspace.stacks.get(user, [])
        view = self.slack.workspace.views[stack[-1]] if stack else None
        if view is None or view.body.get("callback_id") != of:
            return False
        with contextlib.suppress(SlackError):
            return bool(self.slack.gestures.submit(user, view.id, values, 0.0)["ok"])
        return False

    def type(self, text: str, by: str) -> bool:
        """Return whether a command was acknowledged."""
        channel = self.slack.workspace.channels[CHANNEL]
        return bool(self.slack.gestures.command(PEOPLE[by].id, channel, text, 0.0)["ok"])

    def mention(self, by: str) -> None:
        """Mention the bot; Slack tells it until it is acknowledged."""
        self.slack.gestures.say(PEOPLE[by].id, self.slack.workspace.channels[GENERAL], f"<@{BOT_USER}> help")

    def mention_by_http(self, by: str, tries: int = 3) -> bool:
        """Return whether an event that is delivered by signed HTTP, again as Slack does, was acknowledged."""
        text = f"<@{BOT_USER}> help"
        with self.slack.workspace.lock:
            ts, general = self.slack.workspace.new_ts(), self.slack.workspace.channels[GENERAL]
            general.messages[ts] = Message(GENERAL, ts, PEOPLE[by].id, text)  # of which the line tells nothing
            event = {"type": "app_mention", "user": PEOPLE[by].id, "text": text, "channel": GENERAL}
            body = envelope(self.slack.workspace, event | {"ts": ts, "event_ts": ts})
        for attempt in range(tries):
            answer = self._http().send(Parcel("events_api", body, attempt, "http_timeout" * bool(attempt)), 3.0)
            self.slack.delivery.log.append({"event_id": body["event_id"], "type": event["type"], "ok": answer.ok})
            if answer.ok:
                return True
        return False

    def again(self) -> bool:
        """Return whether a delivery that came before, of whatever kind, was acknowledged once more, by signed HTTP."""
        past = list(self.slack.delivery.handed)[-20:]
        if not past:
            return False
        one = self.chance.choice(past)
        return self._http().send(Parcel(one.kind, one.payload), 3.0).ok

    def anything(self) -> None:
        """Do something that people do, by chance."""
        by, verb = self.chance.choice(WHO), self.chance.choice(list(FIELDS)[:4])
        deed = self.chance.random()
        if deed < 0.25:
            self.fill(verb, by)
        elif deed < 0.5:
            self.press(self.chance.choice(PLAIN), by)
        elif deed < 0.65:
            self.type(self.chance.choice(COMMANDS[1:]), by)
        elif deed < 0.7:
            self.type(COMMANDS[0], by)
        elif deed < 0.8:
            self.mention(by)
        elif deed < 0.9:
            self.mention_by_http(by)
        else:
            self.again()

    def _http(self) -> SignedHttp:
        port = self.chance.choice(self.ports)
        return SignedHttp(f"http://127.0.0.1:{port}/slack/events", self.slack.signing_secret)


def _verbs(message: Message) -> list[str]:
    return [one.removeprefix("move:") for one in _actions(message) if one.startswith("move:")]


def _actions(message: Message) -> list[str]:
    elements = [one for block in message.blocks if block["type"] == "actions" for one in block["elements"]]
    return [str(one["action_id"]) for one in elements]
