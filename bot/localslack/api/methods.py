"""Every method: what answers it, its rate tier, and the scopes of which one is needed."""

from bot.localslack.api import chat, conversations, files, marks, users, views
from bot.localslack.api.call import Method

POSTS = 0  # the special tier of chat.postMessage: one a second and channel
READ = ("channels:read", "groups:read", "im:read")
HISTORY = ("channels:history", "groups:history", "im:history")
MANAGE = ("channels:manage", "groups:write")

METHODS = {
    "auth.test": Method(users.auth_test, 4),
    "team.info": Method(users.team_info, 3, ("team:read",)),
    "chat.postMessage": Method(chat.post_message, POSTS, ("chat:write",)),
    "chat.postEphemeral": Method(chat.post_ephemeral, 4, ("chat:write",)),
    "chat.update": Method(chat.update, 3, ("chat:write",)),
    "chat.delete": Method(chat.delete, 3, ("chat:write",)),
    "chat.getPermalink": Method(chat.permalink, 4),
    "views.open": Method(views.open_modal, 4),
    "views.push": Method(views.push, 4),
    "views.update": Method(views.update, 4),
    "views.publish": Method(views.publish, 4),
    "conversations.list": Method(conversations.list_all, 2, READ),
    "conversations.info": Method(conversations.info, 3, READ),
    "conversations.members": Method(conversations.members, 4, READ),
    "conversations.create": Method(conversations.create, 2, MANAGE),
    "conversations.invite": Method(conversations.invite, 3, (*MANAGE, "channels:write.invites")),
    "conversations.join": Method(conversations.join, 3, ("channels:join",)),
    "conversations.open": Method(conversations.open_direct, 3, ("im:write",)),
    "conversations.history": Method(conversations.history, 3, HISTORY),
    "conversations.replies": Method(conversations.replies, 3, HISTORY),
    "conversations.setTopic": Method(conversations.set_topic, 2, (*MANAGE, "channels:write.topic")),
    "conversations.archive": Method(conversations.archive, 2, MANAGE),
    "users.info": Method(users.info, 4, ("users:read",)),
    "users.list": Method(users.list_all, 2, ("users:read",)),
    "users.lookupByEmail": Method(users.by_email, 3, ("users:read.email",)),
    "usergroups.list": Method(users.groups, 2, ("usergroups:read",)),
    "usergroups.users.list": Method(users.group_members, 2, ("usergroups:read",)),
    "files.getUploadURLExternal": Method(files.upload_url, 4, ("files:write",)),
    "files.completeUploadExternal": Method(files.complete, 4, ("files:write",)),
    "files.info": Method(files.info, 4, ("files:read",)),
    "reactions.add": Method(marks.add_reaction, 3, ("reactions:write",)),
    "reactions.remove": Method(marks.remove_reaction, 2, ("reactions:write",)),
    "pins.add": Method(marks.add_pin, 2, ("pins:write",)),
    "bookmarks.list": Method(marks.list_bookmarks, 3, ("bookmarks:read",)),
    "bookmarks.add": Method(marks.add_bookmark, 2, ("bookmarks:write",)),
}
