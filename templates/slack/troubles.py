"""What a message says of its own delivery."""

from templates import troubles
from templates.slack.blocks import Message, context
from templates.slack.mrkdwn import said


def by_mail(says: str) -> str:
    """Return why this comes by mail, and what mends it; raw text."""
    trouble = troubles.of(says)
    return f"This comes by mail, for Slack did not take the alert: {trouble.what} ({says}). {trouble.do}"


def marked(message: Message, posted_anew: str | None) -> Message:
    """Return the message, with a line on why it stands here where it was posted anew."""
    if not posted_anew:
        return message
    deleted = posted_anew in ("message_not_found", "thread_not_found")
    why = (
        "the first message was deleted"
        if deleted
        else f"its own channel cannot be used: {troubles.of(posted_anew).what}"
    )
    return Message(message.text, [context(f"↪️ Posted anew, for {said(why)}."), *message.blocks])
