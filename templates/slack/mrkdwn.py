"""Slack's own markup: what comes from outside is escaped and kept on one line; dates are live, people are mentioned.

Anything not escaped could ring a whole channel: a column may be named `<!channel>`.
"""

import re
from datetime import UTC, datetime

from analysis.vocabulary import PERSON
from templates.slack.limits import fit

CHANNEL = re.compile(r"[CG][A-Z0-9]{1,20}")
JOINER = "\u200d"  # holds emoji together
LONGEST_NAME = 80


def escape(text: str) -> str:
    """Return the text with the three signs that Slack reads as markup made harmless.

    >>> escape("<!channel> & co")
    '&lt;!channel&gt; &amp; co'
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def one_line(text: str) -> str:
    """Return the text on one line, without control signs.

    >>> one_line("a\\n> b\\x00")
    'a > b'
    """
    return " ".join("".join(c if c.isprintable() or c == JOINER else " " for c in text).split())


def said(text: object, most: int = LONGEST_NAME) -> str:
    """Return text from outside: one line, escaped, at most `most` characters after escaping.

    >>> said("<" * 9, 13)
    '&lt;&lt;&lt;…'
    """
    line = one_line(str(text))
    longest = most
    while len(cut := escape(fit(line, longest))) > most:
        longest -= max(1, (len(cut) - most) // 5)
    return cut


def code(text: object, most: int = LONGEST_NAME) -> str:
    """Return a name as people type it, in Slack's fixed width.

    >>> code("hours`per`week")
    "`hours'per'week`"
    """
    return f"`{said(text, most).replace('`', chr(39)) or ' '}`"


def quote(text: object, most: int = 300) -> str:
    """Return what a person wrote, in quotation marks."""
    return f"“{said(text, most)}”"


def stamp(at: datetime) -> str:
    """Return the time in UTC, for where Slack cannot show the reader's own.

    >>> stamp(datetime(2026, 11, 21, 4, 5, tzinfo=UTC))
    '2026-11-21 04:05 UTC'
    """
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def date(at: datetime) -> str:
    """Return a time that Slack shows in the reader's own zone.

    >>> date(datetime(2026, 11, 21, 4, 5, tzinfo=UTC))
    '<!date^1795233900^{date_short_pretty} {time}|2026-11-21 04:05 UTC>'
    """
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{stamp(at)}>"


def countdown(at: datetime) -> str:
    """Return a time with how far away it is: Slack counts, each time somebody looks.

    >>> countdown(datetime(2026, 11, 21, 4, 5, tzinfo=UTC))
    '<!date^1795233900^{date_short_pretty} {time} ({ago})|2026-11-21 04:05 UTC>'
    """
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}} ({{ago}})|{stamp(at)}>"


def day(at: datetime) -> str:
    """Return a day that Slack shows in the reader's own zone."""
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}}|{at.astimezone(UTC):%Y-%m-%d}>"


def mention(user_id: str) -> str:
    """Return a mention of the person; what is no Slack id is shown as text.

    >>> mention("U0ONCALL"), mention("<!here>")
    ('<@U0ONCALL>', '&lt;!here&gt;')
    """
    return f"<@{user_id}>" if PERSON.fullmatch(user_id) else said(user_id)


def channel(channel_id: str) -> str:
    """Return a channel by its id, as a link; what is no id is shown as text.

    >>> channel("C0INC0007"), channel("<!here>")
    ('<#C0INC0007>', '&lt;!here&gt;')
    """
    return f"<#{channel_id}>" if CHANNEL.fullmatch(channel_id) else said(channel_id)


def group(group_id: str) -> str:
    """Return a mention of a user group; what is no id of one is shown as text.

    >>> group("S0ONCALL01"), group("<!here>")
    ('<!subteam^S0ONCALL01>', '&lt;!here&gt;')
    """
    return f"<!subteam^{group_id}>" if re.fullmatch(r"S[A-Z0-9]{1,20}", group_id) else said(group_id)


def plainly(text: str) -> str:
    """Return what was written for Slack as a terminal shows it: times in UTC, ids bare, no marks.

    >>> plainly("<@U1> asked <!date^0^{time}|1970-01-01 00:00 UTC>; `APR-1` &amp; *more*")
    'U1 asked 1970-01-01 00:00 UTC; APR-1 & more'
    """
    text = re.sub(r"<!date\^[^|>]*\|([^>]*)>", r"\1", text)
    text = re.sub(r"<@([UW][A-Z0-9]+)>", r"\1", text)
    text = re.sub(r"[`*]", "", text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def everyone() -> str:
    """Return what rings everybody in the channel."""
    return "<!channel>"


def link(url: str | None, label: str) -> str:
    """Return the label as a link, or as it is where there is no address to trust."""
    if url is None or not re.fullmatch(r"https?://[^\s<>|]+", url):
        return said(label)
    return f"<{escape(url)}|{said(label).replace('|', '/')}>"
