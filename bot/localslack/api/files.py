"""Files, the second version: an address to post bytes to, then completion, with or without a channel."""

from bot.localslack.api.call import Call
from bot.localslack.api.chat import author
from bot.localslack.errors import SlackError, missing
from bot.localslack.records import Channel, File, Json, Message
from bot.localslack.workspace import BOT_USER, TEAM, Workspace

TYPES = {
    b"\x89PNG\r\n\x1a\n": ("image/png", "png"),
    b"\xff\xd8\xff": ("image/jpeg", "jpg"),
    b"GIF8": ("image/gif", "gif"),
    b"%PDF": ("application/pdf", "pdf"),
    b"\x1f\x8b": ("application/gzip", "gzip"),
    b"PK\x03\x04": ("application/zip", "zip"),
}
NAMES = {
    "json": ("application/json", "json"),
    "csv": ("text/csv", "csv"),
    "md": ("text/markdown", "markdown"),
    "txt": ("text/plain", "text"),
    "html": ("text/html", "html"),
}


def upload_url(call: Call) -> Json:
    """Return where to post the bytes of a new file, and its id."""
    name, length = call.text("filename"), call.number("length", 0)
    if length <= 0:
        raise missing("length")
    workspace = call.workspace
    id = workspace.new_id("F")
    url = f"{workspace.url}/files-pri/{TEAM['id']}-{id}/{name.replace('/', '_')}"
    workspace.files[id] = File(id, name, length, int(workspace.clock()), url)
    return {"upload_url": f"{workspace.url}/upload/v1/{id}", "file_id": id}


def complete(call: Call) -> Json:
    """Return the finished files; with a channel they are posted there; `file_not_found`."""
    rows = call.structure("files")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise missing("files")
    channel = _place(call)
    thread = _thread(call, channel)
    uploads = [_uploaded(call.workspace, row) for row in rows]
    files = [_finished(call.workspace, *one) for one in uploads]
    if channel is not None:
        _share(call, channel, files, thread)
    call.workspace.changed()
    return {"files": [file.shown() if channel else {"id": file.id, "title": file.title} for file in files]}


def info(call: Call) -> Json:
    """Return a file, with the messages it was shared in."""
    file = call.workspace.file(call.text("file"))
    places = [id for kind in file.shares.values() for id in kind]
    return {"file": {**file.shown(), "user": BOT_USER, "shares": file.shares, "channels": places}, "comments": []}


def _place(call: Call) -> Channel | None:
    id = call.text("channel_id", "")
    if not id:
        return None
    channel = call.workspace.channels.get(id)
    if channel is None:
        raise SlackError("channel_not_found")
    if BOT_USER not in channel.members:
        raise SlackError("not_in_channel")
    if channel.is_archived:
        raise SlackError("is_archived")
    return channel


def _thread(call: Call, channel: Channel | None) -> str | None:
    ts = call.text("thread_ts", "")
    if not ts or channel is None:
        return None
    if ts not in channel.messages:
        raise SlackError("thread_not_found")
    return channel.messages[ts].thread_ts or ts


def _uploaded(workspace: Workspace, row: Json) -> tuple[File, str]:
    file = workspace.files.get(str(row.get("id")))
    if file is None or file.data is None:
        raise SlackError("file_not_found")
    return file, str(row.get("title") or file.name)


def _finished(workspace: Workspace, file: File, title: str) -> File:
    file.title = title
    file.mimetype, file.filetype = _type(file)
    file.ready_at = workspace.clock() + workspace.file_ready_s
    return file


def _type(file: File) -> tuple[str, str]:
    for magic, kind in TYPES.items():
        if (file.data or b"").startswith(magic):
            return kind
    return NAMES.get(file.name.rpartition(".")[2].lower(), ("application/octet-stream", "binary"))


def _share(call: Call, channel: Channel, files: list[File], thread: str | None) -> None:
    workspace = call.workspace
    message = Message(
        channel.id,
        workspace.new_ts(),
        BOT_USER,
        text=call.text("initial_comment", ""),
        thread_ts=thread,
        bot=author(workspace),
        files=[file.id for file in files],
    )
    workspace.post(message)
    share = {"ts": message.ts, "channel_name": channel.name, "team_id": TEAM["id"], "share_user_id": BOT_USER}
    where = "public" if channel.kind == "public" else "private"
    for file in files:
        file.shares.setdefault(where, {}).setdefault(channel.id, []).append(
            share | ({"thread_ts": thread} if thread else {})
        )
