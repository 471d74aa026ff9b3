"""A text to copy: what somebody may send outside, as it was drafted from the records."""

from templates.slack.blocks import Message, context, section
from templates.slack.limits import SECTION
from templates.slack.mrkdwn import escape

FENCE = "```"


def message(text: str) -> Message:
    """Return the draft of a notice, in a block that is easily copied; a fence within it cannot end it.

    >>> message("a ``` <b>").blocks[1]["text"]["text"]
    "```\\na ''' &lt;b&gt;\\n```"
    """
    body = escape(text.replace(FENCE, "'''").strip())
    most = SECTION - 2 * len(FENCE) - 4
    if len(body) > most:
        body = body[: most - 2].rpartition("\n")[0] + "\n…"
    title = "📄 *Draft of the notice to the regulator*"
    return Message(
        title, [section(title), section(f"{FENCE}\n{body}\n{FENCE}"), context("Check it before you send it.")]
    )
