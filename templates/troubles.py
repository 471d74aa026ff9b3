"""Why a message could not be delivered, and what to do about it: one row a word of Slack's."""

from dataclasses import dataclass

from analysis.response.notifying import Reason


@dataclass(frozen=True)
class Trouble:
    """What is wrong, and what mends it; raw text."""

    what: str
    do: str


AGAIN = "Then `ethixbot outbox retry` sends what was given up."
TROUBLES = {
    "is_archived": Trouble("the channel is archived", f"Unarchive it, or name another one in the policy. {AGAIN}"),
    "is_inactive": Trouble("the channel is archived", f"Unarchive it, or name another one in the policy. {AGAIN}"),
    "channel_not_found": Trouble(
        "there is no such channel, or it is private and the bot is not in it", f"Invite the bot to it. {AGAIN}"
    ),
    "not_in_channel": Trouble("the bot is not in the channel", f"Invite the bot to it. {AGAIN}"),
    "restricted_action": Trouble(
        "the channel's settings do not let the bot post", f"Let it post there, or name another channel. {AGAIN}"
    ),
    "read_only_channel": Trouble("the channel is read-only", f"Let the bot post, or name another channel. {AGAIN}"),
    "token_revoked": Trouble(
        "the bot's token was revoked", "Install the app again, set SLACK_BOT_TOKEN to the new token, restart."
    ),
    "token_expired": Trouble("the bot's token expired", "Set SLACK_BOT_TOKEN to the new token, restart."),
    "account_inactive": Trouble(
        "the app was removed from the workspace", "Install it again, set SLACK_BOT_TOKEN, restart."
    ),
    "invalid_auth": Trouble(
        "Slack does not know the token", "Set SLACK_BOT_TOKEN to the token of the app's page, restart."
    ),
    "not_authed": Trouble("Slack got no token", "Set SLACK_BOT_TOKEN, restart."),
    "missing_scope": Trouble(
        "the app lacks a permission",
        "Install the app again with the manifest of `ethixbot manifest`; it goes on by itself.",
    ),
    "message_not_found": Trouble("somebody deleted the message twice", "Nothing, if that was meant."),
    "thread_not_found": Trouble("somebody deleted the message twice", "Nothing, if that was meant."),
    "no_mail_server": Trouble("no mail server is set", f"Set ETHIXBOT_SMTP_URL, restart. {AGAIN}"),
    "ratelimited": Trouble("Slack asks for a pause", "Nothing: it goes on by itself."),
}
OTHERS = frozenset({"letter", "digest_letter", "notify", "gate_flags", "gate_hook", "registry"})
SYSTEMS = ("GitHub", "PagerDuty", "Opsgenie", "Apprise", "the extra", "address ", "the mail server", "ETHIXBOT_")
ELSEWHERE = f"Mend it there, or in the policy. {AGAIN}"
UNKNOWN = Trouble("Slack refuses it", f"Look the word up at api.slack.com. {AGAIN}")
UNREACHED = Trouble("Slack cannot be reached or does not answer", "Nothing: it is tried again until it works.")

REASONS = {
    Reason.OPENED: "an incident was opened",
    Reason.REPEATED: "it was seen again: the message counts",
    Reason.ROSE: "the severity rose",
    Reason.RECOVERED: "it recovered",
    Reason.CALLED: "somebody is called",
    Reason.ACTED: "somebody did something",
    Reason.ASKED: "somebody asked",
    Reason.SCHEDULED: "its time came",
    Reason.TROUBLE: "the bot has trouble",
    Reason.STORM: "many incidents at once: one message counts them",
    Reason.STORM_OVER: "the storm is over, and the incident is still open",
    Reason.NO_SLACK: "Slack does not take a critical alert",
    Reason.DUE_SOON: "a deadline comes near",
    Reason.LATE: "a deadline has passed",
    Reason.CONTINUED: "it did not fit into one message",
    Reason.REPAIRED: "it makes good what came too late",
    Reason.IN_STORM: "withheld: counted by the storm's message",
    Reason.OVER_BEFORE: "withheld: it was over before it was told",
    Reason.LOG_ONLY: "withheld: of low severity; App Home and digest show it",
    Reason.HELD_BACK: "withheld: seen too seldom so far to be told",
    Reason.DELETED: "withheld: somebody deleted the message",
    Reason.SILENCED: "withheld: a silence or a maintenance window holds it",
    Reason.SNOOZED: "withheld: the incident is snoozed",
    Reason.RISK_ACCEPTED: "withheld: its risk is accepted",
}


def place(channel: str) -> str:
    """Return where a message was to go, as people say it: a channel, or another system.

    >>> place("risk"), place("tracker:github")
    ('#risk', 'tracker github')
    """
    kind, _, name = channel.partition(":")
    return f"{kind} {name}" if name else channel if kind in OTHERS else f"#{channel}"


def of(says: str | None) -> Trouble:
    """Return what Slack's answer means.

    >>> of("is_archived").what, of("missing_scope: files:write").what
    ('the channel is archived', 'the app lacks a permission')
    """
    word = (says or "").partition(":")[0]
    if says and says.startswith(SYSTEMS):  # another system than Slack, which says it in words
        return Trouble(says, ELSEWHERE)
    if word in TROUBLES:
        return TROUBLES[word]
    return UNKNOWN if word.replace("_", "").islower() else UNREACHED
