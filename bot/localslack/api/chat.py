"""Messages: post, update, whisper, delete, link."""

from collections.abc import Iterator

from bot.localslack.api import pictures
from bot.localslack.api.call import Call
from bot.localslack.errors import SlackError
from bot.localslack.kit import lint
from bot.localslack.kit.values import name_all
from bot.localslack.records import Channel, Json, Message
from bot.localslack.workspace import APP, BOT, BOT_USER, TEAM, Workspace

LONGEST_POST, LONGEST_UPDATE = 40_000, 4_000


def post_message(call: Call) -> Json:
    """Return the channel, timestamp and message that was posted."""
    channel = _place(call)
    message = compose(call, channel)
    message.text = message.text[:LONGEST_POST]
    message.metadata = _metadata(call)
    message.broadcast = call.flag("reply_broadcast")
    call.workspace.post(message)
    return {"channel": channel.id, "ts": message.ts, "message": _shown(call, message)}


def post_ephemeral(call: Call) -> Json:
    """Return the timestamp of a message that one person sees."""
    channel = _place(call)
    user = call.text("user")
    if user not in channel.members:
        raise SlackError("user_not_in_channel")
    message = compose(call, channel)
    message.only_for = user
    call.workspace.post(message)
    return {"message_ts": message.ts}


def update(call: Call) -> Json:
    """Return the message after the change; metadata and attachments stay when left out, blocks go when text comes."""
    channel, message = own_message(call)
    if len(call.text("text", "")) > LONGEST_UPDATE:
        raise SlackError("msg_too_long")
    if channel.is_archived:
        raise SlackError("is_inactive")
    given = content(call)
    if not call.has("attachments"):
        del given["attachments"]
    if not any(map(call.has, ("text", "blocks", "markdown_text"))):
        del given["blocks"]
    change(call.workspace, message, given | ({"metadata": _metadata(call)} if call.has("metadata") else {}))
    return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": _shown(call, message)}


def delete(call: Call) -> Json:
    """Return the channel and timestamp of the message that is gone."""
    channel, message = own_message(call, "cant_delete_message")
    remove(call.workspace, channel, message)
    return {"channel": channel.id, "ts": message.ts}


def permalink(call: Call) -> Json:
    """Return the address of a message on the page."""
    channel = call.conversation()
    ts = call.workspace.message(channel, call.text("message_ts")).ts
    link = f"{call.workspace.url}/archives/{channel.id}/p{ts.replace('.', '')}"
    return {"channel": channel.id, "permalink": link}


def own_message(call: Call, error: str = "cant_update_message") -> tuple[Channel, Message]:
    """Return the app's own message that `ts` names, with its channel."""
    channel = call.conversation()
    message = call.workspace.message(channel, call.text("ts"))
    if message.subtype == "tombstone":
        raise SlackError("message_not_found")
    if message.user != BOT_USER:
        raise SlackError(error)
    return channel, message


def compose(call: Call, channel: Channel) -> Message:
    """Return a new message of the app, not yet posted."""
    given = content(call)
    thread_ts = call.text("thread_ts", "") or None
    if thread_ts:
        head = channel.messages.get(thread_ts)
        if head is None or head.subtype == "tombstone":
            raise SlackError("thread_not_found")
        thread_ts = head.thread_ts or head.ts
    bot = author(call.workspace)
    return Message(channel.id, call.workspace.new_ts(), BOT_USER, thread_ts=thread_ts, bot=bot, **given)


def content(call: Call) -> Json:
    """Return text, blocks and attachments, checked; `no_text` if there is none of them."""
    text = call.text("text", "")
    blocks = call.structure("blocks", "invalid_blocks_format") or []
    attached = call.structure("attachments", "invalid_attachments") or []
    if call.has("markdown_text"):
        if text or blocks:
            raise SlackError("markdown_text_conflict")
        blocks = [{"type": "markdown", "text": call.text("markdown_text")}]
    if not (text or blocks or attached):
        raise SlackError("no_text")
    return checked(call.workspace, text, blocks, attached)


def checked(workspace: Workspace, text: str, blocks: object, attached: object) -> Json:
    """Return text, blocks and attachments after the lint, every block with an id."""
    known = lint.message_blocks(blocks)
    pictures.check(workspace, known, "/blocks")
    attachments = [
        {**one, "id": number, **({"blocks": name_all(one["blocks"], fresh(workspace))} if one.get("blocks") else {})}
        for number, one in enumerate(lint.attachments(attached), 1)
    ]
    return {"text": text, "blocks": name_all(known, fresh(workspace)), "attachments": attachments}


def change(workspace: Workspace, message: Message, given: Json) -> None:
    """Put new content into a message, where it is given; one without blocks is marked as edited."""
    before = message.shown(workspace.files, metadata=True)
    for name, value in given.items():
        setattr(message, name, value)
    message.edited = None if message.blocks else {"user": BOT_USER, "ts": workspace.new_ts()}
    workspace.tell_of_change(message, before)


def remove(workspace: Workspace, channel: Channel, message: Message) -> None:
    """Take a message out of its channel; a head with replies leaves a tombstone."""
    before = message.shown(workspace.files, metadata=True)
    if channel.replies(message.ts):
        message.text, message.subtype, message.blocks, message.attachments = (
            "This message was deleted.",
            "tombstone",
            [],
            [],
        )
        message.metadata, message.files = None, []
    else:
        channel.messages.pop(message.ts, None)
    channel.pins = [ts for ts in channel.pins if ts != message.ts]
    workspace.tell_of_change(message, before, is_gone=True)


def author(workspace: Workspace) -> Json:
    """Return what marks a message as the app's."""
    profile = {"id": BOT, "app_id": APP, "name": workspace.manifest.name, "deleted": False, "team_id": TEAM["id"]}
    return {"bot_id": BOT, "app_id": APP, "team": TEAM["id"], "bot_profile": profile}


def fresh(workspace: Workspace) -> Iterator[str]:
    """Yield ids for blocks and elements that came without one."""
    while True:
        yield workspace.new_id("b", 5)


def _place(call: Call) -> Channel:
    channel = call.workspace.channel(call.text("channel"))
    if BOT_USER not in channel.members:
        if channel.kind == "private":
            raise SlackError("channel_not_found")
        if "chat:write.public" not in call.workspace.manifest.scopes:
            raise SlackError("not_in_channel")
    if channel.is_archived:
        raise SlackError("is_archived")
    if channel.kind == "im" and not call.workspace.manifest.has_messages:
        raise SlackError("messages_tab_disabled")
    return channel


def _metadata(call: Call) -> Json | None:
    given = call.structure("metadata", "invalid_metadata_format")
    return None if given is None else lint.metadata(given)


def _shown(call: Call, message: Message) -> Json:
    return message.shown(call.workspace.files, metadata=True)
