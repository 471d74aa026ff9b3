"""What a person types, as Slack stores it."""

import re

from bot.localslack.people import PEOPLE
from bot.localslack.workspace import BOT_USER, Workspace

TOKEN = re.compile(r"(<(?:[@#!][^<>]+|https?:[^<>]+)>)")


def stored(workspace: Workspace, text: str) -> str:
    """Return the text as Slack stores it: escaped, with @names and #channels as mentions."""
    names = {f"@{handle}": f"<@{person.id}>" for handle, person in PEOPLE.items()}
    names |= {f"@{workspace.manifest.bot_name}": f"<@{BOT_USER}>"}
    names |= {f"@{handle}": f"<!subteam^{id}>" for id, (handle, _, _) in workspace.groups.items()}
    names |= {f"@{word}": f"<!{word}>" for word in ("here", "channel", "everyone")}
    names |= {f"#{one.name}": f"<#{id}>" for id, one in workspace.channels.items() if one.name}
    known = re.compile("|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)))
    parts = TOKEN.split(text)
    for index in range(0, len(parts), 2):
        plain = parts[index].replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        parts[index] = known.sub(lambda found: names[found[0]], plain)
    return "".join(parts)
